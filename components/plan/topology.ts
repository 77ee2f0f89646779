import ipaddr from "ipaddr.js";
import { type MachineSize, type PlatformSettings, Tier } from "../settings/settings";

/** One machine of the platform. Everything that names or addresses a machine derives from this value. */
export interface MachinePlan {
  /** Logical name, stable for ever: it is part of Pulumi's URNs. `app1`. */
  readonly name: string;
  /** Server and host name, unique in the Hetzner project: `prod-app1`. */
  readonly hostname: string;
  readonly tier: Tier;
  /** Address in the private network. */
  readonly privateIp: string;
  /** Only load balancers have public addresses. */
  readonly isPublic: boolean;
  readonly size: MachineSize;
}

export interface Topology {
  readonly loadBalancers: readonly [MachinePlan, MachinePlan];
  readonly appNodes: readonly MachinePlan[];
  readonly database: MachinePlan;
  readonly storage: MachinePlan;
  /** All of them, in the order in which people read them. */
  readonly machines: readonly MachinePlan[];
  /** First address of the network: the router that Hetzner puts there. */
  readonly gateway: string;
}

/** First host number that machines get in their subnet: below it is room for addresses that move. */
const firstHost = 11;

export function planTopology(settings: PlatformSettings): Topology {
  const machine = (tier: Tier, prefix: string, index: number, size: MachineSize): MachinePlan => ({
    name: `${prefix}${index}`,
    hostname: `${settings.environment}-${prefix}${index}`,
    tier,
    privateIp: hostAddress(settings.network.subnets[tier], firstHost + index - 1),
    isPublic: tier === Tier.Edge,
    size: { vcpus: size.vcpus, memoryGb: size.memoryGb, serverType: size.serverType },
  });
  const loadBalancers = [
    machine(Tier.Edge, "lb", 1, settings.edge),
    machine(Tier.Edge, "lb", 2, settings.edge),
  ] as const;
  const appNodes = Array.from({ length: settings.app.count }, (_, index) =>
    machine(Tier.App, "app", index + 1, settings.app),
  );
  const database = machine(Tier.Database, "db", 1, settings.database);
  const storage = machine(Tier.Storage, "storage", 1, settings.storage);
  return {
    loadBalancers,
    appNodes,
    database,
    storage,
    machines: [...loadBalancers, ...appNodes, database, storage],
    gateway: hostAddress(settings.network.range, 1),
  };
}

/** The address number `host` of an IPv4 range. */
export function hostAddress(range: string, host: number): string {
  const [network] = ipaddr.IPv4.parseCIDR(range);
  const base = network.toByteArray().reduce((sum, octet) => sum * 256 + octet, 0);
  const value = base + host;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
