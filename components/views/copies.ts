import { BulkBackend, type PlatformSettings } from "../settings/settings";

/**
 * What is lost with the volume of the storage machine, in one sentence; undefined when there is a copy elsewhere.
 * Dumps of the database lie beside the objects then, so one lost volume takes both.
 */
export function onlyCopy({ storage }: PlatformSettings): string | undefined {
  if (storage.bulk !== BulkBackend.Volume || storage.backup.offsite !== undefined) return undefined;
  return "objects and backups exist once, on one volume: with it they are gone. storage.bulk: storageBox or storage.backup.offsite makes a copy elsewhere";
}
