import type { Part } from "../plan/part";
import type { Role } from "../plan/role";
import { appRole } from "../roles/app/role";
import { databaseRole } from "../roles/database/role";
import type { MachineSize } from "../sizing/resolve";
import type { PlatformSettings } from "./settings";

// Roles of the outlines that no component builds yet. Each moves into a folder of `roles/` when it is built.

const monitoring = "monitoring";

export const smallMachine: MachineSize = { vcpus: 2, memoryGb: 4, serverType: undefined };

export const later = (part: Part): Part => ({ ...part, comesLater: true });

/** Application servers behind web servers, which alone reach them. @param stores what the services keep data in */
export function applicationRole({ app, images }: PlatformSettings, stores: readonly string[]): Role {
  const role = appRole(app, images.traefik);
  return {
    ...role,
    title: "Application Servers",
    machineTitle: "Application Server",
    parts: role.parts.map(({ needs, ...part }) =>
      needs === undefined ? part : { ...part, needs: stores.map((offer) => ({ offer })) },
    ),
  };
}

/** PostgreSQL on machines of its own: a primary, and replicas that take reads and its place. */
export function databaseCluster(settings: PlatformSettings, replicas: number): Role {
  const role = databaseRole(settings.database, settings.images.elasticsearch);
  const among = (port: number, purpose: string) =>
    ({ protocol: "tcp", port, from: [role.name], purpose }) as const;
  return {
    ...role,
    title: "Database Cluster",
    machineTitle: "Database Server",
    count: 1 + replicas,
    rollout: "oneByOne",
    parts: [
      ...role.parts.filter(({ name }) => name === "postgresql"),
      later({
        name: "replication",
        title: `Streaming replication; ${replicas === 1 ? "1 replica takes" : `${replicas} replicas take`} reads`,
        listens: [among(5432, "replication")],
      }),
      later({
        name: "failover",
        title: "Patroni with etcd: a replica takes over when the primary dies",
        listens: [among(2379, "etcd"), among(2380, "etcd, peers"), among(8008, "Patroni")],
      }),
    ],
  };
}

/** The cache on a machine of its own. */
export function cacheRole({ database, images }: PlatformSettings, size: MachineSize, note: string): Role {
  const parts = databaseRole(database, images.elasticsearch)
    .parts.filter(({ name }) => name === "cache")
    .map((part) => later({ ...part, notes: [note] }));
  return {
    name: "cache",
    title: "Cache",
    machineTitle: "Cache Server",
    count: 1,
    size,
    isPublic: false,
    parts,
  };
}

export const monitoringRole: Role = {
  name: monitoring,
  title: "Monitoring",
  machineTitle: "Monitoring Server",
  count: 1,
  size: { vcpus: 2, memoryGb: 8, serverType: undefined },
  isPublic: false,
  parts: [
    later({ name: "metrics", title: "Prometheus and Alertmanager: metrics and alerts" }),
    later({
      name: "logs",
      title: "Loki: logs of all machines",
      listens: [{ protocol: "tcp", port: 3100, from: ["any"], purpose: "logs" }],
    }),
    later({ name: "dashboards", title: "Grafana, through the bastion" }),
  ],
};

/** Every machine with an agent that the monitoring asks. */
export function monitored(roles: readonly Role[]): readonly Role[] {
  const agent = later({
    name: "agent",
    title: "Monitoring agent",
    listens: [{ protocol: "tcp", port: 9100, from: [monitoring], purpose: "metrics" }],
  });
  return [...roles, monitoringRole].map((role) => ({ ...role, parts: [...role.parts, agent] }));
}
