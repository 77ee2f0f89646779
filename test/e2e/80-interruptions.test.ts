import assert from "node:assert/strict";
import { execa } from "execa";
import { localStack, projectRoot, pulumiEnvironment } from "../../scripts/localStack";
import { repairStack } from "../../scripts/repairStack";
import { servers, settings } from "./support/cloud";
import { up } from "./support/platform";

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

/** Starts a run and kills it with SIGKILL after so many created or deleted resources. */
async function interrupted(command: "up" | "destroy", steps: number): Promise<void> {
  const { env, pulumi } = await pulumiEnvironment(settings);
  const args = [
    command,
    "--yes",
    "--non-interactive",
    "--skip-preview",
    "--stack",
    "local",
    "--color",
    "never",
  ];
  const engine = execa(pulumi, args, { cwd: projectRoot, env, reject: false, all: true });
  let seen = 0;
  engine.all?.setEncoding("utf8").on("data", (text: string) => {
    seen += text.split("\n").filter((line) => /\b(created|deleted)\b/.test(line)).length;
    if (seen >= steps) engine.kill("SIGKILL");
  });
  const { signal } = await engine;
  assert.equal(signal, "SIGKILL", `${command} ended by itself after ${seen} steps`);
}

describe("interruption", function () {
  this.timeout("30m");

  it("pulumi up that is killed at five points, and then destroy, converge to the same platform", async () => {
    const stack = await localStack();
    const wanted = (await stack.outputs()).machines?.value;
    await stack.destroy({ color: "never" });
    for (const [command, steps] of interruptions) {
      await interrupted(command, steps);
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
