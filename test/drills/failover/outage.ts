// Pure: what a row of requests tells about an outage.

/** One request; in ms since 1970. */
export interface Probe {
  readonly sentAtMs: number;
  readonly endedAtMs: number;
  /** What became of it instead of an answer with 200: `503`, `ECONNRESET`, `no answer`. */
  readonly problem?: string;
}

export interface OpenLoopResult {
  /** In the order in which they ended. */
  readonly probes: readonly Probe[];
  /** By how much the program itself sent one later than it was due, at worst: a gap below that is its own. */
  readonly latestMs: number;
}

/** What visitors saw in a part of the time. */
export interface Seen {
  readonly requests: number;
  readonly failed: number;
  /** Failures by kind. */
  readonly problems: Readonly<Record<string, number>>;
  /** The longest time without an answer that began in it. */
  readonly gapMs: number;
}

/**
 * What the visitors saw who came from one moment until another. An outage belongs to the part in which it began, however
 * long it lasted; without any answer after it, it lasted until the last request was given up.
 */
export function seenBetween(probes: readonly Probe[], fromMs: number, untilMs: number): Seen {
  const came = probes.filter(({ sentAtMs }) => sentAtMs >= fromMs && sentAtMs < untilMs);
  const problems: Record<string, number> = {};
  for (const { problem } of came) if (problem !== undefined) problems[problem] = (problems[problem] ?? 0) + 1;
  const failed = Object.values(problems).reduce((sum, count) => sum + count, 0);
  const gaps = gapsOf(probes).filter(({ beganMs }) => beganMs >= fromMs && beganMs < untilMs);
  return {
    requests: came.length,
    failed,
    problems,
    gapMs: gaps.reduce((longest, { ms }) => Math.max(longest, ms), 0),
  };
}

/** The first good answer after a moment to a request that was sent after it; undefined: there was none. */
export function servedAgainMs(probes: readonly Probe[], afterMs: number): number | undefined {
  const good = probes.filter(({ problem, endedAtMs }) => problem === undefined && endedAtMs >= afterMs);
  return good.length === 0 ? undefined : Math.min(...good.map(({ endedAtMs }) => endedAtMs)) - afterMs;
}

function gapsOf(probes: readonly Probe[]): readonly { readonly beganMs: number; readonly ms: number }[] {
  const good = probes.filter(({ problem }) => problem === undefined).map(({ endedAtMs }) => endedAtMs);
  const last = probes.reduce((latest, { endedAtMs }) => Math.max(latest, endedAtMs), 0);
  const moments = [...good, last].sort((left, right) => left - right);
  return moments.slice(1).map((moment, n) => {
    const beganMs = moments[n] ?? moment;
    return { beganMs, ms: moment - beganMs };
  });
}

/** The middle one; of an even number the higher of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
