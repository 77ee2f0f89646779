import assert from "node:assert/strict";
import { execa } from "execa";
import { localStack, projectRoot, pulumiEnvironment } from "../../scripts/localStack";
import { repairStack } from "../../scripts/repairStack";
import { servers, settings } from "./support/cloud";
import { up } from "./support/platform";

/** Steps of each run after which the engine is killed: early, among the network, among servers, among set-ups. */
const killAfter = [3, 9, 14, 12, 6];

/** Starts `pulumi up`, kills it with SIGKILL after so many created resources. @returns how many there were */
async function interruptedUp(steps: number): Promise<number> {
  const { env, pulumi } = await pulumiEnvironment(settings);
  const args = ["up", "--yes", "--non-interactive", "--skip-preview", "--stack", "local", "--color", "never"];
  const engine = execa(pulumi, args, { cwd: projectRoot, env, reject: false, all: true });
  let seen = 0;
  engine.all?.setEncoding("utf8").on("data", (text: string) => {
    seen += text.split("\n").filter((line) => /\bcreated\b/.test(line)).length;
    if (seen >= steps) engine.kill("SIGKILL");
  });
  const { signal } = await engine;
  assert.equal(signal, "SIGKILL", `the run ended by itself after ${seen} steps`);
  return seen;
}

describe("interruption", function () {
  this.timeout("30m");

  it("pulumi up that is killed at five points converges to the same platform", async () => {
    const stack = await localStack();
    const wanted = (await stack.outputs()).machines?.value;
    await stack.destroy({ color: "never" });
    for (const steps of killAfter) {
      await interruptedUp(steps);
      await stack.cancel();
      await repairStack(stack, () => {});
    }
    const { outputs } = await up();
    assert.deepEqual(outputs.machines, wanted);
    const names = (await servers()).map((server) => server.name);
    assert.equal(new Set(names).size, names.length, "no machine is doubled");
    assert.equal(names.length, 6);
    assert.deepEqual(Object.keys((await up()).changes), ["same"]);
  });
});
