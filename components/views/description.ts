import { type Flow, flowsTo } from "../plan/flows";
import type { MachinePlan, Topology } from "../plan/topology";
import {
  BulkBackend,
  CacheEngine,
  EdgeEngine,
  type MachineSize,
  ObjectStoreEngine,
  type PlatformSettings,
  type StorageSettings,
  type Store,
  Tier,
} from "../settings/settings";
import { findLocation } from "../sizing/locations";
import { resolveServerType } from "../sizing/resolve";
import { requireStorageBox } from "../sizing/storageBoxes";
import { onlyCopy } from "./copies";

/** A platform as people and programs read it: the value behind `describe` and `describe --json`. */
export interface PlatformDescription {
  readonly environment: string;
  readonly domain: string;
  readonly location: string;
  readonly city: string;
  readonly networkZone: string;
  readonly networkRange: string;
  readonly tiers: readonly TierDescription[];
}

export interface TierDescription {
  readonly tier: Tier;
  readonly title: string;
  readonly machines: readonly MachineDescription[];
}

export interface MachineDescription {
  readonly name: string;
  readonly hostname: string;
  readonly privateIp: string;
  readonly isPublic: boolean;
  /** What the machine needs at least. */
  readonly vcpus: number;
  readonly memoryGb: number;
  readonly serverType: ServerTypeDescription;
  /** What runs besides the services: `PostgreSQL 17`. */
  readonly software: readonly string[];
  readonly services: readonly ServiceDescription[];
  /** Size of the attached volume in GB; null without one. */
  readonly volumeGb: number | null;
  readonly ports: readonly PortDescription[];
}

export interface ServerTypeDescription {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryGb: number;
  readonly diskGb: number;
}

export interface ServiceDescription {
  readonly name: string;
  readonly image: string;
  readonly replicas: number;
  /** Null for a worker, which nobody can reach. */
  readonly port: number | null;
  readonly pathPrefix: string | null;
  /** Stores whose credentials it gets. */
  readonly uses: readonly Store[];
  /** Variables that hold its secrets. */
  readonly secrets: readonly string[];
}

export interface PortDescription {
  readonly protocol: string;
  readonly port: number;
  readonly from: Flow["from"];
  readonly purpose: string;
}

const titles: Readonly<Record<Tier, string>> = {
  edge: "Traffic Entry Layer",
  app: "Application Nodes",
  database: "Database Node",
  storage: "Storage Node",
};

/** @throws NoServerTypeError when no server type has a machine's size */
export function describePlatform(settings: PlatformSettings, topology: Topology): PlatformDescription {
  const tiers = Object.values(Tier).map((tier) => ({
    tier,
    title: titles[tier],
    machines: topology.machines
      .filter((machine) => machine.tier === tier)
      .map((machine) => describeMachine(machine, settings)),
  }));
  return {
    environment: settings.environment,
    domain: settings.domain,
    location: settings.location,
    city: findLocation(settings.location)?.city ?? settings.location,
    networkZone: settings.network.zone,
    networkRange: settings.network.range,
    tiers,
  };
}

function describeMachine(machine: MachinePlan, settings: PlatformSettings): MachineDescription {
  return {
    name: machine.name,
    hostname: machine.hostname,
    privateIp: machine.privateIp,
    isPublic: machine.isPublic,
    vcpus: machine.size.vcpus,
    memoryGb: machine.size.memoryGb,
    serverType: describeServerType(machine.size, settings.location),
    software: softwareOf(machine.tier, settings),
    services: machine.tier === Tier.App ? servicesOf(settings) : [],
    volumeGb: machine.tier === Tier.Storage ? settings.storage.volumeGb : null,
    ports: portsOf(machine.tier),
  };
}

function describeServerType(size: MachineSize, location: string): ServerTypeDescription {
  const { name, vcpus, memoryGb, diskGb } = resolveServerType(size, location);
  return { name, vcpus, memoryGb, diskGb };
}

function softwareOf(tier: Tier, settings: PlatformSettings): readonly string[] {
  const { storage } = settings;
  const nginx = settings.edge.engine === EdgeEngine.Nginx;
  const redis = settings.database.cacheEngine === CacheEngine.Redis;
  const minio = storage.objectStoreEngine === ObjectStoreEngine.Minio;
  const offsite = storage.backup.offsite;
  const software: Record<Tier, string[]> = {
    edge: [
      `${nginx ? "nginx" : "HAProxy"} load balancer`,
      "keepalived and the agent that moves the floating IP",
      "NAT gateway and SSH bastion for the other machines",
    ],
    app: ["Traefik reverse proxy"],
    database: [
      `PostgreSQL running as primary database (${settings.database.databaseName})`,
      `${redis ? "Redis" : "Valkey"} running as primary cache`,
      "Elasticsearch for search and indexing",
    ],
    storage: [
      `${minio ? "MinIO" : "Versity S3 Gateway"} object storage (bucket ${storage.bucket})`,
      `Backup storage location (${storage.backup.schedule} UTC, kept ${storage.backup.retentionDays} days${keptWhere(storage)})`,
      ...(offsite === undefined
        ? []
        : [`Second copy of backups in ${offsite.bucket} at ${offsite.endpoint}`]),
      ...(onlyCopy(settings) === undefined ? [] : [`No second copy: ${onlyCopy(settings)}`]),
      `Centralized log archive (kept ${storage.logRetentionDays} days)`,
    ],
  };
  return software[tier];
}

function keptWhere(storage: StorageSettings): string {
  if (storage.bulk === BulkBackend.Volume) return "";
  if (storage.bulk === BulkBackend.ObjectStore) return " in the bucket";
  const { name, capacityGb } = requireStorageBox(storage.bulkGb);
  return ` on a storage box, ${name.toUpperCase()} with ${capacityGb} GB`;
}

function servicesOf(settings: PlatformSettings): readonly ServiceDescription[] {
  return Object.entries(settings.app.services).map(([name, service]) => ({
    name,
    image: service.image,
    replicas: service.replicas,
    port: service.port ?? null,
    pathPrefix: service.pathPrefix ?? null,
    uses: service.uses,
    secrets: Object.keys(service.secrets),
  }));
}

function portsOf(tier: Tier): readonly PortDescription[] {
  return flowsTo(tier).flatMap(({ protocol, port, from, purpose }) =>
    port === null ? [] : [{ protocol, port, from, purpose }],
  );
}
