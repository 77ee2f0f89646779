import { ports } from "../flows";
import type { BackupSettings } from "../settings";
import type { SetupFile } from "../setup/types";
import { rootAccessKey, s3Endpoint, s3Region } from "./s3";
import { storageRoot, volumeMarker } from "./volume";

export interface BackupConfig extends BackupSettings {
  /** Name of the application's database and role. */
  readonly database: string;
  /** Private address of the database node. */
  readonly databaseAddress: string;
  /** Private address of this machine. */
  readonly privateIp: string;
  /** Bucket of the application. */
  readonly bucket: string;
}

export interface BackupSecrets {
  /** Logins of PostgreSQL. */
  readonly backup: { readonly user: string; readonly password: string };
  readonly restore: { readonly user: string; readonly password: string };
  /** Secret key of the object store's root user. */
  readonly objectStoreRoot: string;
  /** Undefined when there is no second copy. */
  readonly offsite: OffsiteCredentials | undefined;
}

/** Access to the bucket of the second copy. */
export interface OffsiteCredentials {
  readonly accessKeyId: string;
  /** Secret. */
  readonly secretAccessKey: string;
}

export const backupRoot = `${storageRoot}/backups`;
export const backupFolder = "/etc/platform/backup";
export const rclone = `rclone --config=${backupFolder}/rclone.conf --quiet --retries=3`;

/** Credentials of the backup commands: files that only root reads, nothing in an environment or an argument. */
export function backupCredentialFiles(config: BackupConfig, secrets: BackupSecrets): SetupFile[] {
  const login = ({ user, password }: BackupSecrets["backup"]) =>
    `${config.databaseAddress}:${ports.postgresql}:*:${user}:${password}\n`;
  return [
    {
      path: `${backupFolder}/pgpass`,
      content: login(secrets.backup) + login(secrets.restore),
      mode: "0600",
    },
    { path: `${backupFolder}/rclone.conf`, content: rcloneConf(config, secrets), mode: "0600" },
  ];
}

function rcloneConf(config: BackupConfig, secrets: BackupSecrets): string {
  const remote = (name: string, values: Readonly<Record<string, string>>) =>
    `[${name}]\ntype = s3\nprovider = Other\nno_check_bucket = true\n${Object.entries(values)
      .map(([key, value]) => `${key} = ${value}\n`)
      .join("")}`;
  const objects = remote("objects", {
    endpoint: s3Endpoint(config.privateIp),
    region: s3Region,
    access_key_id: rootAccessKey,
    secret_access_key: secrets.objectStoreRoot,
  });
  if (config.offsite === undefined || secrets.offsite === undefined) return objects;
  return `${objects}\n${remote("offsite", {
    endpoint: config.offsite.endpoint,
    region: config.offsite.region,
    access_key_id: secrets.offsite.accessKeyId,
    secret_access_key: secrets.offsite.secretAccessKey,
  })}`;
}

/** First lines of every backup command. */
export function scriptHead(config: BackupConfig, purpose: string): string {
  return `#!/bin/bash
# ${purpose}
set -euo pipefail
umask 077
export PGHOST=${config.databaseAddress} PGPORT=${ports.postgresql} PGPASSFILE=${backupFolder}/pgpass PGCONNECT_TIMEOUT=10 PGOPTIONS="-c client_min_messages=error"
# shellcheck disable=SC2034
readonly root=${backupRoot} database=${config.database} bucket=${config.bucket} offsite=${config.offsite === undefined ? '""' : `offsite:${config.offsite.bucket}`}

die() {
  echo "$1" >&2
  exit "\${2:-1}"
}

# The volume, not the folder beneath its mount; and one backup or restore at a time.
prepare() {
  [ -e ${volumeMarker} ] || die "${storageRoot} is not mounted: systemctl status srv-storage.mount says why"
  exec 9>/run/platform-backup.lock
  flock -w 3600 9 || die "another backup or restore is running" 75
}
`;
}
