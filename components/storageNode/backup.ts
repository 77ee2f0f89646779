import { type BackupConfig, rclone, scriptHead } from "./backupConfig";

/**
 * `platform-backup`: pulls a dump over the private network, so that compression and checking cost this machine
 * and not the database node. A backup gets its name only when it is complete, checked and on disk.
 */
export function backupScript(config: BackupConfig): string {
  return `${scriptHead(config, "Takes one backup of the database and copies it and the objects offsite.")}
[ $# -eq 0 ] || die "usage: platform-backup" 64
prepare
export PGUSER=backup
id=$(date -u +%Y%m%dT%H%M%SZ)
started=$(date -u +%s)
work=$root/.incomplete-$id
step=start

# status.json keeps the last success beside the last attempt.
report() {
  local success
  success=$(cat "$root/last-success" 2>/dev/null || true)
  jq -n --arg backup "$id" --arg result "$1" --arg step "$step" --arg success "$success" --argjson started "$started" \\
    --argjson finished "$(date -u +%s)" --arg offsite "$offsite_result" \\
    '{backup: $backup, result: $result, step: $step, started: ($started | todate), finished: ($finished | todate),
      seconds: ($finished - $started), lastSuccess: $success, offsite: $offsite}' >"$root/.status.json"
  chmod 0644 "$root/.status.json"
  mv "$root/.status.json" "$root/status.json"
}
offsite_result=none
finish() {
  local status=$?
  rm -rf "$work"
  if [ "$status" -ne 0 ]; then
    report failure
    echo "backup $id failed at: $step" >&2
  fi
  exit "$status"
}
trap finish EXIT

dump() {
  step="dump of $database"
  mkdir "$work"
  pg_dump --format=directory --jobs="$(( ($(nproc) + 1) / 2 ))" --compress=zstd:3 --no-password --file="$work/$database.dump" "$database"
  step="dump of roles"
  pg_dumpall --globals-only --no-role-passwords --no-password --database="$database" >"$work/globals.sql"
}

check() {
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

publish() {
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

# Names are times, so comparing them compares ages. The newest backup stays whatever its age.
expire() {
  step="retention"
  local oldest name
  oldest=$(date -u -d '${config.retentionDays} days ago' +%Y%m%dT%H%M%SZ)
  for name in $(cd "$root" && ls -d 2*Z); do
    if [[ "$name" < "$oldest" && "$name" != "$id" ]]; then rm -rf "\${root:?}/$name"; fi
  done
}
${config.offsite === undefined ? noOffsite : offsitePart(config)}
rm -rf "$root"/.incomplete-* "$root"/.fetched-*
dump
check
publish
expire
copy_offsite
step=end
report success
echo "backup $id: $(jq -r '"\\(.bytes) bytes, \\(.tables) tables, \\(.seconds) s"' "$root/$id/backup.json")"
`;
}

const noOffsite = "copy_offsite() { :; }\n";

/** The second copy survives the loss of this machine and its volume. */
function offsitePart(config: BackupConfig): string {
  return `
# Objects that were changed or deleted since the last copy stay under their old version until retention ends.
first_of() { ${rclone} lsf --recursive --files-only "$1" 2>/dev/null | head -n 1 || true; }

copy_offsite() {
  step="offsite copy of the dump"
  offsite_result=failure
  ${rclone} copy "$root/$id" "$offsite/backups/$id"
  ${rclone} check --one-way "$root/$id" "$offsite/backups/$id"
  step="offsite copy of the objects"
  if [ -z "$(first_of "objects:$bucket")" ] && [ -n "$(first_of "$offsite/objects/$bucket")" ]; then
    # A rebuilt platform: the empty bucket must not become the new offsite copy.
    echo "bucket $bucket is empty and its offsite copy is not: run platform-restore-objects --target-bucket $bucket" >&2
    return 1
  fi
  ${rclone} sync --fast-list --backup-dir "$offsite/objects-replaced/$id" "objects:$bucket" "$offsite/objects/$bucket"
  step="offsite retention"
  local oldest folder name
  oldest=$(date -u -d '${config.retentionDays} days ago' +%Y%m%dT%H%M%SZ)
  for folder in backups objects-replaced; do
    for name in $(${rclone} lsf --dirs-only "$offsite/$folder" 2>/dev/null | tr -d / || true); do
      if [[ "$name" < "$oldest" && "$name" != "$id" ]]; then ${rclone} purge "$offsite/$folder/$name"; fi
    done
  done
  offsite_result=success
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

/** @param schedule systemd calendar expression, UTC */
export function backupTimer(schedule: string): string {
  return `[Unit]
Description=Nightly backup of the database

[Timer]
OnCalendar=${schedule} UTC
# A machine that was off at that time catches up.
Persistent=true
AccuracySec=1min

[Install]
WantedBy=timers.target
`;
}
