// `pulumi up` is killed at five points of a bring-up and `destroy` at one, and each is repaired; the platform is the same.
import assert from "node:assert/strict";
import { localStack } from "../../scripts/localStack";
import { servers } from "../e2e/support/cloud";
import { interrupted } from "../e2e/support/interrupted";
import { platformIsUp, up } from "../e2e/support/platform";
import { drillNumbers } from "./support/record";

/**
 * Runs, and the steps of each after which the engine is killed: early, among the network, among servers, among
 * set-ups, and on the way back.
 */
const interruptions = [
  ["up", 3],
  ["up", 9],
  ["up", 14],
  ["up", 12],
  ["up", 3],
  ["destroy", 8],
] as const;

describe("drill: interruptions", function () {
  this.timeout("30m");
  before("the platform is up", platformIsUp);

  it("pulumi up that is killed at five points, and then destroy, converge to the same platform", async () => {
    const stack = await localStack();
    const wanted = (await stack.outputs()).machines?.value;
    await stack.destroy({ color: "never" });
    for (const [command, steps] of interruptions) {
      await interrupted(stack, command, steps);
    }
    drillNumbers({ kills: interruptions.length });
    const { outputs } = await up();
    assert.deepEqual(outputs.machines, wanted);
    const names = (await servers()).map((server) => server.name);
    assert.equal(new Set(names).size, names.length, "no machine is doubled");
    assert.equal(names.length, 6);
    assert.deepEqual(Object.keys((await up()).changes), ["same"]);
  });
});
