import { formatValue, type SettingsProblem } from "./problems";
import { isDocumentationRange, isNetworkCidr } from "./ranges";

/** True when the stack talks to another API than Hetzner's: the local cloud, which lives in a range for examples. */
export function isOwnEndpoint(endpoint: unknown): boolean {
  if (typeof endpoint !== "string" || !URL.canParse(endpoint)) return false;
  return !/(?:^|\.)hetzner\.(?:cloud|com)$/.test(new URL(endpoint).hostname);
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
