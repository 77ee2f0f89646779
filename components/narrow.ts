import * as pulumi from "@pulumi/pulumi";
import type { ResolveImage } from "./machine/images";
import { refuseInputs } from "./machine/inputErrors";
import type { MachinesArgs, PrivateMachinesArgs } from "./machine/machinesArgs";
import { flowsTo } from "./plan/flows";
import {
  endpointOf,
  machinesOf,
  machinesOffering,
  onlyMachineOf,
  type Plan,
  sourceAddresses,
} from "./plan/plan";
import type { AppNodesArgs } from "./roles/app";
import type { ContainerMachinesArgs } from "./roles/container";
import type { DatabaseNodeArgs } from "./roles/database";
import { databaseClients } from "./roles/database/setup";
import type { LoadBalancerPairArgs } from "./roles/edge";
import { requestLimit } from "./roles/edge/edge";
import type { DatabaseToBackUp, StorageNodeArgs } from "./roles/storage";
import { hasStorageBox } from "./roles/storage/copies";
import { objectStorePort } from "./roles/storage/role";
import type { OffsiteCredentials } from "./roles/storage/settings";
import { offsitePairProblem } from "./roles/storage/settingsRules";
import { Store } from "./settings/store";
import type { UserRoleSettings } from "./settings/userRole";
import { siteOffer } from "./setup/site";
import { type MachineSize, resolveServerType } from "./sizing/resolve";
import type { PlatformSettings } from "./stack/settings";

/** What all machines of a platform have in common. */
export type CommonArgs = Omit<MachinesArgs, "serverType" | "memoryGb" | "vcpus">;

/** The same of those without public addresses. */
export type PrivateCommonArgs = CommonArgs & Pick<PrivateMachinesArgs, "bastion" | "registries">;

/** What the machines of one role are ordered as. */
export function orderedAs(size: MachineSize, settings: PlatformSettings) {
  const { vcpus, memoryGb } = size;
  return { serverType: resolveServerType(size, settings.location).name, vcpus, memoryGb };
}

export function addressesOf(plan: Plan, role: string): string[] {
  return machinesOf(plan, role).map(({ privateIp }) => privateIp);
}

/** Of a platform's settings, what its load balancers need to know. */
export function pairArgs(
  settings: PlatformSettings,
  plan: Plan,
  common: CommonArgs,
  secrets: Pick<LoadBalancerPairArgs, "apiToken" | "apiEndpoint" | "certificate">,
): LoadBalancerPairArgs {
  const { edge, domain, adminRanges, app } = settings;
  const hosts = Object.values(app.services).flatMap(({ host }) => host ?? []);
  const maxRequests = requestLimit(app.services);
  return {
    ...common,
    ...secrets,
    ...orderedAs(edge, settings),
    addresses: addressesOf(plan, "edge"),
    engine: edge.engine,
    domain,
    otherDomains: [...new Set(hosts)].filter((host) => host !== domain).sort(),
    ...(edge.otherHosts !== undefined && { otherHosts: edge.otherHosts }),
    ...(edge.accessLog !== undefined && { accessLog: edge.accessLog }),
    ...(edge.redirectToHttps !== undefined && { redirectToHttps: edge.redirectToHttps }),
    adminRanges: [...adminRanges],
    backends: machinesOffering(plan, siteOffer).map(({ name, privateIp }) => ({
      name,
      address: privateIp,
      maxRequests,
    })),
  };
}

/** Of a platform's settings, what its database node needs to know. */
export function databaseArgs(
  settings: PlatformSettings,
  plan: Plan,
  common: PrivateCommonArgs,
  elasticsearchImage: pulumi.Input<string>,
): DatabaseNodeArgs {
  const { database, acceptChange, images } = settings;
  const clients = databaseClients(plan);
  return {
    ...common,
    ...orderedAs(database, settings),
    address: onlyMachineOf(plan, "database").privateIp,
    databaseName: database.databaseName,
    cacheEngine: database.cacheEngine,
    elasticsearchImage,
    ...(images.registryMirror !== undefined && { registryMirror: images.registryMirror }),
    clients: [...clients.application],
    backupClients: [...clients.backup],
    ...(acceptChange !== undefined && { acceptChange: [...acceptChange] }),
  };
}

/** What programs of the operator are given besides. Secret. */
export type ProgramSecrets = Required<Pick<AppNodesArgs, "stores" | "secrets">>;

