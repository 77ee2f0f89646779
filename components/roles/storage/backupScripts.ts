import { type BackupConfig, backupFolder, backupRoot, rclone } from "./backupConfig";
import { remotesOf } from "./backupRemotes";
import { sealPrefix } from "./backupSeal";
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
export PGHOST=${config.databaseAddress} PGPORT=${config.databasePort} PGPASSFILE=${backupFolder}/pgpass PGCONNECT_TIMEOUT=10 PGOPTIONS="${sessionOptions}"
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
 * Two locks, so that a restore of the database never waits for hours of copying. Each names its holder.
 */
const lockFunctions = `declare -A held
# shellcheck disable=SC2317,SC2329
hold() {
  local file=$1 fd stop
  stop="kill -- -$(ps -o pgid= $$ | tr -d ' ')"
  exec {fd}>>"$file"
  if ! flock -n "$fd"; then
    echo "waiting up to an hour for $(cat "$file.holder" 2>/dev/null || echo "another command that holds $file")" >&2
    flock -w 3600 "$fd" || die "gave up waiting: nothing was changed" 75
    echo "going on" >&2
  fi
  if grep -q platform-backup.service /proc/self/cgroup; then stop="systemctl stop platform-backup"; fi
  echo "\${0##*/}, process $$, which began at $(date -u +'%F %T') UTC; to stop it: $stop" >"$file.holder"
  held[$file]=$fd
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

/**
 * `remote_of NAME` prints the folder of a remote, `beneath_of NAME` the one that holds the encrypted one, and both
 * fail where there is none. `folders` lists one level; a folder that is not there is an empty one.
 */
export function remoteFunctions(config: BackupConfig): string {
  const remotes = new Map(remotesOf(config).map((remote) => [remote.name, remote]));
  const choice = (of: "path" | "beneath") =>
    (["box", "offsite"] as const)
      .map(
        (name) =>
          `    ${name}) ${remotes.has(name) ? `echo ${remotes.get(name)?.[of]}` : `die "${missingRemotes[name]}"`} ;;\n`,
      )
      .join("");
  return `remote_of() {
  case "$1" in
${choice("path")}  esac
}
beneath_of() {
  case "$1" in
${choice("beneath")}  esac
}
folders() {
  local status=0 said
  said=$(mktemp)
  ${rclone} lsf --dirs-only "$1" 2>"$said" || status=$?
  # 3 is rclone's word for a folder that does not exist.
  if [ "$status" = 3 ]; then status=0; elif [ "$status" != 0 ]; then cat "$said" >&2; fi
  rm -f "$said"
  return "$status"
}
first_of() { ${rclone} lsf --recursive --files-only "$1" 2>/dev/null | head -n 1 || true; }
# shellcheck disable=SC2317,SC2329
other_keys() {
  local sealed
  sealed=$(folders "$1" | grep '^${sealPrefix}' | tr -d '/' | tr '\\n' ' ' || true)
  [ -z "$sealed" ] || echo ", but one of another key (\${sealed% }): set that one with pulumi config set --secret backupKey, run pulumi up, and repeat"
}
`;
}
