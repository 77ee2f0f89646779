import { bastionOffer } from "../../plan/flows";
import type { Part } from "../../plan/part";
import type { Order, Role } from "../../plan/role";
import { ports } from "../../setup/ports";
import { siteOffer } from "../../setup/site";
import type { MachineSize } from "../../sizing/resolve";
import type { AcmeSettings } from "./acmeSettings";
import type { CdnSettings } from "./cdnSettings";
import type { LimitSettings } from "./limitSettings";
import { balancerAddressIn, usualBalancerType } from "./managed";
import { EdgeEngine, EdgeMode } from "./settings";

export const httpPort = ports.http;
export const httpsPort = ports.https;

/** The proxy's own health and statistics, and the agent's state, on the private address. */
export const edgeHealthPort = ports.edgeHealth;

/** One load balancer takes the other one's certificate here. */
export const handoverPort = ports.certificateHandover;

/** certbot listens here while the authority looks whether the names are ours. */
export const challengePort = ports.acmeChallenge;

/** HAProxy of one load balancer tells the other one's what it has counted of clients. */
export const limitsPort = ports.clientCounters;

/** What the plan depends on. */
export interface EdgeRoleSettings extends MachineSize {
  readonly engine: EdgeEngine;
  readonly mode?: EdgeMode | undefined;
  readonly ipv6?: boolean | undefined;
  readonly balancerType?: string | undefined;
  /** Private address of Hetzner's load balancer; says nothing without `managed`. @default - there is none */
  readonly balancerAddress?: string | undefined;
  readonly acme: Pick<AcmeSettings, "enabled">;
  readonly limits: Pick<LimitSettings, "enabled">;
  readonly cdn?: Pick<CdnSettings, "ranges"> | undefined;
}

/** The same in a platform, whose subnets say where Hetzner's load balancer has its private address. */
export function roleInNetwork(
  settings: EdgeRoleSettings,
  { network }: { readonly network: { readonly subnets: Readonly<Record<string, string>> } },
): Role {
  const subnet = network.subnets.edge;
  return edgeRole(
    subnet === undefined ? settings : { ...settings, balancerAddress: balancerAddressIn(subnet) },
  );
}

/** Two public machines in front of all others. */
export function edgeRole(settings: EdgeRoleSettings): Role {
  return {
    name: "edge",
    title: "Traffic Entry Layer",
    machineTitle: "Load Balancer",
    count: 2,
    size: settings,
    isPublic: true,
    orders: addressOrders(settings),
    parts: [proxy(settings), failover(settings), ...(settings.acme.enabled ? [certificates] : []), gateway],
  };
}

function addressOrders({
  mode,
  balancerType = usualBalancerType,
  ipv6 = false,
}: EdgeRoleSettings): readonly Order[] {
  if (mode === EdgeMode.Managed) return [managedBalancer(balancerType), spareAddress];
  const addresses = mode === EdgeMode.ActiveActive ? [ownAddress(1), ownAddress(2)] : [oneAddress];
  return ipv6 ? [...addresses, ...addresses.map(networkBeside)] : addresses;
}

function networkBeside({ purpose }: { readonly purpose: string }): Order {
  return {
    kind: "floatingIpv6",
    purpose,
    title: "Floating IPv6 network exposed to the internet: goes with the floating IPv4 wherever that goes",
  };
}

const managedBalancer = (type: string) =>
  ({
    kind: "loadBalancer",
    type,
    purpose: "visitors",
    title: `Hetzner's load balancer (${type.toUpperCase()}) exposed to the internet, before both machines`,
  }) as const;

const spareAddress = {
  kind: "floatingIpv4",
  purpose: "visitors, past Hetzner's load balancer",
  title: "Floating IPv4, on one load balancer at a time: the way in without Hetzner's",
} as const;

const oneAddress = {
  kind: "floatingIpv4",
  purpose: "visitors",
  title: "Floating IPv4 exposed to the internet, on one load balancer at a time",
} as const;

const ownAddress = (place: 1 | 2) =>
  ({
    kind: "floatingIpv4",
    purpose: place === 1 ? "visitors" : "visitors, second address",
    title: `Floating IPv4 exposed to the internet: of load balancer ${place} while it is well, DNS names both`,
  }) as const;

function proxy({ engine, limits, cdn, ...settings }: EdgeRoleSettings): Part {
  const counters = {
    protocol: "tcp",
    port: limitsPort,
    from: ["edge"],
    purpose: "what clients asked for",
  } as const;
  return {
    name: engine,
    title: `${engine === EdgeEngine.Nginx ? "nginx" : "HAProxy"} load balancer`,
    listens: [
      // Open to all with a CDN too: the other load balancer and an ACME server ask here, and nobody else is answered.
      { protocol: "tcp", port: httpPort, from: ["internet"], purpose: "visitors" },
      {
        protocol: "tcp",
        port: httpsPort,
        from: cdn === undefined ? ["internet"] : [...cdn.ranges, ...balancerOf(settings)],
        purpose: "visitors, TLS",
      },
      // nginx counts for itself.
      ...(engine === EdgeEngine.HAProxy && limits.enabled ? [counters] : []),
    ],
    needs: [{ offer: siteOffer }],
  };
}

/** As a sender of flows; nobody where there is none. */
function balancerOf({
  mode,
  balancerAddress,
}: Pick<EdgeRoleSettings, "mode" | "balancerAddress">): readonly string[] {
  return mode === EdgeMode.Managed && balancerAddress !== undefined ? [`${balancerAddress}/32`] : [];
}

function failover(settings: EdgeRoleSettings): Part {
  const asked = {
    protocol: "tcp",
    port: edgeHealthPort,
    from: balancerOf(settings),
    purpose: "Hetzner's load balancer asks how it is",
  } as const;
  return {
    name: "failover",
    title: "keepalived and the agent that moves the floating IP",
    listens: [
      { protocol: "vrrp", from: ["edge"], purpose: "who is master" },
      { protocol: "tcp", port: edgeHealthPort, from: ["edge"], purpose: "the peer's state" },
      ...(asked.from.length === 0 ? [] : [asked]),
    ],
  };
}

const certificates: Part = {
  name: "certificates",
  title: "certificates by ACME, for names without one of their own",
  listens: [
    { protocol: "tcp", port: handoverPort, from: ["edge"], purpose: "the certificate, sealed" },
    { protocol: "tcp", port: challengePort, from: ["edge"], purpose: "challenges of the ACME server" },
  ],
};

const gateway: Part = {
  name: "gateway",
  title: "NAT gateway and SSH bastion for the other machines",
  offers: [bastionOffer],
};
