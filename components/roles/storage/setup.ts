import { endpointOf, onlyMachineOf, type Plan } from "../../plan/plan";
import { Store } from "../../settings/store";
import { listenEarlySetup } from "../../setup/listenEarly";
import { mergeSetups } from "../../setup/merge";
import type { CompleteSetup } from "../../setup/types";
import type { BackupSecrets, StorageBoxAccess } from "./backupConfig";
import { backupSetup } from "./backupSetup";
import { objectsIdentity } from "./identity";
import { logArchiveSetup } from "./logArchive";
import { objectRetentionSetup } from "./objectRetention";
import { objectStoreSetup } from "./objectStore";
import type { ObjectStoreSecrets } from "./s3";
import type { StoragePlatform } from "./settings";
import { storageProbes } from "./status";
import { volumeSetup } from "./volume";

/** What is known only after the volume exists and the image is resolved. */
export interface StorageFacts {
  readonly volumeId: number;
  /** Object store by digest. */
  readonly objectStoreImage: string;
  /** The storage box; undefined with another backend. */
  readonly box: StorageBoxAccess | undefined;
}

export interface StorageSecrets extends Omit<BackupSecrets, "objectStoreRoot"> {
  readonly objectStore: ObjectStoreSecrets;
}

/** Everything that makes a machine with Docker the storage node. */
export function storageSetup(
  settings: StoragePlatform,
  plan: Plan,
  facts: StorageFacts,
  secrets: StorageSecrets,
): CompleteSetup {
  const { storage } = settings;
  const { privateIp } = onlyMachineOf(plan, "storage");
  const database = endpointOf(plan, Store.Database);
  const backup = {
    ...storage.backup,
    bulk: storage.bulk,
    box: facts.box,
    database: settings.database.databaseName,
    databaseAddress: database.address,
    databasePort: database.port,
    privateIp,
    bucket: storage.bucket,
  };
  return mergeSetups(
    listenEarlySetup,
    volumeSetup(facts.volumeId, storage.volumeGb),
    objectsIdentity(settings),
    objectStoreSetup(
      {
        engine: storage.objectStoreEngine,
        image: facts.objectStoreImage,
        privateIp,
        bucket: storage.bucket,
      },
      secrets.objectStore,
    ),
    objectRetentionSetup({
      privateIp,
      bucket: storage.bucket,
      retentionDays: storage.backup.retentionDays,
    }),
    backupSetup(backup, { ...secrets, objectStoreRoot: secrets.objectStore.root }),
    logArchiveSetup({
      privateIp,
      retentionDays: storage.logRetentionDays,
      volumeGb: storage.volumeGb,
    }),
    { packages: ["jq"], probes: storageProbes(backup, storage.objectStoreEngine) },
  );
}
