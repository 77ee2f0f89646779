// Who has which public address: several kinds of owners share the ranges.

import { freeIpv4, freeIpv6Network } from "../../addresses/ip";
import type { PrimaryIp } from "../../state/rows";
import type { Store } from "../../state/store";
import type { Call } from "../calls/call";
import { ApiError } from "../calls/errors";

export function primaryIpOf(store: Store, server: number, type: PrimaryIp["type"]): PrimaryIp | undefined {
  return store.list("primary_ip").find((ip) => ip.assignee === server && ip.type === type);
}

/** Public addresses, IPv4 and IPv6, that cannot be given out again. */
export function takenPublicAddresses(store: Store, reserved: readonly string[]): ReadonlySet<string> {
  return new Set([
    ...reserved,
    ...store.list("primary_ip").map(({ ip }) => ip),
    ...store.list("storage_box").map(({ ip }) => ip),
    ...store.list("load_balancer").flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]),
  ]);
}

/** A free IPv4 address, or a free IPv6 network. */
export function takePublicAddress({ store, settings }: Call, type: PrimaryIp["type"]): string {
  const { publicIpv4, publicIpv6, reserved } = settings.ranges;
  const used = takenPublicAddresses(store, reserved);
  const address = type === "ipv4" ? freeIpv4(publicIpv4, used) : freeIpv6Network(publicIpv6, used);
  if (address === null) throw new ApiError("resource_unavailable", `no public ${type} address is left`);
  return address;
}
