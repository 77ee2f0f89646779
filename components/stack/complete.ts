import { canonicalCidr, ipv4Range, ipv4Text } from "../settings/ranges";
import {
  BulkBackend,
  type MachineSize,
  type NetworkSettings,
  ObjectStoreEngine,
  type PlatformSettings,
  Tier,
} from "../settings/settings";
import { findLocation } from "../sizing/locations";
import { findServerType } from "../sizing/serverTypes";
import { workingVolumeGb } from "../sizing/storageBoxes";
import type { StackValues } from "./schema";

const versitygwImage = "versity/versitygw:v1.8.0";

/** What the machines have when the file says nothing: the multi-server production topology. */
const defaultSizes = {
  edge: { vcpus: 2, memoryGb: 4 },
  app: { vcpus: 4, memoryGb: 16 },
  database: { vcpus: 8, memoryGb: 32 },
  storage: { vcpus: 4, memoryGb: 8 },
} as const;

/** Two terabytes for objects and backups, as in the multi-server production topology. */
const bulkGb = 2000;

/** Derives what depends on other values: sizes from server types, subnets from the range, the network zone. */
export function completeSettings(values: StackValues): PlatformSettings {
  const { app, database, storage, edge, images } = values;
  const versity = storage.objectStoreEngine === ObjectStoreEngine.Versitygw;
  return {
    environment: values.environment,
    domain: values.domain,
    location: values.location,
    image: values.image,
    network: networkSettings(values),
    // Hetzner keeps each range once, and would differ from a list that names one twice.
    adminRanges: [...new Set(values.adminRanges.map(canonicalCidr))],
    edge: {
      ...machineSize(edge, defaultSizes.edge),
      engine: edge.engine,
      otherHosts: edge.otherHosts,
    },
    app: { ...machineSize(app, defaultSizes.app), count: app.count, services: services(app.services) },
    database: {
      ...machineSize(database, defaultSizes.database),
      cacheEngine: database.cacheEngine,
      databaseName: database.databaseName,
    },
    storage: {
      ...machineSize(storage, defaultSizes.storage),
      objectStoreEngine: storage.objectStoreEngine,
      volumeGb: storage.volumeGb ?? (storage.bulk === BulkBackend.Volume ? bulkGb : workingVolumeGb),
      bulk: storage.bulk,
      bulkGb: storage.bulkGb ?? bulkGb,
      keepStorageBox: storage.keepStorageBox,
      bucket: storage.bucket,
      backup: { ...storage.backup, offsite: storage.backup.offsite },
      logRetentionDays: storage.logRetentionDays,
    },
    images: {
      traefik: images.traefik,
      elasticsearch: images.elasticsearch,
      objectStore: images.objectStore ?? (versity ? versitygwImage : ""),
      registryMirror: images.registryMirror?.replace(/\/$/, ""),
      registries: images.registries,
    },
    budgetEur: values.budgetEur === 0 ? undefined : values.budgetEur,
    preset: values.preset,
    strictRoles: values.strictRoles,
    protect: values.protect,
    acceptChange: values.acceptChange,
  };
}

function machineSize(
  given: { readonly [Key in keyof MachineSize]?: MachineSize[Key] | undefined },
  fallback: { readonly vcpus: number; readonly memoryGb: number },
): MachineSize {
  const type = given.serverType === undefined ? undefined : findServerType(given.serverType);
  return {
    vcpus: given.vcpus ?? type?.vcpus ?? fallback.vcpus,
    memoryGb: given.memoryGb ?? type?.memoryGb ?? fallback.memoryGb,
    serverType: given.serverType,
  };
}

function services(given: StackValues["app"]["services"]): PlatformSettings["app"]["services"] {
  return Object.fromEntries(
    Object.entries(given).map(([name, service]) => [
      name,
      { ...service, port: service.port, pathPrefix: service.pathPrefix },
    ]),
  );
}

function networkSettings(values: StackValues): NetworkSettings {
  const { range, subnets } = values.network;
  return {
    range,
    zone: findLocation(values.location)?.networkZone ?? "eu-central",
    subnets: {
      edge: subnets.edge ?? defaultSubnet(range, Tier.Edge),
      app: subnets.app ?? defaultSubnet(range, Tier.App),
      database: subnets.database ?? defaultSubnet(range, Tier.Database),
      storage: subnets.storage ?? defaultSubnet(range, Tier.Storage),
    },
  };
}

const subnetNumbers: Readonly<Record<Tier, number>> = { edge: 1, app: 2, database: 3, storage: 4 };

/** The tier's part of the range: a /24, or an eighth of a range that is too small for that. */
function defaultSubnet(range: string, tier: Tier): string {
  const whole = ipv4Range(range);
  if (whole === undefined) return range;
  const prefix = Math.min(30, Math.max(24, whole.prefix + 3));
  return `${ipv4Text(whole.first + subnetNumbers[tier] * 2 ** (32 - prefix))}/${prefix}`;
}
