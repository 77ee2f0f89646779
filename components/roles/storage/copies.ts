import type { StorageSettings } from "./settings";

/** A storage box is part of the platform: where backups are kept, or where older ones still are. */
export function hasStorageBox({ bulk, keepStorageBox }: StorageSettings): boolean {
  return bulk === "storageBox" || keepStorageBox === true;
}

/**
 * What is lost with the volume of the storage machine, in one sentence; undefined when there is a copy elsewhere.
 * Dumps of the database lie beside the objects then, so one lost volume takes both.
 */
export function onlyCopy({ bulk, backup }: StorageSettings): string | undefined {
  if (bulk !== "volume" || backup.offsite !== undefined) return undefined;
  return "objects and backups exist once, on one volume: with it they are gone. storage.bulk: storageBox or storage.backup.offsite makes a copy elsewhere";
}
