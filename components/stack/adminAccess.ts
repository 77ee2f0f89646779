import { formatValue, type SettingsProblem } from "../settings/problems";
import { isDocumentationRange, isNetworkCidr, isPublicIpv4Range } from "../settings/ranges";

/** True when the stack talks to another API than Hetzner's: the local cloud, which lives in a range for examples. */
export function isOwnEndpoint(endpoint: unknown): boolean {
  if (typeof endpoint !== "string" || !URL.canParse(endpoint)) return false;
  return !/(?:^|\.)hetzner\.(?:cloud|com)$/.test(new URL(endpoint).hostname);
}

/**
 * What `up` refuses on Hetzner although a description of the platform makes sense without it.
 *
 * @param providerToken the token that makes the platform, where it can be read
 */
export function hetznerProblems(
  raw: Readonly<Record<string, unknown>>,
  providerToken?: string,
): readonly SettingsProblem[] {
  const examples = exampleRangeProblems(raw.adminRanges);
  return [
    ...(examples.length > 0 ? examples : lockedOutProblems(raw.adminRanges)),
    ...sharedTokenProblems(raw, providerToken),
  ];
}

/** Both load balancers are public, and the token on them is the whole project: one that can be revoked alone. */
function sharedTokenProblems(
  raw: Readonly<Record<string, unknown>>,
  providerToken: string | undefined,
): readonly SettingsProblem[] {
  const { failoverToken } = raw;
  const isShared = failoverToken === undefined || failoverToken === providerToken;
  // Another value is a mistake of its own.
  if ((raw.protect ?? true) !== true || !isShared) return [];
  return [
    {
      path: "failoverToken",
      value: failoverToken === undefined ? "nothing" : "the same token as hcloud:token",
      allowed: "an API token of its own for the load balancers while protect is true",
      remedy:
        "create one with read and write access in the same project and run: pulumi config set --secret failoverToken; or set protect: false for a stack that may be lost",
    },
  ];
}

/** Machines are set up over the public IPv4 address of a load balancer, where no private address ever comes from. */
function lockedOutProblems(adminRanges: unknown): readonly SettingsProblem[] {
  if (!Array.isArray(adminRanges) || adminRanges.length === 0) return [];
  const isText = (range: unknown) => typeof range === "string" && isNetworkCidr(range);
  if (!adminRanges.every(isText) || adminRanges.some(isPublicIpv4Range)) return [];
  return [
    {
      path: "adminRanges",
      value: formatValue(adminRanges),
      allowed: "a public IPv4 address among them: from no other does SSH reach a load balancer",
      remedy: addAddress,
    },
  ];
}

const addAddress =
  "add the public address that pulumi runs from: pulumi config set --path 'hetzner-platform:adminRanges[0]' ADDRESS/32";

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
