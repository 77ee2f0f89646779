import { ports } from "../flows";
import { type BackupConfig, backupFolder, backupRoot } from "./backupConfig";
import { remotesOf } from "./backupRemotes";
import { storageRoot, volumeMarker } from "./volume";

/** First lines of every backup command. */
export function scriptHead(config: BackupConfig, purpose: string): string {
  return `#!/bin/bash
# ${purpose}
set -euo pipefail
umask 077
export PGHOST=${config.databaseAddress} PGPORT=${ports.postgresql} PGPASSFILE=${backupFolder}/pgpass PGCONNECT_TIMEOUT=10 PGOPTIONS="-c client_min_messages=error"
# shellcheck disable=SC2034
readonly root=${backupRoot} database=${config.database} bucket=${config.bucket}

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

const missingRemotes = {
  box: "there is no storage box: storage.bulk is not storageBox",
  offsite: "there is no offsite copy: storage.backup.offsite is not set",
} as const;

/** `remote_of NAME` prints the folder of a remote, and fails where there is none. */
export function remoteFunction(config: BackupConfig): string {
  const paths = new Map(remotesOf(config).map(({ name, path }) => [name, path]));
  const cases = (["box", "offsite"] as const).map((name) => {
    const path = paths.get(name);
    return `    ${name}) ${path === undefined ? `die "${missingRemotes[name]}"` : `echo ${path}`} ;;\n`;
  });
  return `remote_of() {
  case "$1" in
${cases.join("")}  esac
}
`;
}
