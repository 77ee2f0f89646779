import type { EdgeOptions } from "./edge";
import type { LimitSettings } from "./limitSettings";

/** Limits as the proxies write them down. */
export interface Limits extends LimitSettings {
  /** Requests over this time may be as many as at once: `burst` of them are `requestsPerSecond`. */
  readonly windowMs: number;
  /** After so long a client who was refused, and waited, is answered. */
  readonly retryAfterSeconds: number;
}

/** Undefined: a client may ask for what it likes. */
export function limitsOf({ limits }: EdgeOptions): Limits | undefined {
  if (limits === undefined || !limits.enabled) return undefined;
  const windowMs = Math.round((1000 * limits.burst) / limits.requestsPerSecond);
  return { ...limits, windowMs, retryAfterSeconds: Math.ceil(windowMs / 1000) };
}

/** Clients that are remembered at a time; those that have been silent longest are forgotten first. */
export const rememberedClients = 100_000;
