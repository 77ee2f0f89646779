import { formatValue, type SettingsProblem } from "./problems";
import { isDocumentationRange, isNetworkCidr } from "./ranges";

/** True when the stack talks to another API than Hetzner's: the local cloud, which lives in a range for examples. */
export function isOwnEndpoint(endpoint: unknown): boolean {
  if (typeof endpoint !== "string" || !URL.canParse(endpoint)) return false;
  return !/(?:^|\.)hetzner\.(?:cloud|com)$/.test(new URL(endpoint).hostname);
}

/** What `up` refuses on Hetzner although a description of the platform makes sense without it. */
export function hetznerProblems(raw: Readonly<Record<string, unknown>>): readonly SettingsProblem[] {
  return [...exampleRangeProblems(raw.adminRanges), ...sharedTokenProblems(raw)];
}

/** Both load balancers are public, and the token on them is the whole project: one that can be revoked alone. */
function sharedTokenProblems(raw: Readonly<Record<string, unknown>>): readonly SettingsProblem[] {
  // Another value is a mistake of its own.
  if ((raw.protect ?? true) !== true || raw.failoverToken !== undefined) return [];
  return [
    {
      path: "failoverToken",
      value: "nothing",
      allowed: "an API token of its own for the load balancers while protect is true",
      remedy:
        "create one with read and write access in the same project and run: pulumi config set --secret failoverToken; or set protect: false for a stack that may be lost",
    },
  ];
}

/**
 * Admin ranges that were copied from an example: on Hetzner, the firewall that `up` makes would lock it out of its
 * own machines.
 *
 * @param adminRanges the raw value
 */
export function exampleRangeProblems(adminRanges: unknown): readonly SettingsProblem[] {
  if (!Array.isArray(adminRanges)) return [];
  return adminRanges.flatMap((range: unknown, index) => {
    if (typeof range !== "string" || !isNetworkCidr(range) || !isDocumentationRange(range)) return [];
    const path = `adminRanges[${index}]`;
    return [
      {
        path,
        value: formatValue(range),
        allowed: "a range that exists; this one is reserved for examples",
        remedy: `set the public address that pulumi runs from: pulumi config set --path 'hetzner-platform:${path}' ADDRESS/32`,
      },
    ];
  });
}
