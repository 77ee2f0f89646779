import { z } from "zod";
import { choice, wholeNumber } from "./leaves";

/** Which requests are logged. */
export const LoggedRequests = {
  All: "all",
  /** What was answered by an error of the server (5xx) or given up by the visitor (499), and what was slow. */
  Failed: "failed",
  Off: "off",
} as const;
export type LoggedRequests = (typeof LoggedRequests)[keyof typeof LoggedRequests];

/** The access log of one tier. */
export interface AccessLog {
  readonly requests: LoggedRequests;
  /** From this many milliseconds on a request is slow. */
  readonly slowerThanMs: number;
}

export const defaultSlowerThanMs = 1000;
const slowest = 60_000;

/** Whether somebody's value is one. */
export function isAccessLog(value: AccessLog): boolean {
  const known: readonly unknown[] = Object.values(LoggedRequests);
  const { requests, slowerThanMs } = value;
  return (
    known.includes(requests) && Number.isInteger(slowerThanMs) && slowerThanMs >= 1 && slowerThanMs <= slowest
  );
}

export const accessLogAllowed = "{ requests: all, failed or off, slowerThanMs: 1 to 60000 }";

/** @param requests what is logged when nothing is said */
export function accessLogShape(requests: LoggedRequests, description: string) {
  return z
    .strictObject({
      requests: choice(Object.values(LoggedRequests), "what is logged")
        .describe("Requests that are logged: all, failed (and slow) ones, or none")
        .default(requests),
      slowerThanMs: wholeNumber(1, slowest, "the milliseconds")
        .describe("Milliseconds from which a request counts as slow")
        .default(defaultSlowerThanMs),
    })
    .prefault({})
    .meta({ description });
}
