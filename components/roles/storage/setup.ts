import type { DatabaseCredential } from "../../settings/databaseAccess";
import type { OffsiteCredentials } from "../../settings/offsiteCredentials";
import type { Acceptance } from "../../settings/settled";
import { listenEarlySetup } from "../../setup/listenEarly";
import { mergeSetups } from "../../setup/merge";
import type { CompleteSetup, MachineSetup } from "../../setup/types";
import type { BackupConfig, StorageBoxAccess } from "./backupConfig";
import { rcloneFile } from "./backupCredentials";
import { backupSetup } from "./backupSetup";
import { objectsIdentity } from "./identity";
import { logArchiveSetup } from "./logArchive";
import { objectRetentionSetup } from "./objectRetention";
import { objectStoreSetup } from "./objectStore";
import type { ObjectStoreSecrets } from "./s3";
import type { StorageSettings } from "./settings";
import { storageProbes } from "./status";
import { volumeSetup } from "./volume";

/** What the settings of the storage machine do not say. */
export interface StorageFacts {
  readonly privateIp: string;
  readonly volumeId: number;
  /** Object store by digest. */
  readonly objectStoreImage: string;
  /** The storage box; undefined with another backend. */
  readonly box: StorageBoxAccess | undefined;
  /** What is backed up; undefined: nothing. */
  readonly database: BackedUpDatabase | undefined;
}

export interface BackedUpDatabase {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Secret. */
  readonly backup: DatabaseCredential;
  /** Secret. */
  readonly restore: DatabaseCredential;
}

export interface StorageSecrets {
  readonly objectStore: ObjectStoreSecrets;
  /** See `BackupSecrets`. */
  readonly boxKey: string | undefined;
  readonly sealKey: string;
  readonly offsite: OffsiteCredentials | undefined;
}

/** Everything that makes a machine with Docker the storage node. */
export function storageSetup(
  storage: StorageSettings,
  acceptance: Acceptance,
  facts: StorageFacts,
  secrets: StorageSecrets,
): CompleteSetup {
  const { volumeGb, bucket, objectStoreEngine: engine } = storage;
  const { privateIp, objectStoreImage: image } = facts;
  const backup = backupConfig(storage, facts);
  return mergeSetups(
    listenEarlySetup,
    volumeSetup(facts.volumeId, volumeGb),
    objectsIdentity(storage, acceptance),
    objectStoreSetup({ engine, image, privateIp, bucket }, secrets.objectStore),
    objectRetentionSetup({ privateIp, bucket, retentionDays: storage.backup.retentionDays }),
    backups(backup, facts, secrets),
    logArchiveSetup({ privateIp, retentionDays: storage.logRetentionDays, volumeGb }),
    { packages: ["jq"], probes: storageProbes({ engine, bucket }, backup) },
  );
}

function backupConfig(
  { backup, bulk, bucket }: StorageSettings,
  { database, box, privateIp }: StorageFacts,
): BackupConfig | undefined {
  if (database === undefined) return undefined;
  return {
    ...backup,
    bulk,
    box,
    database: database.name,
    databaseAddress: database.address,
    databasePort: database.port,
    backupUser: database.backup.user,
    restoreUser: database.restore.user,
    privateIp,
    bucket,
  };
}

function backups(
  config: BackupConfig | undefined,
  { database, privateIp }: StorageFacts,
  { objectStore, boxKey, sealKey, offsite }: StorageSecrets,
): MachineSetup {
  const objectStoreRoot = objectStore.root;
  // The retention of objects needs it too.
  if (config === undefined || database === undefined)
    return { files: [rcloneFile(privateIp, objectStoreRoot)] };
  const { backup, restore } = database;
  return backupSetup(config, { backup, restore, objectStoreRoot, boxKey, sealKey, offsite });
}
