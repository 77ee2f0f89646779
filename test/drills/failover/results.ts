// What was measured last, for the table in docs/failure-model.md.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { publish } from "../../../bench/publish";
import { projectRoot } from "../../../scripts/localStack";
import { failoverFaults } from "./faults";
import { failoverTable, type Measured, merged } from "./report";

const file = join(projectRoot, "test", "drills", "failover", "measured.jsonl");

/** Where the table stands. */
export const failurePage = "docs/failure-model.md";

export async function measuredSoFar(): Promise<Measured[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Measured);
}

/** Adds what was measured now to what was before, and writes the table anew. */
export async function keepMeasured(now: readonly Measured[]): Promise<void> {
  const names = failoverFaults.map(({ name }) => name);
  const all = merged(await measuredSoFar(), now, names);
  await writeFile(file, all.map((one) => `${JSON.stringify(one)}\n`).join(""));
  await publish("failover", failoverTable(all), failurePage);
}
