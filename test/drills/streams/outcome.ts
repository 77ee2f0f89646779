// Pure: what became of what was open, and whether that is what is written down.

export const streamNames = ["webSocket", "upload", "events"] as const;
export type StreamName = (typeof streamNames)[number];

export interface Outcome {
  /** It came to its end; it was cut, and the visitor was told; or the visitor went away, who had been told nothing. */
  readonly how: "whole" | "cut" | "silent";
  /** What the visitor saw at the end: `ECONNRESET`, `201`. */
  readonly detail: string;
  /** The last that came, or went, as it should; and the end. In ms since 1970. */
  readonly lastGoodAtMs: number;
  readonly endedAtMs: number;
}

export type Outcomes = Readonly<Record<StreamName, Outcome>>;

/** What is promised of one stream. */
export interface Expected {
  readonly how: Outcome["how"];
  /** Seconds from the event to the end that the visitor sees, for what is cut. */
  readonly afterSeconds?: readonly [least: number, most: number];
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** What a table tells of one. @param eventAtMs when it was disturbed, if it was */
export function told({ how, detail, endedAtMs, lastGoodAtMs }: Outcome, eventAtMs?: number): string {
  if (how === "whole") return "goes on to its end";
  if (how === "silent")
    return `nothing comes any more, and nobody says so (given up after ${seconds(endedAtMs - lastGoodAtMs)})`;
  const after = eventAtMs === undefined ? "" : `, ${seconds(endedAtMs - eventAtMs)} later`;
  return `is cut${after}: ${detail}`;
}

/** What is not as it is promised, one sentence each. */
export function broken(
  outcomes: Outcomes,
  expected: Readonly<Record<StreamName, Expected>>,
  eventAtMs?: number,
): string[] {
  return streamNames.flatMap((name) => {
    const [seen, { how, afterSeconds }] = [outcomes[name], expected[name]];
    const is = `${name}: ${told(seen, eventAtMs)} (${seen.detail})`;
    if (seen.how !== how) return [`${is}, not ${how}`];
    if (afterSeconds === undefined || eventAtMs === undefined) return [];
    const after = (seen.endedAtMs - eventAtMs) / 1000;
    const [least, most] = afterSeconds;
    return after >= least && after <= most ? [] : [`${is}, not after ${least} to ${most} s`];
  });
}
