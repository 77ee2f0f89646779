import { loadBalancerTypes } from "./loadBalancers";
import { priceDate, priceSource, serverTypes } from "./serverTypes";

/** What Hetzner takes for one location, EUR per month without VAT. */
export interface PriceTable {
  /** ISO date of the prices. */
  readonly date: string;
  readonly source: string;
  /** By server type, without its addresses. */
  readonly servers: ReadonlyMap<string, number>;
  readonly volumePerGb: number;
  readonly snapshotPerGb: number;
  /** Part of the server's price that its automatic backups cost: 0.2. */
  readonly serverBackupRatio: number;
  readonly primaryIpv4: number;
  readonly floatingIpv4: number;
  readonly floatingIpv6: number;
  /** By type: `lb11`. */
  readonly loadBalancers: ReadonlyMap<string, number>;
  /** Smallest first. */
  readonly storageBoxes: readonly StorageBoxPrice[];
  /** Server types that cannot be ordered, as far as the source knows. */
  readonly soldOut: ReadonlySet<string>;
}

export interface StorageBoxPrice {
  /** Name of the type in the API: `bx21`. */
  readonly name: string;
  readonly capacityGb: number;
  readonly monthlyEur: number;
}

/**
 * Storage boxes are the HDD product: files and backups over SFTP, no block device and no S3. Quotes differ
 * (BX11 3.20 to 3.92, BX21 10.90 to 11.40): the higher ones stand here.
 */
export const storageBoxes: readonly StorageBoxPrice[] = [
  { name: "bx11", capacityGb: 1_000, monthlyEur: 3.92 },
  { name: "bx21", capacityGb: 5_000, monthlyEur: 11.4 },
  { name: "bx31", capacityGb: 10_000, monthlyEur: 20.8 },
];

export const datedLoadBalancers: ReadonlyMap<string, number> = new Map(
  loadBalancerTypes.map(({ name, monthlyEur }) => [name, monthlyEur]),
);

const zoneOfThePrices = ["fsn1", "nbg1", "hel1"];

/** The dated table; undefined for locations whose prices it does not know (outside the EU). */
export function datedPrices(location: string): PriceTable | undefined {
  if (!zoneOfThePrices.includes(location)) return undefined;
  return {
    date: priceDate,
    source: priceSource,
    servers: new Map(
      serverTypes.flatMap((type) => (type.monthlyEur === undefined ? [] : [[type.name, type.monthlyEur]])),
    ),
    volumePerGb: 0.0572,
    snapshotPerGb: 0.0143,
    serverBackupRatio: 0.2,
    primaryIpv4: 0.5,
    floatingIpv4: 3,
    floatingIpv6: 1,
    loadBalancers: datedLoadBalancers,
    storageBoxes,
    soldOut: new Set(serverTypes.filter((type) => !type.orderable).map((type) => type.name)),
  };
}
