import type { NetworkSettings } from "../settings/platformWide";
import { ipv4Text, overlaps, requireIpv4Range } from "../settings/ranges";
import type { PlatformSettings } from "./settings";

/**
 * A subnet for each role: as the settings say, else the next free part of the range, a /24 or an eighth of a range
 * that is too small for that. The whole range where no part is free, which the rules refuse.
 *
 * What is not set depends on the order of the roles: an outline grows at its end, and the stack's record refuses what
 * would move.
 */
export function subnetsFor(network: NetworkSettings, roles: readonly string[]): Subnets {
  const given: Subnets = network.subnets;
  const found = new Map(Object.entries(given).filter(([name]) => roles.includes(name)));
  for (const role of roles) {
    // Also apart from roles that the platform has no machines of today: it may grow into them.
    const taken = [...Object.values(given), ...found.values()];
    if (!found.has(role)) found.set(role, freeSubnet(network.range, taken) ?? network.range);
  }
  return Object.fromEntries(roles.map((role) => [role, found.get(role) ?? network.range]));
}

/** The network with every subnet that the stack file names, those of its own roles too. */
export function namedNetwork({
  network,
  roles = {},
}: Pick<PlatformSettings, "network" | "roles">): NetworkSettings {
  const own = Object.entries(roles).flatMap(([name, { subnet }]) =>
    subnet === undefined ? [] : [[name, subnet]],
  );
  return { ...network, subnets: { ...network.subnets, ...Object.fromEntries(own) } };
}

/** Roles for which the range has no free part. */
export function withoutRoom(network: NetworkSettings, roles: readonly string[]): readonly string[] {
  const subnets = subnetsFor(network, roles);
  return roles.filter((role) => !(role in network.subnets) && subnets[role] === network.range);
}

type Subnets = Readonly<Record<string, string>>;

/** The first free part of the range; undefined when there is none. */
export function freeSubnet(range: string, taken: readonly string[]): string | undefined {
  const whole = requireIpv4Range(range);
  const prefix = Math.min(30, Math.max(24, whole.prefix + 3));
  const size = 2 ** (32 - prefix);
  // The first part has the gateway.
  for (let first = whole.first + size; first + size - 1 <= whole.last; first += size) {
    const subnet = `${ipv4Text(first)}/${prefix}`;
    if (!taken.some((other) => overlaps(requireIpv4Range(other), requireIpv4Range(subnet)))) return subnet;
  }
  return undefined;
}