/** Of a platform's settings, what its app nodes need to know. */
export function appArgs(
  settings: PlatformSettings,
  plan: Plan,
  common: PrivateCommonArgs,
  secrets: ProgramSecrets,
  resolve: ResolveImage,
): AppNodesArgs {
  const { app, domain, images } = settings;
  return {
    ...common,
    ...orderedAs(app, settings),
    ...secrets,
    addresses: addressesOf(plan, "app"),
    domain,
    services: app.services,
    ...(app.accessLog !== undefined && { accessLog: app.accessLog }),
    images: imagesByName(app.services, resolve),
    traefikImage: resolve(images.traefik),
    ...(images.registryMirror !== undefined && { registryMirror: images.registryMirror }),
    loadBalancers: addressesOf(plan, "edge"),
  };
}

/** Of a platform's settings, what the machines of a role of its stack file need to know. */
export function containerArgs(
  settings: PlatformSettings,
  plan: Plan,
  [role, own]: readonly [string, UserRoleSettings],
  common: PrivateCommonArgs,
  { stores, secrets }: ProgramSecrets,
  resolve: ResolveImage,
): ContainerMachinesArgs {
  const { registryMirror } = settings.images;
  return {
    ...common,
    ...orderedAs(own, settings),
    role,
    addresses: addressesOf(plan, role),
    containers: own.containers,
    images: imagesByName(own.containers, resolve),
    ...(registryMirror !== undefined && { registryMirror }),
    stores: Object.fromEntries(own.needs.map((store) => [store, stores[store] ?? {}])),
    secrets,
  };
}

/** Images by digest. */
function imagesByName(programs: Readonly<Record<string, { readonly image: string }>>, resolve: ResolveImage) {
  const images = Object.entries(programs).map(([name, { image }]) => [name, resolve(image)] as const);
  return Object.fromEntries(images);
}

/** What a storage node is given besides the platform's settings. */
export interface StorageGround extends Pick<StorageNodeArgs, "objectStoreImage" | "backupKey"> {
  /** Logins at the platform's database. */
  readonly database: Pick<DatabaseToBackUp, "backup" | "restore">;
  /** Access to the bucket of `settings.storage.backup.offsite`. */
  readonly offsiteCredentials?: pulumi.Input<OffsiteCredentials>;
}

/** Of a platform's settings, what its storage node needs to know. @throws when a bucket elsewhere lacks its keys */
export function storageArgs(
  settings: PlatformSettings,
  plan: Plan,
  common: PrivateCommonArgs,
  { objectStoreImage, backupKey, database, offsiteCredentials }: StorageGround,
): StorageNodeArgs {
  const { storage, images, acceptChange } = settings;
  const { volumeGb, bucket, objectStoreEngine, bulk, bulkGb, keepStorageBox, logRetentionDays, backup } =
    storage;
  const clients = flowsTo(plan.flows, "storage").filter(({ port }) => port === objectStorePort);
  return {
    ...common,
    ...orderedAs(storage, settings),
    registryMirror: images.registryMirror,
    address: onlyMachineOf(plan, "storage").privateIp,
    volumeGb,
    bucket,
    objectStoreEngine,
    objectStoreImage,
    clients: clients.flatMap((flow) => sourceAddresses(plan, flow)),
    logRetentionDays,
    database: { ...endpointOf(plan, Store.Database), name: settings.database.databaseName, ...database },
    backupSchedule: backup.schedule,
    retentionDays: backup.retentionDays,
    bulk,
    bulkGb: hasStorageBox(storage) ? bulkGb : undefined,
    keepStorageBox,
    offsite: offsiteCopy(storage, offsiteCredentials),
    backupKey,
    acceptChange: acceptChange && [...acceptChange],
  };
}

function offsiteCopy(
  { backup }: PlatformSettings["storage"],
  credentials: StorageGround["offsiteCredentials"],
): StorageNodeArgs["offsite"] {
  const reason = offsitePairProblem(backup, credentials !== undefined);
  if (reason !== undefined)
    refuseInputs("Platform", [{ propertyPath: "settings.storage.backup.offsite", reason }]);
  if (backup.offsite === undefined || credentials === undefined) return undefined;
  const keys = pulumi.output(credentials);
  return {
    ...backup.offsite,
    accessKeyId: keys.apply(({ accessKeyId }) => accessKeyId),
    secretAccessKey: keys.apply(({ secretAccessKey }) => secretAccessKey),
  };
}
