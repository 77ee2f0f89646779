import type { DrillResult } from "./drills";
import type { Result } from "./results";
import { rowsIn } from "./rows";
import type { TitledTest } from "./titles";

/** A test or drill that names a row, and what it came to last. */
export interface Proof extends TitledTest {
  readonly state: Result["state"] | "never run";
  /** When that was: of the run for a test, its own for a drill. ISO 8601. */
  readonly on?: string;
  readonly commit?: string;
  /** A test's result that the last whole run did not renew: it proves another state of the code. */
  readonly old: boolean;
}

/**
 * - `proven`: all that name the row passed in the last whole run or later, and no gap is known.
 * - `weak`: something passed, but something else is old, skipped or was never run, or a gap is known.
 * - `failed`: one of them failed.
 * - `missing`: nothing that names the row passed.
 */
export type Verdict = "proven" | "weak" | "failed" | "missing";

export const verdicts: readonly Verdict[] = ["proven", "weak", "failed", "missing"];

export interface RowVerdict {
  readonly row: string;
  readonly title: string;
  readonly verdict: Verdict;
  readonly gap?: string;
  readonly proofs: readonly Proof[];
}

export interface Evidence {
  readonly rows: Readonly<Record<string, string>>;
  readonly gaps: Readonly<Record<string, string>>;
  /** The tests that there are now, whatever ran before. */
  readonly tests: readonly TitledTest[];
  /** Oldest run first. */
  readonly results: readonly Result[];
  readonly drills: readonly DrillResult[];
}

/** The run that results have to be renewed in: the last whole one, or the last if none was whole. */
export function lastRun(results: readonly Result[]): Result["run"] | undefined {
  const byAge = results.map(({ run }) => run).sort((left, right) => left.began.localeCompare(right.began));
  return byAge.findLast(({ whole }) => whole) ?? byAge.at(-1);
}

/** Every row with what proves it. */
export function judge(evidence: Evidence): RowVerdict[] {
  const since = lastRun(evidence.results)?.began ?? "";
  const named = evidence.tests.filter(({ title }) => rowsIn(title).length > 0);
  const proofs = [
    ...named.map((test) => ({ rows: rowsIn(test.title), proof: proofOf(test, evidence.results, since) })),
    ...evidence.drills.map((drill) => ({ rows: drill.rows, proof: proofOfDrill(drill) })),
  ];
  return Object.entries(evidence.rows).map(([row, title]) => {
    const own = proofs.filter(({ rows }) => rows.includes(row)).map(({ proof }) => proof);
    const gap = evidence.gaps[row];
    return { row, title, verdict: verdictOf(own, gap), ...(gap === undefined ? {} : { gap }), proofs: own };
  });
}

function verdictOf(proofs: readonly Proof[], gap: string | undefined): Verdict {
  if (proofs.some(({ state }) => state === "failed")) return "failed";
  if (!proofs.some(({ state }) => state === "passed")) return "missing";
  const whole = proofs.every(({ state, old }) => state === "passed" && !old);
  return whole && gap === undefined ? "proven" : "weak";
}

/** What a test came to last; a suite whose set-up failed speaks for those of its tests that did not run. */
function proofOf(test: TitledTest, results: readonly Result[], since: string): Proof {
  const own = results.filter(({ file }) => file === test.file);
  const last = own.findLast(({ of, title }) => of === undefined && title === test.title);
  const suite = own.findLast(({ of, title }) => of === "suite" && test.title.startsWith(title));
  const told = suite !== undefined && suite.run.began > (last?.run.began ?? "") ? suite : last;
  if (told === undefined) return { ...test, state: "never run", old: false };
  const { began, commit } = told.run;
  return { ...test, state: told.state, on: began, commit, old: began < since };
}

function proofOfDrill({ drill, result, date, commit }: DrillResult): Proof {
  const state = result === "passed" || result === "failed" ? result : "skipped";
  return { file: `npm run drill -- ${drill}`, title: drill, state, on: date, commit, old: false };
}
