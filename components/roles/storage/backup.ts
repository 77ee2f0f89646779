import { type BackupConfig, copiesLock, databaseLock, rclone } from "./backupConfig";
import { factsSql } from "./backupFacts";
import { localBackups, remotesOf, volumeKeepsBackups } from "./backupRemotes";
import { remoteFunctions, scriptHead } from "./backupScripts";
import { utcSchedule } from "./schedule";

/**
 * `platform-backup`: pulls a dump over the private network, so that compression and checking cost this machine
 * and not the database node. A backup gets its name only when it is complete, checked and on disk.
 */
export function backupScript(config: BackupConfig): string {
  return `${scriptHead(config, "Takes one backup of the database and copies it and the objects to every remote.")}
[ $# -eq 0 ] || die "usage: platform-backup" 64
need_volume
hold ${databaseLock}
export PGUSER=${config.backupUser}
id=$(date -u +%Y%m%dT%H%M%SZ)
started=$(date -u +%s)
work=$root/.incomplete-$id
step=start

${reportPart}
${dumpPart(config)}
${checkPart}
${publishPart}
# A restore that reads a backup holds its folder.
remove() { flock -n "$root/$1" rm -rf "\${root:?}/$1" || echo "backup $1 stays: a restore reads it"; }

${expirePart(config)}${remotesOf(config).length === 0 ? "" : copyPart(config)}
rm -rf "$root"/.incomplete-* "$root"/.fetched-*
dump
check
publish
release ${databaseLock}
hold ${copiesLock}
${sequence(config)}
step=end
report success
echo "backup $id: $(jq -r '"\\(.bytes) bytes, \\(.tables) tables, \\(.seconds) s"' "$root/$id/backup.json")"
`;
}

/** What is left behind of an attempt, whatever ended it. */
const reportPart = `# status.json keeps the last success beside the last attempt.
report() {
  local success
  success=$(cat "$root/last-success" 2>/dev/null || true)
  jq -n --arg backup "$id" --arg result "$1" --arg step "$step" --arg success "$success" --argjson started "$started" \\
    --argjson finished "$(date -u +%s)" --argjson copies "$copies" \\
    '{backup: $backup, result: $result, step: $step, started: ($started | todate), finished: ($finished | todate),
      seconds: ($finished - $started), lastSuccess: $success, copies: $copies}' >"$root/.status.json"
  chmod 0644 "$root/.status.json"
  mv "$root/.status.json" "$root/status.json"
}
copies='{}'
finish() {
  local status=$?
  # Without its parent a dump would go on, and keep the lock.
  pkill -P $$ || true
  rm -rf "$work"
  if [ "$status" -ne 0 ]; then
    report failure
    echo "backup $id failed at: $step" >&2
  fi
  exit "$status"
}
trap finish EXIT
`;

const dumpPart = (config: BackupConfig) => `dump() {
  step="dump of $database"
  mkdir "$work"
  pg_dump --format=directory --jobs="$(( ($(nproc) + 1) / 2 ))" --compress=zstd:3 --no-password --file="$work/$database.dump" "$database"
  step="dump of roles"
  # For the eyes of whoever restores by hand; platform-restore reads the facts.
  pg_dumpall --globals-only --no-role-passwords --no-password --database="$database" >"$work/globals.sql"
  psql -XqAt -w -v ON_ERROR_STOP=1 -d "$database" >"$work/facts.json" <<'SQL'
${factsSql(config)}SQL
  jq -e . "$work/facts.json" >/dev/null
}
`;

const checkPart = `check() {
  step="check of the dump"
  pg_restore --list "$work/$database.dump" >"$work/contents.txt"
  # Reads and unpacks every byte of the dump.
  pg_restore --file=/dev/null "$work/$database.dump"
  local sums
  sums=$(cd "$work" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
  printf '%s\\n' "$sums" >"$work/SHA256SUMS"
  sync -f "$work"
  (cd "$work" && sha256sum --check --quiet --strict SHA256SUMS)
}
`;

/** Gives a backup its name. */
const publishPart = `publish() {
  step="manifest"
  jq -n --arg id "$id" --arg database "$database" --argjson started "$started" --argjson seconds "$(( $(date -u +%s) - started ))" \\
    --arg server "$(psql -XqAt -w -d "$database" -c 'show server_version')" \\
    --argjson databaseBytes "$(psql -XqAt -w -d "$database" -c 'select pg_database_size(current_database())')" \\
    --argjson bytes "$(du -sb "$work" | cut -f1)" --argjson tables "$(grep -c ' TABLE DATA ' "$work/contents.txt" || true)" \\
    '{id: $id, database: $database, server: $server, started: ($started | todate), seconds: $seconds,
      databaseBytes: $databaseBytes, bytes: $bytes, tables: $tables}' >"$work/backup.json"
  sync -f "$work"
  mv "$work" "$root/$id"
  printf '%s\\n' "$id" >"$root/.last-success"
  mv "$root/.last-success" "$root/last-success"
  sync -f "$root"
}
`;

