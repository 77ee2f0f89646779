import { text } from "../../settings/leaves";

/** Whether a text may be the name or the number of a floating IP. */
export function isAddressName(value: string): boolean {
  return /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$/.test(value);
}

export const addressNameAllowed = "the name or the number of a floating IP of the project: visitors, 4711";

/** One entry of the setting. */
export const broughtAddress = text(isAddressName, {
  allowed: addressNameAllowed,
  remedy: "write it as the Cloud Console shows it, a number in quotes",
});

/** How many floating IPs a pair has, and whether a network of IPv6 goes with each. */
export interface AddressCount {
  readonly many: number;
  readonly ipv6: boolean;
}

/** Whether they are as many as there are to be, each once: the addresses, and after them all of the networks or none. */
export function areComplete(floatingIps: readonly string[], { many, ipv6 }: AddressCount): boolean {
  const counts = ipv6 ? [many, 2 * many] : [many];
  return counts.includes(floatingIps.length) && new Set(floatingIps).size === floatingIps.length;
}

/** What may stand there. */
export function completeAllowed({ many, ipv6 }: AddressCount): string {
  const addresses =
    many === 1 ? "one floating IP" : `${many} floating IPs, each once: one for each load balancer`;
  const networks = many === 1 ? "one network of IPv6" : `as many networks of IPv6`;
  return ipv6 ? `${addresses}; after that ${networks}, or none` : addresses;
}
