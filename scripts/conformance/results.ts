// Where `npm test` keeps what the tests that name a row came to. Outside the work tree, so that a clone reads what
// another one ran: one file for each run, one JSON line for each test.
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { cacheDir } from "../../toolchain/cacheDir";

/** One `npm test`. */
export interface Run {
  /** When it began, as ISO 8601 in UTC. */
  readonly began: string;
  /** Short hash of the commit that was tested, with a `+` when files differed from it. */
  readonly commit: string;
  /** Every part ran, not a choice of them. */
  readonly whole: boolean;
}

/** What one test came to, or that the set-up of a suite failed, which keeps its tests from running. */
export interface Result {
  readonly run: Run;
  /** From the root of the project. */
  readonly file: string;
  /** Titles of all suites and of the test, so that suites that run for each engine stay apart. */
  readonly title: string;
  readonly state: "passed" | "failed" | "skipped";
  /** @default "test" */
  readonly of?: "suite";
}

/** Name of the variable that hands a run to every mocha that it starts. Without it nothing is recorded. */
export const runVariable = "CONFORMANCE_RUN";

const keptRuns = 50;

function runsFolder(): string {
  return cacheDir("conformance", "runs");
}

/** A run that begins now in this folder. */
export async function newRun(whole: boolean, folder: string): Promise<Run> {
  const git = async (...args: string[]) => (await execa("git", args, { cwd: folder })).stdout;
  const commit = await git("rev-parse", "--short", "HEAD").catch(() => "unknown");
  const changes = await git("status", "--porcelain").catch(() => "");
  return { began: new Date().toISOString(), commit: changes === "" ? commit : `${commit}+`, whole };
}

/** The run that this process belongs to, if `npm test` started it. */
export function currentRun(): Run | undefined {
  const text = process.env[runVariable];
  return text === undefined || text === "" ? undefined : (JSON.parse(text) as Run);
}

/** Adds results to the file of their run. */
export function record(run: Run, results: readonly Omit<Result, "run">[]): void {
  if (results.length === 0) return;
  mkdirSync(runsFolder(), { recursive: true });
  const lines = results.map((result) => `${JSON.stringify({ run, ...result })}\n`);
  appendFileSync(join(runsFolder(), `${run.began.replaceAll(":", "")}.jsonl`), lines.join(""));
}

/** Results of all runs that are kept, oldest run first; removes what is older. */
export function readResults(): Result[] {
  if (!existsSync(runsFolder())) return [];
  const names = readdirSync(runsFolder()).sort();
  for (const name of names.slice(0, -keptRuns)) rmSync(join(runsFolder(), name), { force: true });
  return names.slice(-keptRuns).flatMap((name) =>
    readFileSync(join(runsFolder(), name), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Result),
  );
}
