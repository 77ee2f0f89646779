import * as hcloud from "@pulumi/hcloud";
import type * as pulumi from "@pulumi/pulumi";
import type { MachineContext } from "../../machine/context";
import { numericId } from "../../machine/server";
import type { MachinePlan } from "../../plan/plan";
import { pairAddresses } from "./addresses";
import { lookUpAddresses, type VisitorAddress } from "./broughtAddresses";
import type { LoadBalancerPairArgs } from "./inputs";
import { visitorsAddress } from "./ipv6Addresses";

/** Where visitors arrive, whoever made it; of both families in the order of the addresses. */
export interface VisitorAddresses {
  readonly ipv4: readonly VisitorAddress[];
  /** The networks that go with them; empty: visitors come over IPv4 alone. */
  readonly ipv6: readonly VisitorAddress[];
}

/** For whom they are. */
export interface AddressOwner {
  readonly machines: readonly MachinePlan[];
  readonly context: MachineContext;
  /** Name at Hetzner of what the stack makes. */
  readonly resourceName: string;
}

/** Those that were brought along, or new ones; networks may be new beside addresses that were brought along. */
export function visitorAddresses(
  name: string,
  args: LoadBalancerPairArgs,
  owner: AddressOwner,
  parent: pulumi.Resource,
): VisitorAddresses {
  const { mode, ipv6 = false, floatingIps } = args;
  const addresses = pairAddresses(mode);
  const brought = floatingIps === undefined ? [] : lookUp(name, floatingIps, args, owner, parent);
  const make = (type: "ipv4" | "ipv6") =>
    addresses.map(({ suffix }) => makeAddress(type, name, suffix, args, owner, parent));
  const networks = brought.slice(addresses.length);
  return {
    ipv4: brought.length === 0 ? make("ipv4") : brought.slice(0, addresses.length),
    ipv6: ipv6 && networks.length === 0 ? make("ipv6") : networks,
  };
}

function lookUp(
  name: string,
  floatingIps: readonly string[],
  { location, mode }: LoadBalancerPairArgs,
  { machines }: AddressOwner,
  parent: pulumi.Resource,
): readonly VisitorAddress[] {
  const hostnames = machines.map(({ hostname }) => hostname);
  const wanted = { location, hostnames, many: pairAddresses(mode).length };
  return lookUpAddresses(`LoadBalancerPair ${name}`, floatingIps, wanted, parent);
}

function makeAddress(
  type: "ipv4" | "ipv6",
  name: string,
  suffix: string,
  { protect = false }: LoadBalancerPairArgs,
  { context, resourceName }: AddressOwner,
  parent: pulumi.Resource,
): VisitorAddress {
  const family = type === "ipv4" ? "" : "-ipv6";
  const address = new hcloud.FloatingIp(
    `${name}-address${suffix}${family}`,
    {
      name: `${resourceName}${suffix}${family}`,
      description: "where visitors arrive",
      type,
      homeLocation: context.location,
      labels: context.labels,
      deleteProtection: protect,
    },
    // The pair assigns and moves the address; Pulumi must not move it back.
    { parent, protect, ignoreChanges: ["serverId"], deleteBeforeReplace: true },
  );
  const { ipAddress } = address;
  return {
    id: numericId(address),
    ipAddress: type === "ipv4" ? ipAddress : ipAddress.apply(visitorsAddress),
  };
}
