import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** What `npm run drill` wrote of one drill. */
export interface DrillResult {
  readonly drill: string;
  readonly rows: readonly string[];
  /** ISO 8601 in UTC. */
  readonly date: string;
  readonly commit: string;
  readonly result: string;
  readonly seconds: number;
  readonly seed?: number | string;
  readonly numbers?: Readonly<Record<string, unknown>>;
}

/** Where drills write their results, one JSON line each: in the repository, since no gate repeats them. */
export const drillsFile = "test/drills/results.jsonl";

/** The newest result of each drill, by name. */
export async function newestDrills(root: string): Promise<DrillResult[]> {
  const text = await readFile(join(root, drillsFile), "utf8").catch(() => "");
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const newest = new Map<string, DrillResult>();
  for (const result of lines.map((line) => JSON.parse(line) as DrillResult)) {
    const { date = "" } = newest.get(result.drill) ?? {};
    if (result.date >= date) newest.set(result.drill, result);
  }
  return [...newest.values()].sort((left, right) => left.drill.localeCompare(right.drill, "en"));
}
