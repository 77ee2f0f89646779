import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { knownValue } from "../../../components/machine/hookApi";

describe("a value that a preview may not know", () => {
  it("is not waited for for ever: the preview goes on without it", async () => {
    assert.equal(await knownValue(pulumi.output(pulumi.unknown as string), 50), undefined);
  });

  it("is taken when it is known", async () => {
    assert.deepEqual(await knownValue(pulumi.all([undefined, pulumi.secret("token")]), 60_000), [
      undefined,
      "token",
    ]);
  });
});
