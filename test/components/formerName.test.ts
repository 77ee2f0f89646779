import assert from "node:assert/strict";
import { startingPoint } from "../../scripts/settingChanges/changes";
import { type EngineStack, engineStack } from "../support/engineStack";

describe("Platform under the real engine: a stack that was made when resources had the environment's name", function () {
  this.timeout("10m");
  let running: EngineStack;

  before(async () => {
    running = await engineStack(startingPoint);
    running.call("prod", []);
    await running.stack.up();
  });
  after(() => running?.stop());

  it("keeps every server, volume, address and password under the new name", async () => {
    running.call("platform", ["prod"]);
    assert.deepEqual(await running.plan(), []);
  });

  it("would be built a second time without the former name", async () => {
    running.call("platform", []);
    assert.ok((await running.plan()).some(({ op, type }) => op === "create" && type === "Server"));
  });
});
