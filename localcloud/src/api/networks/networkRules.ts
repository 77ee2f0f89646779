// Which subnets, routes and ranges a network may have (HC-S12, HC-S16). Pure: a network in, a network out.
import { z } from "zod";
import {
  contains,
  formatIpv4,
  includes,
  isPrivate,
  overlaps,
  parseIpv4,
  parseRange4,
  type Range4,
  range4,
} from "../../addresses/ip";
import { catalogue } from "../../catalogue/catalogue";
import type { Network, Subnet } from "../../state/rows";
import { ApiError, invalidInput, limitExceeded } from "../calls/errors";
import { ipv4Field, rangeField } from "../calls/fields";

const mostSubnets = 50;
const mostRoutes = 100;
/** Hetzner's metadata gateway; no route may cover it and no gateway may be it. */
const reservedRange = range4("172.31.1.1/32");

const zones = [...new Set(catalogue.locations.map(({ network_zone }) => network_zone))];

export const subnetSchema = z.object({
  type: z.enum(["cloud", "server", "vswitch"]),
  ip_range: rangeField.optional(),
  network_zone: z.enum(zones),
  vswitch_id: z.int().positive().optional(),
});

export const routeSchema = z.object({ destination: rangeField, gateway: ipv4Field });

/** @param path prefix of the field names in errors, such as `subnets.0.` */
export function addSubnet(network: Network, body: z.output<typeof subnetSchema>, path = ""): Network {
  if (body.type === "vswitch") {
    if (body.vswitch_id === undefined) throw invalidInput(`${path}vswitch_id`, "is required for a vswitch");
    // A vSwitch is made in Hetzner's Robot, for dedicated servers: here none can exist.
    throw new ApiError("service_error", "vswitch not found");
  }
  if (network.subnets.length >= mostSubnets) throw limitExceeded("subnet limit exceeded", "subnet_limit");
  const other = network.subnets.find(({ networkZone }) => networkZone !== body.network_zone);
  if (other !== undefined) {
    throw invalidInput(
      `${path}network_zone`,
      `must be ${other.networkZone}, the zone of the network's other subnets`,
    );
  }
  const ipRange = body.ip_range ?? firstFree24(network);
  if (ipRange === null) throw invalidInput(`${path}ip_range`, "no /24 of the network is free");
  requireFits(network, range4(ipRange), `${path}ip_range`);
  const subnet: Subnet = { type: body.type, ipRange, networkZone: body.network_zone, vswitchId: null };
  return { ...network, subnets: [...network.subnets, subnet] };
}

function requireFits(network: Network, range: Range4, field: string) {
  if (!contains(range4(network.ipRange), range)) {
    throw invalidInput(field, `must lie in the network's range ${network.ipRange}`);
  }
  if (range.prefix > 30) throw invalidInput(field, "must be /30 or larger");
  const subnet = network.subnets.find(({ ipRange }) => overlaps(range4(ipRange), range));
  if (subnet !== undefined) throw invalidInput(field, `overlaps the subnet ${subnet.ipRange}`);
  const route = network.routes.find(
    ({ destination }) => destination !== "0.0.0.0/0" && overlaps(range4(destination), range),
  );
  if (route !== undefined) throw invalidInput(field, `overlaps the route to ${route.destination}`);
}

function firstFree24(network: Network): string | null {
  const whole = range4(network.ipRange);
  const taken = [
    ...network.subnets.map(({ ipRange }) => range4(ipRange)),
    ...network.routes.map(({ destination }) => range4(destination)).filter(({ prefix }) => prefix > 0),
  ];
  for (let first = whole.first; first + 255 <= whole.last; first += 256) {
    const range = { first, last: first + 255, prefix: 24 };
    if (!taken.some((other) => overlaps(other, range))) return `${formatIpv4(first)}/24`;
  }
  return null;
}

export function addRoute(network: Network, body: z.output<typeof routeSchema>, path = ""): Network {
  if (network.routes.length >= mostRoutes) throw limitExceeded("route limit exceeded", "route_limit");
  const destination = range4(body.destination);
  requireDestination(network, destination, body.destination, `${path}destination`);
  const gateway = parseIpv4(body.gateway) ?? 0;
  const whole = range4(network.ipRange);
  if (!includes(whole, gateway)) {
    throw invalidInput(`${path}gateway`, `must be an address of the network ${network.ipRange}`);
  }
  if (gateway === whole.first + 1 || includes(reservedRange, gateway)) {
    throw invalidInput(`${path}gateway`, `${body.gateway} is reserved`);
  }
  return { ...network, routes: [...network.routes, body] };
}

function requireDestination(network: Network, destination: Range4, text: string, field: string) {
  const everything = destination.prefix === 0;
  if (!everything && !isPrivate(destination)) {
    throw invalidInput(field, "must be a private range or 0.0.0.0/0");
  }
  const clash = network.routes.find((route) => {
    const other = range4(route.destination);
    return everything || other.prefix === 0 ? route.destination === text : overlaps(other, destination);
  });
  if (clash !== undefined) throw invalidInput(field, `overlaps the route to ${clash.destination}`);
  if (everything) return;
  if (overlaps(reservedRange, destination)) throw invalidInput(field, "must not contain 172.31.1.1");
  const subnet = network.subnets.find(({ ipRange }) => overlaps(range4(ipRange), destination));
  if (subnet !== undefined) throw invalidInput(field, `overlaps the subnet ${subnet.ipRange}`);
}

/** A range only grows, and only by its mask. */
export function extendRange(network: Network, ipRange: string): Network {
  const [old, wanted] = [range4(network.ipRange), parseRange4(ipRange)];
  if (wanted === null || !isPrivate(wanted)) throw invalidInput("ip_range", "must be a private range");
  if (wanted.first !== old.first || wanted.prefix > old.prefix) {
    throw invalidInput("ip_range", `can only extend ${network.ipRange} by a smaller mask, got ${ipRange}`);
  }
  return { ...network, ipRange };
}
