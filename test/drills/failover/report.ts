// Pure: what was measured of each fault, judged by its target, as a table.
import { table } from "../../../bench/publish";
import { median } from "./outage";

/** Times of Hetzner's API: none, or those that Hetzner is estimated to take. */
export type ApiTimes = "instant" | "hetzner";

export interface Round {
  readonly requests: number;
  /** Of those who came while the fault lasted. */
  readonly failed: number;
  readonly gapMs: number;
  /** Of those who came after it was healed. */
  readonly failedAfter: number;
  readonly gapAfterMs: number;
  /** Moves of the address that the pair made. */
  readonly moves: number;
  /** See `Target.besides`. */
  readonly besides?: number;
}

/** What a fault may cost; what is left out is not promised. */
export interface Target {
  readonly failed?: number;
  readonly gapMedianMs?: number;
  readonly gapWorstMs?: number;
  readonly mostMoves: number;
  readonly leastMoves?: number;
  /** Another number that the drill takes: what it is, its unit, and the most that it may be. */
  readonly besides?: { readonly what: string; readonly unit: "s" | "/min"; readonly most: number };
}

/** One line of the file that keeps what was measured last. */
export interface Measured {
  readonly fault: string;
  readonly title: string;
  readonly api: ApiTimes;
  /** `2026-11-30` */
  readonly date: string;
  readonly commit: string;
  readonly target: Target;
  readonly rounds: readonly Round[];
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(ms < 950 ? 2 : 1)} s`;

/** What of its target a fault missed, one sentence each. */
export function missed({ target, rounds }: Pick<Measured, "target" | "rounds">): string[] {
  const gaps = rounds.map(({ gapMs }) => gapMs);
  // A fault that may cost nothing may not cost anything when it is healed either.
  const failed = rounds.reduce((sum, round) => sum + round.failed + round.failedAfter, 0);
  const said: string[] = [];
  const above = (what: string, value: number, most: number | undefined, told = seconds) => {
    if (most !== undefined && value > most) said.push(`${what} ${told(value)}, not ${told(most)}`);
  };
  above("failed", failed, target.failed, String);
  above("median gap", median(gaps), target.gapMedianMs);
  above("worst gap", Math.max(0, ...gaps), target.gapWorstMs);
  for (const { moves } of rounds) {
    if (moves > target.mostMoves) said.push(`${moves} moves, not ${target.mostMoves}`);
    if (moves < (target.leastMoves ?? 0)) said.push(`${moves} moves, not ${target.leastMoves}`);
  }
  const { besides } = target;
  if (besides !== undefined) above(besides.what, worstBesides(rounds), besides.most, toldBesides(besides));
  return said;
}

type Besides = NonNullable<Target["besides"]>;

const toldBesides =
  ({ unit }: Besides) =>
  (value: number) =>
    unit === "s" ? seconds(value) : `${Math.round(value)}/min`;

const worstBesides = (rounds: readonly Round[]) => Math.max(0, ...rounds.map(({ besides = 0 }) => besides));

function targetText(target: Target): string {
  const { failed, gapMedianMs, gapWorstMs, mostMoves, leastMoves, besides } = target;
  return [
    ...(failed === undefined ? [] : [`${failed} failed`]),
    ...(gapMedianMs === undefined ? [] : [`median ${seconds(gapMedianMs)}`]),
    ...(gapWorstMs === undefined ? [] : [`worst ${seconds(gapWorstMs)}`]),
    ...(besides === undefined ? [] : [`${besides.what} ${toldBesides(besides)(besides.most)}`]),
    `moves: ${mostMoves}${leastMoves === mostMoves ? "" : " at most"}`,
  ].join(", ");
}

const head = [
  "fault",
  "API",
  "rounds",
  "failed",
  "gap: median",
  "worst",
  "moves",
  "besides",
  "after it was healed",
  "target",
  "reached",
  "measured",
];

function cellsOf(measured: Measured): string[] {
  const { title, api, date, commit, target, rounds } = measured;
  const sum = (of: (round: Round) => number) => rounds.reduce((total, round) => total + of(round), 0);
  const gaps = rounds.map(({ gapMs }) => gapMs);
  const { besides } = target;
  const afterGap = Math.max(0, ...rounds.map(({ gapAfterMs }) => gapAfterMs));
  const misses = missed(measured);
  return [
    title,
    api === "instant" ? "instant" : "Hetzner's times",
    String(rounds.length),
    `${sum(({ failed }) => failed)} of ${sum(({ requests }) => requests)}`,
    seconds(median(gaps)),
    seconds(Math.max(0, ...gaps)),
    [...new Set(rounds.map(({ moves }) => moves))].sort().join(" or "),
    besides === undefined ? "" : `${besides.what} ${toldBesides(besides)(worstBesides(rounds))}`,
    `${sum(({ failedAfter }) => failedAfter)} failed, gap ${seconds(afterGap)}`,
    targetText(target),
    misses.length === 0 ? "yes" : `no: ${[...new Set(misses)].join("; ")}`,
    `${date} ${commit}`,
  ];
}

/** GitHub's Markdown, in the order of the faults as they are given. */
export function failoverTable(all: readonly Measured[]): string {
  return table(head, all.map(cellsOf));
}

/** The newest of each fault and kind of times, in the order of `faults`; what is no fault any more is left out. */
export function merged(
  former: readonly Measured[],
  now: readonly Measured[],
  faults: readonly string[],
): Measured[] {
  const newest = new Map([...former, ...now].map((one) => [`${one.fault} ${one.api}`, one]));
  return (["instant", "hetzner"] as const).flatMap((api) =>
    faults.flatMap((fault) => newest.get(`${fault} ${api}`) ?? []),
  );
}
