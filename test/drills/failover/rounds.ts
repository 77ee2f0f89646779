// One round of one fault, under the eyes of visitors who wait for nobody.
import { delayMoves } from "./apiTimes";
import type { Broken, FailoverFault } from "./fault";
import { type OpenLoopResult, seenBetween, servedAgainMs } from "./outage";
import { assignments, endAllFaults, untilWhole } from "./pair";
import type { ApiTimes, Round } from "./report";
import { visitors } from "./visitors";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Times of one round, in ms since 1970. */
interface Times {
  readonly broken: number;
  readonly healed: number;
  readonly whole: number;
}

/** Breaks, watches and heals. Whatever fails, it is healed. */
async function suffer(fault: FailoverFault, broken: Broken, sinceMs: number): Promise<number | undefined> {
  try {
    await broken.happened();
    const besides = await broken.watch?.();
    await pause(Math.max(0, sinceMs + fault.holdMs - Date.now()));
    return besides;
  } finally {
    await broken.heal();
  }
}

/**
 * Breaks the whole pair once.
 *
 * @returns what it cost
 * @throws when the fault did not happen, or the pair does not get whole again
 */
export async function oneRound(
  fault: FailoverFault,
  times: ApiTimes,
): Promise<{ round: Round; said: string }> {
  await endAllFaults();
  await delayMoves(times);
  const pair = await untilWhole();
  const stop = visitors(`http://${pair.ip}/api/whoami`);
  // The program starts, and visitors are served.
  await pause(4000);
  const beganMs = Date.now();
  let [besides, healed, broken]: [number | undefined, number, Broken | undefined] = [undefined, 0, undefined];
  let seen: OpenLoopResult;
  try {
    broken = await fault.break(pair);
    besides = await suffer(fault, broken, beganMs);
    healed = Date.now();
    await untilWhole();
  } finally {
    seen = await stop();
  }
  const moments: Times = { broken: beganMs, healed, whole: Date.now() };
  refuseUnserved(seen, moments);
  const moves = (await assignments(beganMs)).filter(({ status }) => status >= 200 && status < 300).length;
  const since = broken.servedSince?.();
  const round = roundOf(seen, moments, {
    moves: moves - (broken.ownMoves ?? 0),
    besides: since === undefined ? besides : (servedAgainMs(seen.probes, since) ?? Number.POSITIVE_INFINITY),
  });
  return { round, said: describeRound(seen, moments, round) };
}

/** @throws when the visitors were not served before the fault: then the round says nothing */
function refuseUnserved({ probes }: OpenLoopResult, { broken }: Times): void {
  const { requests, failed, problems } = seenBetween(probes, 0, broken);
  if (requests < 50 || failed > 0)
    throw new Error(`before the fault ${failed} of ${requests} requests failed: ${JSON.stringify(problems)}`);
}

function roundOf(
  { probes }: OpenLoopResult,
  { broken, healed, whole }: Times,
  { moves, besides }: { readonly moves: number; readonly besides: number | undefined },
): Round {
  const [during, after] = [seenBetween(probes, broken, healed), seenBetween(probes, healed, whole)];
  return {
    requests: during.requests,
    failed: during.failed,
    gapMs: during.gapMs,
    failedAfter: after.failed,
    gapAfterMs: after.gapMs,
    moves,
    ...(besides !== undefined && { besides }),
  };
}

/** One line for the log. */
function describeRound(
  { probes, latestMs }: OpenLoopResult,
  { broken, healed }: Times,
  round: Round,
): string {
  const { problems } = seenBetween(probes, broken, healed);
  const before = seenBetween(probes, 0, broken);
  return [
    `failed ${round.failed} of ${round.requests} ${JSON.stringify(problems)}, gap ${round.gapMs} ms, ${round.moves} moves`,
    `${round.besides === undefined ? "" : `besides ${Math.round(round.besides)}, `}healed: failed ${round.failedAfter}, gap ${round.gapAfterMs} ms`,
    `before: failed ${before.failed} of ${before.requests}, gap ${before.gapMs} ms; sent ${latestMs} ms late at worst`,
  ].join("; ");
}
