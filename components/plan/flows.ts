import type { Tier } from "../settings/settings";
import type { MachinePlan, Topology } from "./topology";

/** Who may talk to whom. Cloud firewall, host firewalls, documentation and the port test derive from it. */
export interface Flow {
  readonly from: Tier | "internet" | "admin" | "any";
  readonly to: Tier | "any";
  readonly protocol: "tcp" | "udp" | "icmp" | "vrrp";
  /** Null for protocols without ports. */
  readonly port: number | null;
  readonly purpose: string;
}

export const ports = {
  ssh: 22,
  http: 80,
  https: 443,
  /** HAProxy's own health and statistics, on the private address. */
  edgeHealth: 8404,
  /** Traefik's entry point on an app node. */
  traefik: 80,
  postgresql: 5432,
  redis: 6379,
  elasticsearch: 9200,
  objectStore: 9000,
  /** systemd-journal-remote on the storage node. */
  journal: 19532,
} as const;

export const flows: readonly Flow[] = [
  { from: "internet", to: "edge", protocol: "tcp", port: ports.http, purpose: "visitors" },
  { from: "internet", to: "edge", protocol: "tcp", port: ports.https, purpose: "visitors, TLS" },
  { from: "internet", to: "edge", protocol: "icmp", port: null, purpose: "path MTU and reachability" },
  { from: "admin", to: "edge", protocol: "tcp", port: ports.ssh, purpose: "set-up and bastion" },
  { from: "edge", to: "any", protocol: "tcp", port: ports.ssh, purpose: "SSH through the bastion" },
  { from: "edge", to: "edge", protocol: "vrrp", port: null, purpose: "who is master" },
  { from: "edge", to: "edge", protocol: "tcp", port: ports.edgeHealth, purpose: "the peer's state" },
  { from: "edge", to: "app", protocol: "tcp", port: ports.traefik, purpose: "requests" },
  { from: "app", to: "database", protocol: "tcp", port: ports.postgresql, purpose: "PostgreSQL" },
  { from: "app", to: "database", protocol: "tcp", port: ports.redis, purpose: "sessions, cache and jobs" },
  { from: "app", to: "database", protocol: "tcp", port: ports.elasticsearch, purpose: "search" },
  { from: "app", to: "storage", protocol: "tcp", port: ports.objectStore, purpose: "objects" },
  { from: "storage", to: "database", protocol: "tcp", port: ports.postgresql, purpose: "backups" },
  { from: "any", to: "storage", protocol: "tcp", port: ports.journal, purpose: "log archive" },
  { from: "any", to: "any", protocol: "icmp", port: null, purpose: "reachability" },
];

/** The flows that end at a machine of this tier. */
export function flowsTo(tier: Tier): readonly Flow[] {
  return flows.filter((flow) => flow.to === tier || flow.to === "any");
}

/** Private addresses that a flow may come from; the caller handles `internet` and `admin`. */
export function sourceAddresses(flow: Flow, topology: Topology): readonly string[] {
  const sends = (machine: MachinePlan) => flow.from === "any" || machine.tier === flow.from;
  return topology.machines.filter(sends).map((machine) => machine.privateIp);
}
