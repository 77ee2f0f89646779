// Who has which private address, and which one a server gets (HC-S14, HC-S15).

import { runningActions } from "../../actions/work";
import { formatIpv4, includes, parseIpv4, range4 } from "../../addresses/ip";
import { locationNamed } from "../../catalogue/catalogue";
import type { Network, Server } from "../../state/rows";
import type { Store } from "../../state/store";
import { ApiError, invalidInput, limitExceeded } from "../calls/errors";
import { gatewayOf } from "./gateway";

export const aliasLimit = 5;

/** What an attach or alias action that still runs will take. */
interface Reservation {
  readonly network?: unknown;
  readonly ip?: unknown;
  readonly aliasIps?: unknown;
}

/** Addresses of the network that servers and load balancers have or are about to have. */
export function addressesInUse(store: Store, servers: readonly Server[], network: number): Set<string> {
  const used = new Set<string>();
  for (const { privateNets } of servers) {
    for (const net of privateNets) {
      if (net.network === network) for (const address of [net.ip, ...net.aliasIps]) used.add(address);
    }
  }
  for (const { privateNets } of store.list("load_balancer")) {
    for (const net of privateNets) if (net.network === network) used.add(net.ip);
  }
  for (const action of runningActions(store)) {
    const args: Reservation = action.plan.args;
    if (args.network !== network) continue;
    if (typeof args.ip === "string") used.add(args.ip);
    if (Array.isArray(args.aliasIps)) for (const alias of args.aliasIps) used.add(String(alias));
  }
  return used;
}

/** Servers and load balancers of a network (HC-S12). */
const resourcesPerNetwork = 100;

export function requireRoomInNetwork(store: Store, network: Network) {
  const attached = [...store.list("server"), ...store.list("load_balancer")].filter(({ privateNets }) =>
    privateNets.some((net) => net.network === network.id),
  );
  if (attached.length < resourcesPerNetwork) return;
  const what = `a network has at most ${resourcesPerNetwork} servers and load balancers`;
  throw limitExceeded(what, "network_server_limit");
}

export interface AddressWish {
  readonly ip?: string | undefined;
  /** Subnet to take an automatic address from. */
  readonly ipRange?: string | undefined;
}

/** The address that a server of this location gets in the network. */
export function chooseAddress(
  network: Network,
  location: string,
  used: ReadonlySet<string>,
  { ip, ipRange }: AddressWish,
): string {
  const zone = locationNamed(location).network_zone;
  const inZone = network.subnets.filter(({ networkZone }) => networkZone === zone);
  if (ipRange !== undefined && !inZone.some((subnet) => subnet.ipRange === ipRange)) {
    throw invalidInput("ip_range", `${ipRange} is no subnet of the network in zone ${zone}`);
  }
  const subnets = ipRange === undefined ? inZone : inZone.filter((subnet) => subnet.ipRange === ipRange);
  if (subnets.length === 0) throw noSubnet(`network has no subnet in zone ${zone}`);
  const ranges = subnets.map((subnet) => subnet.ipRange);
  if (ip !== undefined) {
    requireAvailable(network, ranges, used, ip);
    return ip;
  }
  const free = ranges.map((range) => firstFree(network, range, used)).find((address) => address !== null);
  if (free === undefined || free === null) throw noSubnet("no address is free in the subnets of the network");
  return free;
}

const noSubnet = (message: string) => new ApiError("no_subnet_available", message);

/** Refuses addresses that are outside of the subnets, reserved or taken. */
export function requireAvailable(
  network: Network,
  subnets: readonly string[],
  used: ReadonlySet<string>,
  ip: string,
) {
  const unavailable = (why: string) => new ApiError("ip_not_available", `IP ${ip} is not available: ${why}`);
  const value = parseIpv4(ip) ?? -1;
  if (!subnets.some((range) => includes(range4(range), value))) {
    throw unavailable(`it lies in no subnet of the network (${subnets.join(", ")})`);
  }
  if (isReserved(network, subnets, ip)) throw unavailable("it is reserved");
  if (used.has(ip)) throw unavailable("it is in use");
}

function isReserved(network: Network, subnets: readonly string[], ip: string): boolean {
  const edges = subnets.map(range4).flatMap(({ first, last }) => [formatIpv4(first), formatIpv4(last)]);
  return ip === gatewayOf(network.ipRange) || ip === "172.31.1.1" || edges.includes(ip);
}

function firstFree(network: Network, subnet: string, used: ReadonlySet<string>): string | null {
  const { first, last } = range4(subnet);
  for (let value = first + 1; value < last; value++) {
    const ip = formatIpv4(value);
    if (!used.has(ip) && !isReserved(network, [subnet], ip)) return ip;
  }
  return null;
}