/** Where the remotes keep the backups, the volume's own go only after they were copied. */
function sequence(config: BackupConfig): string {
  const copies = remotesOf(config).map(({ name, check }) => `copy_to ${name} ${check}`);
  return (volumeKeepsBackups(config) ? ["expire", ...copies] : [...copies, "expire"]).join("\n");
}

function expirePart(config: BackupConfig): string {
  if (!volumeKeepsBackups(config)) {
    return `# The remotes keep the older ones.
expire() {
  step="retention on the volume"
  local name
  for name in $(cd "$root" && printf '%s\\n' 2*Z | head -n -${localBackups}); do remove "$name"; done
}
`;
  }
  return `# Names are times, so comparing them compares ages. The newest backup stays whatever its age.
expire() {
  step="retention"
  local oldest name
  oldest=$(date -u -d '${config.retentionDays} days ago' +%Y%m%dT%H%M%SZ)
  for name in $(cd "$root" && ls -d 2*Z); do
    if [[ "$name" < "$oldest" && "$name" != "$id" ]]; then remove "$name"; fi
  done
}
`;
}

/** A copy elsewhere survives the loss of this machine and its volume. */
function copyPart(config: BackupConfig): string {
  return `
${remoteFunctions(config)}
# Objects that were changed or deleted since the last copy stay under their old version until retention ends.
record_copy() { copies=$(jq -c --arg name "$1" --arg result "$2" '.[$name] = $result' <<<"$copies"); }

copy_to() {
  local name=$1 remote beneath
  shift
  remote=$(remote_of "$name")
  beneath=$(beneath_of "$name")
  record_copy "$name" failure
  step="$name copy of the dump"
  ${rclone} copy "$root/$id" "$remote/backups/$id"
  ${rclone} "$@" --one-way "$root/$id" "$remote/backups/$id"
  step="$name copy of the objects"
  if [ -z "$(first_of "objects:$bucket")" ] && [ -n "$(first_of "$remote/objects/$bucket")" ]; then
    # A rebuilt platform: the empty bucket must not become the new copy.
    echo "bucket $bucket is empty and its $name copy is not: run platform-restore-objects --from $name --target-bucket $bucket" >&2
    return 1
  fi
  ${rclone} sync --fast-list --backup-dir "$remote/objects-replaced/$id" "objects:$bucket" "$remote/objects/$bucket"
  step="$name retention"
  local oldest place folder entry
  oldest=$(date -u -d '${config.retentionDays} days ago' +%Y%m%dT%H%M%SZ)
  # Copies of former releases, in clear text, age like the others; their objects go when somebody says so.
  for place in "$remote" "$beneath"; do
    for folder in backups objects-replaced; do
      for entry in $(folders "$place/$folder" | tr -d /); do
        if [[ "$entry" =~ ^2[0-9]+T[0-9]+Z$ && "$entry" < "$oldest" && "$entry" != "$id" ]]; then ${rclone} purge "$place/$folder/$entry"; fi
      done
    done
  done
  if [ -n "$(first_of "$beneath/objects/$bucket")" ]; then
    echo "a copy of the objects in clear text, of a former release, is still in $beneath/objects; to remove it: ${rclone} purge $beneath/objects"
  fi
  record_copy "$name" success
}
`;
}

export function backupService(): string {
  return `[Unit]
Description=Backup of the database
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/platform-backup
# The object store and the log archive on this machine come first.
Nice=10
IOSchedulingClass=idle
CPUWeight=20
TimeoutStartSec=12h
ProtectSystem=full
ProtectHome=yes
PrivateTmp=yes
NoNewPrivileges=yes
`;
}

/** @param schedule systemd calendar expression in UTC, with or without saying so */
export function backupTimer(schedule: string): string {
  return `[Unit]
Description=Nightly backup of the database

[Timer]
OnCalendar=${utcSchedule(schedule)}
# A machine that was off at that time catches up.
Persistent=true
AccuracySec=1min

[Install]
WantedBy=timers.target
`;
}
