import { bastionOffer } from "../../plan/flows";
import type { Part } from "../../plan/part";
import type { Order, Role } from "../../plan/role";
import { ports } from "../../setup/ports";
import { siteOffer } from "../../setup/site";
import type { MachineSize } from "../../sizing/resolve";
import type { AcmeSettings } from "./acmeSettings";
import type { CdnSettings } from "./cdnSettings";
import type { LimitSettings } from "./limitSettings";
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
  readonly acme: Pick<AcmeSettings, "enabled">;
  readonly limits: Pick<LimitSettings, "enabled">;
  readonly cdn?: Pick<CdnSettings, "ranges"> | undefined;
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
    parts: [proxy(settings), failover, ...(settings.acme.enabled ? [certificates] : []), gateway],
  };
}

function addressOrders({ mode, ipv6 = false }: EdgeRoleSettings): readonly Order[] {
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

function proxy({ engine, limits, cdn }: EdgeRoleSettings): Part {
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
        from: cdn === undefined ? ["internet"] : cdn.ranges,
        purpose: "visitors, TLS",
      },
      // nginx counts for itself.
      ...(engine === EdgeEngine.HAProxy && limits.enabled ? [counters] : []),
    ],
    needs: [{ offer: siteOffer }],
  };
}

const failover: Part = {
  name: "failover",
  title: "keepalived and the agent that moves the floating IP",
  listens: [
    { protocol: "vrrp", from: ["edge"], purpose: "who is master" },
    { protocol: "tcp", port: edgeHealthPort, from: ["edge"], purpose: "the peer's state" },
  ],
};

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
