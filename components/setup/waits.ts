/** Seconds for which the answer of a service may take to begin when nobody says otherwise. */
export const defaultTimeoutSeconds = 30;

/** An hour: what takes longer is a job, and no visitor waits for it. */
export const longestTimeoutSeconds = 3600;

export const timeoutAllowed = `a whole number from 1 to ${longestTimeoutSeconds}`;

export function isTimeout(seconds: number): boolean {
  return Number.isInteger(seconds) && seconds >= 1 && seconds <= longestTimeoutSeconds;
}

/**
 * Seconds by which the tiers in front wait longer than the application nodes, whose proxies alone know the service: they
 * give up first, and what they log names it. What is too slow is then an answer, 504, and no failure of a machine.
 */
export const longerBySeconds = { web: 2, edge: 5 } as const;

/** An upload of 10 MB at 45 kB/s takes 233. */
const leastFinishSeconds = 300;

/**
 * Seconds for which a program finishes what it has begun when it gets a new configuration. Who keeps a connection for
 * longer, as with a WebSocket, connects again then.
 */
export function finishSeconds(timeoutSeconds: number): number {
  return Math.max(leastFinishSeconds, timeoutSeconds);
}
