// Drills: what repeats, counts high or waits long. `npm run drill` runs one and writes down what came of it.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { DrillNote } from "../../test/drills/support/record";
import { notesVariable } from "../../test/drills/support/record";
import { type DrillResult, drillsFile, newestDrills } from "../conformance/drills";
import { newRun } from "../conformance/results";
import { rowsIn } from "../conformance/rows";
import { projectRoot } from "../localStack";
import { testFiles } from "./files";
import { mocha } from "./mocha";

/**
 * What a drill needs besides Node, which its file name says.
 *
 * - `nothing`: `NAME.drill.ts`.
 * - `machines`: `NAME.machines.drill.ts` boots machines of its own.
 * - `platform`: `NAME.platform.drill.ts` works on the platform that `npm run local` brings up.
 */
export type DrillNeed = "nothing" | "machines" | "platform";

export interface Drill {
  readonly name: string;
  readonly file: string;
  readonly needs: DrillNeed;
  /** The first line of its file. */
  readonly summary: string;
}

/** Every drill of the project and its workspaces, by name. @throws when two have the same name */
export async function allDrills(): Promise<Drill[]> {
  const files = await testFiles("**/*.drill.ts");
  const drills = await Promise.all(files.map(drillIn));
  const doubled = drills.find(({ name }, n) => drills.findIndex((other) => other.name === name) !== n);
  if (doubled !== undefined) throw new Error(`two drills are called ${doubled.name}: rename ${doubled.file}`);
  return drills.sort((left, right) => left.name.localeCompare(right.name, "en"));
}

async function drillIn(file: string): Promise<Drill> {
  const [name = "", need = "nothing"] = basename(file, ".drill.ts").split(".");
  if (need !== "nothing" && need !== "machines" && need !== "platform")
    throw new Error(`${file}: a drill needs machines, the platform or nothing, not ${need}`);
  const [first = ""] = (await readFile(join(projectRoot, file), "utf8")).split("\n");
  const summary = /^\/\/ (.*)$/.exec(first)?.[1];
  if (summary === undefined)
    throw new Error(`${file}: its first line must be a comment that says what it does`);
  return { name, file, needs: need, summary };
}

/** @throws with the names that there are when one is unknown */
export function chooseDrills(drills: readonly Drill[], names: readonly string[]): Drill[] {
  const unknown = names.filter((name) => !drills.some((drill) => drill.name === name));
  if (unknown.length > 0) {
    const known = drills.map(({ name }) => name).join(", ");
    throw new Error(`no drill ${unknown.join(", no drill ")}; there are ${known}`);
  }
  return drills.filter(({ name }) => names.includes(name));
}

/** What the notes of a drill come to. A drill of which nothing ran has proved nothing. */
export function outcome(
  notes: readonly DrillNote[],
  ended: boolean,
): Pick<DrillResult, "rows" | "result" | "seed" | "numbers"> {
  const tests = notes.flatMap((one) => ("state" in one ? [one] : []));
  const seed = notes.flatMap((one) => ("seed" in one ? [one.seed] : [])).at(-1);
  const numbers = Object.assign({}, ...notes.flatMap((one) => ("numbers" in one ? [one.numbers] : [])));
  const passed = tests.filter(({ state }) => state === "passed");
  return {
    rows: [...new Set(tests.flatMap(({ title }) => rowsIn(title)))],
    result: !ended ? "failed" : passed.length < tests.length || passed.length === 0 ? "skipped" : "passed",
    ...(seed === undefined ? {} : { seed }),
    ...(Object.keys(numbers).length === 0 ? {} : { numbers }),
  };
}

/**
 * Runs one drill and writes down what came of it.
 *
 * @param root folder of the project whose results are written
 * @param run what runs mocha
 * @returns what came of it, with the error when it failed
 */
export async function runDrill(
  drill: Pick<Drill, "name" | "file">,
  root = projectRoot,
  run = mocha,
): Promise<{ readonly result: DrillResult; readonly error?: unknown }> {
  const folder = await mkdtemp(join(tmpdir(), "hetzner-platform-drill-"));
  const notes = join(folder, "notes.jsonl");
  const { began, commit } = await newRun(false, projectRoot);
  try {
    const hooks = ["--require", "test/drills/support/hooks.ts"];
    const error = await run([drill.file], "1h", hooks, { [notesVariable]: notes }).then(
      () => undefined,
      (failure: unknown) => failure,
    );
    const seconds = Math.round((Date.now() - Date.parse(began)) / 1000);
    const told = linesOf<DrillNote>(await readFile(notes, "utf8").catch(() => ""));
    const result = { drill: drill.name, date: began, commit, seconds, ...outcome(told, error === undefined) };
    await writeDown(result, root);
    return error === undefined ? { result } : { result, error };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The newest result of each drill is kept, one line each: older ones are in the history of the repository. */
async function writeDown(result: DrillResult, root: string): Promise<void> {
  const others = (await newestDrills(root)).filter(({ drill }) => drill !== result.drill);
  const all = [...others, result].sort((left, right) => left.drill.localeCompare(right.drill, "en"));
  await writeFile(join(root, drillsFile), all.map((one) => `${JSON.stringify(one)}\n`).join(""));
}

function linesOf<T>(text: string): T[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}
