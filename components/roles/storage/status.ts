import { fileSystemsFunction } from "../../setup/fileSystemStatus";
import type { BackupConfig } from "./backupConfig";
import { backupStatusFunction } from "./backupStatus";
import { logFolder, logRetentionService } from "./logArchive";
import { objectRetentionService } from "./objectRetention";
import { objectStoreScript } from "./objectStoreScript";
import { storageRoot, volumeMarker } from "./volume";

/**
 * `platform-status` of the storage node: JSON with `--json`, else a table; exit status 1 when something is down. Down
 * is also what runs and yet does not do its work: `reasons` says what is wrong.
 */
export function storageStatusScript(config: BackupConfig, engine: string): string {
  return `#!/bin/bash
# State of volume, object store, backups and log archive on this machine.
set -euo pipefail
case "\${1:-}" in
  "" | --json) ;;
  *) echo "usage: platform-status [--json]" >&2; exit 64 ;;
esac

${fileSystemsFunction}

volume() {
  [ -e ${volumeMarker} ] || { printf '{"up":false,"reasons":["not mounted"]}'; return; }
  df --block-size=1 --output=size,used ${storageRoot} | tail -n 1 |
    jq -R --argjson full "$(file_systems ${storageRoot})" '[splits(" +") | select(. != "") | tonumber]
      | {up: $full.up, bytes: .[0], usedBytes: .[1], reasons: $full.reasons}'
}

# What keeps the disk from filling runs by timers, and nobody else would notice that it does not.
failed_reason() {
  if systemctl is-failed --quiet "$1"; then echo "$1 failed: see journalctl -u $1"; fi
}

object_store() {
  local wrong
  wrong=$(${objectStoreScript} try >/dev/null 2>&1 || echo "does not answer"; failed_reason ${objectRetentionService})
  jq -Rn '[inputs | select(. != "")] | {up: (. == []), engine: "${engine}", bucket: "${config.bucket}", reasons: .}' <<<"$wrong"
}

${backupStatusFunction(config)}

# Files carry the sender's address; /etc/hosts knows its name.
senders() {
  find ${logFolder} -name 'remote-*.journal' -printf '%f\\n' 2>/dev/null | sed 's/^remote-//; s/@.*//; s/\\.journal$//' | sort -u |
    while read -r address; do
      getent hosts "$address" | awk '{print $2}' | grep . || printf '%s\\n' "$address"
    done
}

logs() {
  local wrong
  wrong=$(systemctl is-active --quiet systemd-journal-remote.socket || echo "takes no logs"; failed_reason ${logRetentionService})
  jq -Rn --argjson bytes "$(du -sb ${logFolder} 2>/dev/null | cut -f1 || echo 0)" --argjson hosts "$(senders | jq -Rn '[inputs]')" \\
    '[inputs | select(. != "")] | {up: (. == []), bytes: $bytes, hosts: $hosts, reasons: .}' <<<"$wrong"
}

status=$(jq -n --arg host "$(hostname)" --argjson volume "$(volume)" --argjson objectStore "$(object_store)" \\
  --argjson backup "$(backup)" --argjson logs "$(logs)" --argjson fileSystems "$(file_systems / /var/lib/docker)" \\
  '{host: $host, volume: $volume, objectStore: $objectStore, backup: $backup, logArchive: $logs, fileSystems: $fileSystems}
    | .reasons = [to_entries[] | select(.value | type == "object") | .key as $part | .value.reasons[] | "\\($part): \\(.)"]
    | .up = (.reasons == [])')
if [ "\${1:-}" = --json ]; then
  printf '%s\\n' "$status"
else
  jq -r 'def gb: (. / 1e8 | floor / 10 | tostring) + " GB";
    def state: if .up then "up" else "DOWN: " + (.reasons | join("; ")) end;
    "\\(.host)",
    "volume        " + (.volume | state) + (if .volume.bytes then ", \\(.volume.usedBytes | gb) of \\(.volume.bytes | gb) used" else "" end),
    "object store  \\(.objectStore | state), \\(.objectStore.engine), bucket \\(.objectStore.bucket)",
    "backup        \\(.backup | state), " + (.backup.last | if .result == null then "none yet" else "\\(.result) at \\(.finished), last success \\(.lastSuccess)" + (.copies | to_entries | map(", \\(.key) \\(.value)") | add // "") end)
      + ", \\(.backup.kept) kept, " + (if .backup.running then "running now, " else "" end) + "next \\(.backup.next)",
    "log archive   \\(.logArchive | state), \\(.logArchive.bytes | gb), \\(.logArchive.hosts | join(" "))",
    "disks         \\(.fileSystems | state), " + (.fileSystems.list | map("\\(.path) \\(.usedPercent) %") | join(", "))' <<<"$status"
fi
jq -e .up <<<"$status" >/dev/null
`;
}
