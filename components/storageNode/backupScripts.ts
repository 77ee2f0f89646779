import { ports } from "../flows";
import { type BackupConfig, backupFolder, backupRoot } from "./backupConfig";
import { remotesOf } from "./backupRemotes";
import { storageRoot, volumeMarker } from "./volume";

/**
 * Settings of every session: what an application keeps in its database (functions in `public`, settings of the
 * database, event triggers) must neither run nor count in the session of a superuser.
 */
const sessionOptions = [
  "client_min_messages=error",
  "search_path=pg_catalog",
  "event_triggers=off",
  ...["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "transaction_timeout"].map(
    (name) => `${name}=0`,
  ),
]
  .map((setting) => `-c ${setting}`)
  .join(" ");

/** First lines of every backup command. */
export function scriptHead(config: BackupConfig, purpose: string): string {
  return `#!/bin/bash
# ${purpose}
set -euo pipefail
umask 077
export PGHOST=${config.databaseAddress} PGPORT=${ports.postgresql} PGPASSFILE=${backupFolder}/pgpass PGCONNECT_TIMEOUT=10 PGOPTIONS="${sessionOptions}"
# shellcheck disable=SC2034
readonly root=${backupRoot} database=${config.database} bucket=${config.bucket}

die() {
  echo "$1" >&2
  exit "\${2:-1}"
}

# The volume, not the folder beneath its mount.
need_volume() {
  [ -e ${volumeMarker} ] || die "${storageRoot} is not mounted: systemctl status srv-storage.mount says why"
}

${lockFunctions}`;
}

/**
 * Two locks, so that a restore never waits for hours of copying: `database` is held while the database is dumped
 * or restored, `copies` while dumps and objects go to the remotes or come from there. Each names its holder.
 */
const lockFunctions = `declare -A held
# shellcheck disable=SC2317,SC2329
hold() {
  local name=$1 file=/run/platform-$1.lock fd stop
  stop="kill -- -$(ps -o pgid= $$ | tr -d ' ')"
  exec {fd}>>"$file"
  if ! flock -n "$fd"; then
    echo "waiting up to an hour for $(cat "$file.holder" 2>/dev/null || echo "another command that holds $file")" >&2
    flock -w 3600 "$fd" || die "gave up waiting: nothing was changed" 75
    echo "going on" >&2
  fi
  if grep -q platform-backup.service /proc/self/cgroup; then stop="systemctl stop platform-backup"; fi
  echo "\${0##*/}, process $$, which began at $(date -u +'%F %T') UTC; to stop it: $stop" >"$file.holder"
  held[$name]=$fd
}
# shellcheck disable=SC2317,SC2329
release() {
  local fd=\${held[$1]}
  exec {fd}>&-
}
`;

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
