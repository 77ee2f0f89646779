import assert from "node:assert/strict";
import { platformVariables } from "../../../../components/roles/app/variables";

describe("variables of the platform", () => {
  it("are the identity of a replica and those of the stores it uses", () => {
    assert.deepEqual(platformVariables({ port: 3000, uses: ["cache"] }), [
      "NODE_NAME",
      "REPLICA",
      "RELEASE",
      "PORT",
      "REDIS_URL",
    ]);
    assert.ok(!platformVariables({ port: undefined, uses: [] }).includes("PORT"));
  });
});
