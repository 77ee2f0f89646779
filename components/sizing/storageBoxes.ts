import { type StorageBoxPrice, storageBoxes } from "./prices";

/** What the largest storage box holds. */
export const largestStorageBoxGb = Math.max(...storageBoxes.map(({ capacityGb }) => capacityGb));

/** Volume of a storage node whose backups are kept elsewhere: objects, logs and the newest backups, in GB. */
export const workingVolumeGb = 50;

/** Where Hetzner sells storage boxes: Falkenstein and Helsinki. */
const locations = ["fsn1", "hel1"] as const;

/** The location of a platform's storage box: its own, else the nearest. */
export function storageBoxLocation(location: string): string {
  return locations.find((name) => name === location) ?? "fsn1";
}

/** The smallest storage box that holds this much; undefined when none does. */
export function findStorageBox(gigabytes: number): StorageBoxPrice | undefined {
  return storageBoxes.find(({ capacityGb }) => capacityGb >= gigabytes);
}

/** @throws when no storage box holds this much */
export function requireStorageBox(gigabytes: number): StorageBoxPrice {
  const box = findStorageBox(gigabytes);
  if (box !== undefined) return box;
  throw new Error(`no storage box holds ${gigabytes} GB; the largest holds ${largestStorageBoxGb} GB`);
}
