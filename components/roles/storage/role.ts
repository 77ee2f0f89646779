import type { Part } from "../../plan/part";
import type { Order, Role } from "../../plan/role";
import { backupPurpose } from "../../settings/databaseAccess";
import { Store } from "../../settings/store";
import { journalPort, logsOffer } from "../../setup/journal";
import { ports } from "../../setup/ports";
import { findStorageBox } from "../../sizing/storageBoxes";
import { hasStorageBox, onlyCopy } from "./copies";
import { BulkBackend, ObjectStoreEngine, type StorageSettings } from "./settings";

export const objectStorePort = ports.objectStore;

/** One private machine with a volume, which keeps objects, backups and logs. */
export function storageRole(settings: StorageSettings, objectStoreImage: string): Role {
  const onVolume =
    settings.bulk === BulkBackend.Volume ? "objects, backups, logs" : "objects, logs, newest backups";
  return {
    name: "storage",
    title: "Storage Node",
    machineTitle: "Storage Node",
    count: 1,
    size: settings,
    isPublic: false,
    volume: { sizeGb: settings.volumeGb, purpose: onVolume },
    orders: boxOrder(settings),
    parts: [
      {
        name: "object-store",
        title: `${settings.objectStoreEngine === ObjectStoreEngine.Minio ? "MinIO" : "Versity S3 Gateway"} object storage (bucket ${settings.bucket})`,
        image: objectStoreImage,
        listens: [{ protocol: "tcp", port: objectStorePort, from: ["needers"], purpose: "objects" }],
        offers: [Store.ObjectStore],
        backup: "objects",
      },
      {
        name: "backup",
        title: `Backup storage location (${settings.backup.schedule} UTC, kept ${settings.backup.retentionDays} days${keptWhere(settings)})`,
        needs: [{ offer: Store.Database, purpose: backupPurpose }],
        backsUp: {
          offers: [Store.Database, Store.ObjectStore],
          outside: onlyCopy(settings) === undefined,
        },
        notes: copyNotes(settings),
      },
      logArchive(settings),
    ],
  };
}

function logArchive({ logRetentionDays }: StorageSettings): Part {
  return {
    name: "log-archive",
    title: `Centralized log archive (kept ${logRetentionDays} days)`,
    listens: [{ protocol: "tcp", port: journalPort, from: ["any"], purpose: "log archive" }],
    offers: [logsOffer],
    backup: "the log archive",
  };
}

function boxOrder(settings: StorageSettings): readonly Order[] {
  return hasStorageBox(settings)
    ? [{ kind: "storageBox", purpose: "backups", capacityGb: settings.bulkGb }]
    : [];
}

function keptWhere(settings: StorageSettings): string {
  if (settings.bulk === BulkBackend.Volume) return "";
  if (settings.bulk === BulkBackend.ObjectStore) return " in the bucket";
  const box = findStorageBox(settings.bulkGb);
  return box === undefined ? "" : ` on a storage box, ${box.name.toUpperCase()} with ${box.capacityGb} GB`;
}

function copyNotes(settings: StorageSettings): readonly string[] {
  const { offsite } = settings.backup;
  const lost = onlyCopy(settings);
  return [
    ...(offsite === undefined ? [] : [`Second copy of backups in ${offsite.bucket} at ${offsite.endpoint}`]),
    ...(lost === undefined ? [] : [`No second copy: ${lost}`]),
  ];
}
