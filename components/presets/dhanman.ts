import type { Part } from "../plan/part";
import type { Role } from "../plan/role";
import { appRole } from "../roles/app/role";
import { databaseRole } from "../roles/database/role";
import { storageRole } from "../roles/storage/role";
import { later } from "./comingRoles";
import type { Preset } from "./preset";
import type { PlatformSettings } from "./settings";

/**
 * Everything on one machine, a stack for production and one for QA, each in a location of its own.
 *
 * The size is `app`'s: 8 vCPU and 16 GB RAM in the document, then 16 and 32, then 24 and 64, then more machines
 * (docs/presets.md). Sign-in, mail and the second copy of backups are services of others.
 */
export const dhanman: Preset = {
  name: "dhanman",
  title: "Everything on one machine",
  strict: false,
  roles: (settings) => [server(settings)],
};

function server(settings: PlatformSettings): Role {
  const { app, storage } = settings;
  return {
    name: "server",
    title: "Server",
    machineTitle: "Server",
    count: 1,
    size: app,
    isPublic: true,
    volume: { sizeGb: storage.volumeGb, purpose: "databases, objects, backups" },
    parts: [proxy, ...services(settings), ...stores(settings), broker, dashboards, agent, uptime],
  };
}

const proxy = later({
  name: "nginx",
  title: "nginx: a name and a certificate for each service, static files of the frontend",
  listens: [
    { protocol: "tcp", port: 80, from: ["internet"], purpose: "visitors" },
    { protocol: "tcp", port: 443, from: ["internet"], purpose: "visitors, TLS" },
  ],
  layer: "edge",
});

function services({ app, images }: PlatformSettings): readonly Part[] {
  const parts = appRole(app, images.traefik).parts.filter(({ service }) => service !== undefined);
  return parts.map((part) => ({ ...part, layer: "app" }));
}

/** They answer on loopback: everybody who uses them is on the same machine. */
function stores({ database, storage, images }: PlatformSettings): readonly Part[] {
  const tables = databaseRole(database, images.elasticsearch).parts.filter(
    ({ name }) => name === "postgresql",
  );
  const kept = storageRole(storage, images.objectStore).parts.filter(({ name }) => name !== "log-archive");
  return [
    ...tables.map((part) => onLoopback(part, "database")),
    ...kept.map((part) => onLoopback(part, "storage")),
  ];
}

function onLoopback({ listens: _, needs: __, memoryMb: ___, ...part }: Part, layer: string): Part {
  return later({ ...part, layer });
}

const broker = later({ name: "rabbitmq", title: "RabbitMQ: events between the services", layer: "broker" });
const dashboards = later({
  name: "grafana",
  title: "Grafana and Loki: dashboards and logs",
  layer: "monitoring",
});
const agent = later({ name: "netdata", title: "Netdata: metrics of the machine", layer: "monitoring" });
const uptime = later({
  name: "uptime",
  title: "Uptime checks, alerts by Slack and mail",
  layer: "monitoring",
});
