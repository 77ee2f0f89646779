import type { DatabaseCredential } from "../../settings/databaseAccess";
import type { OffsiteCredentials } from "../../settings/offsiteCredentials";
import type { BackupSettings, BulkBackend } from "./settings";
import { storageRoot } from "./volume";

export interface BackupConfig extends BackupSettings {
  readonly bulk: BulkBackend;
  /** Undefined with another backend than the storage box. */
  readonly box: StorageBoxAccess | undefined;
  /** Name of the application's database and role. */
  readonly database: string;
  /** Private address of the database node. */
  readonly databaseAddress: string;
  readonly databasePort: number;
  /** Superuser that takes the dumps. */
  readonly backupUser: string;
  /** Superuser that makes databases for restored backups. */
  readonly restoreUser: string;
  /** Private address of this machine. */
  readonly privateIp: string;
  /** Bucket of the application. */
  readonly bucket: string;
}

/** Who a storage box is; both are known only after it exists. */
export interface StorageBoxAccess {
  /** `u1337.your-storagebox.de`. */
  readonly server: string;
  /** `u1337`. */
  readonly username: string;
}

export interface BackupSecrets {
  /** Private key of the storage box's account; undefined with another backend. */
  readonly boxKey: string | undefined;
  readonly backup: DatabaseCredential;
  readonly restore: DatabaseCredential;
  /** Secret key of the object store's root user. */
  readonly objectStoreRoot: string;
  /** What leaves the machine is encrypted with it. */
  readonly sealKey: string;
  /** Undefined when there is no second copy. */
  readonly offsite: OffsiteCredentials | undefined;
}

/** Held while the database is dumped or restored, and while something is copied to or from a remote. */
export const databaseLock = "/run/platform-database.lock";
export const copiesLock = "/run/platform-copies.lock";
export const backupRoot = `${storageRoot}/backups`;
export const backupFolder = "/etc/platform/backup";
export const rclone = `rclone --config=${backupFolder}/rclone.conf --quiet --retries=3`;
