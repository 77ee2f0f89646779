import assert from "node:assert/strict";
import { swaponScript } from "../../src/machines/swap";
import { shellcheck } from "../support/shellcheck";

describe("what stands for swapon in a machine", () => {
  it("is a script that shellcheck has nothing to say about", async () => {
    assert.equal(await shellcheck(swaponScript), "");
  });
});
