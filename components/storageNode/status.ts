import type { BackupConfig } from "./backupConfig";
import { backupRoot } from "./backupConfig";
import { remotesOf } from "./backupRemotes";
import { logFolder } from "./logArchive";
import { objectStoreScript } from "./objectStoreScript";
import { storageRoot, volumeMarker } from "./volume";

/** `platform-status` of the storage node: JSON with `--json`, else a table; exit status 1 when something is down. */
export function storageStatusScript(config: BackupConfig, engine: string): string {
  return `#!/bin/bash
# State of volume, object store, backups and log archive on this machine.
set -euo pipefail
case "\${1:-}" in
  "" | --json) ;;
  *) echo "usage: platform-status [--json]" >&2; exit 64 ;;
esac

volume() {
  [ -e ${volumeMarker} ] || { printf '{"up":false}'; return; }
  df --block-size=1 --output=size,used ${storageRoot} | tail -n 1 |
    jq -R '[splits(" +") | select(. != "") | tonumber] | {up: true, bytes: .[0], usedBytes: .[1]}'
}

object_store() {
  local up=false
  if ${objectStoreScript} try >/dev/null 2>&1; then up=true; fi
  jq -n --argjson up "$up" '{up: $up, engine: "${engine}", bucket: "${config.bucket}"}'
}

backup() {
  local last={} next count
  if [ -e ${backupRoot}/status.json ]; then last=$(cat ${backupRoot}/status.json); fi
  next=$(systemctl show --property=NextElapseUSecRealtime --value platform-backup.timer)
  count=$(find ${backupRoot} -mindepth 1 -maxdepth 1 -type d -name '2*Z' 2>/dev/null | wc -l)
  jq -n --argjson last "$last" --arg next "$next" --argjson count "$count" --argjson copies '${JSON.stringify(remotesOf(config).map(({ name }) => name))}' \\
    '{up: ($next != "" and $last.result != "failure"), last: $last, kept: $count, next: $next, copies: $copies}'
}

# Files carry the sender's address; /etc/hosts knows its name.
senders() {
  find ${logFolder} -name 'remote-*.journal' -printf '%f\\n' 2>/dev/null | sed 's/^remote-//; s/@.*//; s/\\.journal$//' | sort -u |
    while read -r address; do
      getent hosts "$address" | awk '{print $2}' | grep . || printf '%s\\n' "$address"
    done
}

logs() {
  local up=false
  if systemctl is-active --quiet systemd-journal-remote.socket; then up=true; fi
  jq -n --argjson up "$up" --argjson bytes "$(du -sb ${logFolder} 2>/dev/null | cut -f1 || echo 0)" \\
    --argjson hosts "$(senders | jq -Rn '[inputs]')" '{up: $up, bytes: $bytes, hosts: $hosts}'
}

status=$(jq -n --arg host "$(hostname)" --argjson volume "$(volume)" --argjson objectStore "$(object_store)" \\
  --argjson backup "$(backup)" --argjson logs "$(logs)" \\
  '{host: $host, volume: $volume, objectStore: $objectStore, backup: $backup, logArchive: $logs}')
if [ "\${1:-}" = --json ]; then
  printf '%s\\n' "$status"
else
  jq -r 'def gb: (. / 1e8 | floor / 10 | tostring) + " GB";
    def state: if .up then "up" else "DOWN" end;
    "\\(.host)",
    "volume        " + (if .volume.up then "\\(.volume.usedBytes | gb) of \\(.volume.bytes | gb) used" else "DOWN: not mounted" end),
    "object store  \\(.objectStore | state), \\(.objectStore.engine), bucket \\(.objectStore.bucket)",
    "backup        " + (.backup.last | if .result == null then "none yet" else "\\(.result) at \\(.finished), last success \\(.lastSuccess)" + (.copies | to_entries | map(", \\(.key) \\(.value)") | add // "") end)
      + ", \\(.backup.kept) kept, next \\(.backup.next)",
    "log archive   \\(.logArchive | state), \\(.logArchive.bytes | gb), \\(.logArchive.hosts | join(" "))"' <<<"$status"
fi
jq -e '.volume.up and .objectStore.up and .backup.up and .logArchive.up' <<<"$status" >/dev/null
`;
}
