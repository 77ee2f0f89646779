import { z } from "zod";
import { flag, text, wholeNumber } from "../../settings/leaves";
import { isPathPrefix, longestPath } from "../../settings/pathPrefix";
import type { SettingsProblem } from "../../settings/problems";
import type { Rule } from "../../settings/rules";

/** What one client may ask for: an IPv4 address, or an IPv6 network of 64 bits, as a household or a server has one. */
export interface LimitSettings {
  readonly enabled: boolean;
  /** Requests in a second, over a longer time. */
  readonly requestsPerSecond: number;
  /** Requests at once, after a pause. */
  readonly burst: number;
  /** Open connections, and requests that are being answered. */
  readonly connections: number;
  /** Prefixes of paths whose requests are not counted: health for monitors, assets. */
  readonly unlimitedPaths: readonly string[];
}

/**
 * Room for an office behind one address: some hundred people who read, each with a page of some dozen requests. What
 * one program that has gone wild sends is more.
 */
export const defaultLimits: LimitSettings = {
  enabled: true,
  requestsPerSecond: 200,
  burst: 2000,
  connections: 1000,
  unlimitedPaths: ["/health", "/assets", "/static"],
};

const mostPerSecond = 100_000;
const mostAtOnce = 1_000_000;
const mostConnections = 500_000;

export const limitsAllowed = `{ requestsPerSecond: 1 to ${mostPerSecond}, burst: requestsPerSecond to ${mostAtOnce}, connections: 1 to ${mostConnections}, unlimitedPaths: paths such as /assets }`;

export function completeLimits(given: Partial<LimitSettings> | undefined): LimitSettings {
  return { ...defaultLimits, ...given };
}

/** Whether somebody's value is one, where no schema has judged it. */
export function areLimits(given: Partial<LimitSettings>): boolean {
  const { requestsPerSecond, burst, connections, unlimitedPaths } = completeLimits(given);
  const isWhole = (value: number, most: number) => Number.isInteger(value) && value >= 1 && value <= most;
  return (
    isWhole(requestsPerSecond, mostPerSecond) &&
    isWhole(burst, mostAtOnce) &&
    burst >= requestsPerSecond &&
    isWhole(connections, mostConnections) &&
    unlimitedPaths.every(isUnlimitedPrefix)
  );
}

/** Without `/`, which would be all. */
function isUnlimitedPrefix(value: string): boolean {
  return value !== "/" && isPathPrefix(value);
}

/** `/assets` covers `/assets` and `/assets/...`, not `/assetsmanager`. */
const unlimitedPrefix = text(isUnlimitedPrefix, {
  allowed: `a path of at most ${longestPath} characters that begins with a slash and does not end with one: /assets`,
  remedy:
    "write the prefix without host, query, trailing slash and the parts . and ..; with enabled: false nothing is counted",
});

export const limitsShape = z
  .strictObject({
    enabled: flag()
      .describe("Limits for each client: an IPv4 address or an IPv6 network of 64 bits")
      .default(defaultLimits.enabled),
    requestsPerSecond: wholeNumber(1, mostPerSecond, "the requests in a second")
      .describe("Requests in a second that a client may send over a longer time; more get 429")
      .default(defaultLimits.requestsPerSecond),
    burst: wholeNumber(1, mostAtOnce, "the requests at once")
      .describe("Requests that a client may send at once, after a pause")
      .default(defaultLimits.burst),
    connections: wholeNumber(1, mostConnections, "the connections")
      .describe("Connections that a client may have open, and requests that are answered for it at a time")
      .default(defaultLimits.connections),
    unlimitedPaths: z
      .array(unlimitedPrefix)
      .default([...defaultLimits.unlimitedPaths])
      .meta({
        description: "Prefixes of paths whose requests are not counted",
        fallback: defaultLimits.unlimitedPaths.join(", "),
      }),
  })
  .prefault({})
  .meta({ description: "What one client may ask for (docs/operations.md)" });

/** What the rule looks at. */
export interface LimitsInput {
  readonly settings: { readonly edge: { readonly limits: LimitSettings } };
}

/** Who may send so many in a second may send them at once. */
export const limitsRule: Rule<LimitsInput> = {
  reads: ["edge.limits"],
  check: ({ settings }): readonly SettingsProblem[] => {
    const { burst, requestsPerSecond } = settings.edge.limits;
    if (burst >= requestsPerSecond) return [];
    return [
      {
        path: "edge.limits.burst",
        value: String(burst),
        allowed: `from requestsPerSecond, ${requestsPerSecond}, up`,
        remedy: "raise it: ten seconds' worth lets a page with all its parts through",
      },
    ];
  },
};
