import assert from "node:assert/strict";
import type { Stack } from "@pulumi/pulumi/automation";
import { execa } from "execa";
import { projectRoot, pulumiEnvironment } from "../../../scripts/localStack";
import { ensureLocalZone } from "../../../scripts/localUp";
import { repairStack } from "../../../scripts/repairStack";
import { settings } from "./cloud";

/** Starts a run and kills it with SIGKILL after so many created or deleted resources. */
async function killed(command: "up" | "destroy", steps: number): Promise<void> {
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

/** A run that is killed after so many steps, and what an operator does after that: `npm run repair`. */
export async function interrupted(stack: Stack, command: "up" | "destroy", steps: number): Promise<void> {
  if (command === "up") await ensureLocalZone();
  await killed(command, steps);
  await stack.cancel();
  await repairStack(stack, () => {});
}
