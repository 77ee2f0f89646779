// What can be ordered, and for how much: data files read once. Shapes here are the catalogue's own; the API's
// renderers (api/catalogue/catalogueRoutes.ts) turn them into Hetzner's objects.
import images from "./images.json";
import isos from "./isos.json";
import loadBalancerTypes from "./loadBalancerTypes.json";
import locations from "./locations.json";
import prices from "./prices.json";
import serverTypes from "./serverTypes.json";
import storageBoxTypes from "./storageBoxTypes.json";

export interface Datacenter {
  readonly id: number;
  readonly name: string;
  readonly description: string;
}

export interface Location {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly country: string;
  readonly city: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly network_zone: string;
  readonly datacenter: Datacenter;
}

export interface ServerType {
  readonly id: number;
  readonly name: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly diskGb: number;
  readonly cpuType: string;
  readonly architecture: string;
  /** Net EUR. */
  readonly monthlyNet: string;
  /** Names of the locations that have it; of a retired one, those that had it. */
  readonly locations: readonly string[];
  readonly category: string;
  /** @default - the name in capitals */
  readonly description?: string;
  /** Not sold any more: found by its id and its name, but not listed. @default false */
  readonly retired?: boolean;
  /** ISO 8601. @default - none */
  readonly deprecation?: { readonly announced: string; readonly unavailable_after: string };
}

export interface SystemImage {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly os_flavor: string;
  readonly os_version: string;
  readonly architecture: string;
  readonly created: string;
  readonly disk_size: number;
}

export interface Iso {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly type: string;
  readonly architecture: string | null;
}

export interface LoadBalancerType {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly max_connections: number;
  readonly max_services: number;
  readonly max_targets: number;
  readonly max_assigned_certificates: number;
  readonly monthlyNet: string;
}

export interface StorageBoxType {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  /** Bytes. */
  readonly size: number;
  /** Snapshots that a client may take. */
  readonly snapshot_limit: number;
  /** Snapshots that a plan may keep. */
  readonly automatic_snapshot_limit: number;
  readonly subaccounts_limit: number;
  readonly monthlyNet: string;
  readonly locations: readonly string[];
}

export const catalogue = {
  locations: locations.items as readonly Location[],
  serverTypes: serverTypes.items as readonly ServerType[],
  images: images.items as readonly SystemImage[],
  isos: isos.items as readonly Iso[],
  loadBalancerTypes: loadBalancerTypes.items as readonly LoadBalancerType[],
  storageBoxTypes: storageBoxTypes.items as readonly StorageBoxType[],
  prices,
} as const;

export function locationNamed(name: string): Location {
  const location = catalogue.locations.find((candidate) => candidate.name === name);
  if (location === undefined) throw new Error(`location ${name} is not in the catalogue`);
  return location;
}

export function serverTypeNamed(name: string): ServerType {
  const type = catalogue.serverTypes.find((candidate) => candidate.name === name);
  if (type === undefined) throw new Error(`server type ${name} is not in the catalogue`);
  return type;
}

export function storageBoxTypeNamed(name: string): StorageBoxType {
  const type = catalogue.storageBoxTypes.find((candidate) => candidate.name === name);
  if (type === undefined) throw new Error(`storage box type ${name} is not in the catalogue`);
  return type;
}

export function loadBalancerTypeNamed(name: string): LoadBalancerType {
  const type = catalogue.loadBalancerTypes.find((candidate) => candidate.name === name);
  if (type === undefined) throw new Error(`load balancer type ${name} is not in the catalogue`);
  return type;
}
