import { fileSystemsFunction } from "../../setup/fileSystemStatus";
import { fileSystems } from "../../setup/machineProbes";
import type { Probe } from "../../setup/status";
import type { BackupConfig } from "./backupConfig";
import { backupStatusFunction } from "./backupStatus";
import { logFolder, logRetentionService } from "./logArchive";
import { objectRetentionService } from "./objectRetention";
import { objectStoreScript } from "./objectStoreScript";
import type { ObjectStoreConfig } from "./s3";
import { storageRoot, volumeMarker } from "./volume";

/** As which the object store is known. */
type StoreNames = Pick<ObjectStoreConfig, "engine" | "bucket">;

/** What can be up or down on a storage machine. Down is also what runs and yet does not do its work. */
export function storageProbes(store: StoreNames, backup?: BackupConfig): Probe[] {
  return [
    volumeProbe,
    objectStoreProbe(store),
    ...(backup === undefined ? [] : [backupProbe(backup)]),
    logArchiveProbe,
    fileSystems("/", "/var/lib/docker"),
  ];
}

const volumeProbe: Probe = {
  name: "volume",
  title: "volume",
  command: `${fileSystemsFunction}
[ -e ${volumeMarker} ] || { printf '{"reasons":["not mounted"]}'; return; }
df --block-size=1 --output=size,used ${storageRoot} | tail -n 1 |
  jq -R --argjson full "$(file_systems ${storageRoot})" '[splits(" +") | select(. != "") | tonumber]
    | {bytes: .[0], usedBytes: .[1], reasons: $full.reasons}'`,
  details: 'select(.bytes) | "\\(.usedBytes | gb) of \\(.bytes | gb) used"',
};

/** What keeps the disk from filling runs by timers, and nobody else would notice that it does not. */
const failedReason = (service: string) =>
  `{ if systemctl is-failed --quiet ${service}; then echo "${service} failed: see journalctl -u ${service}"; fi; }`;

function objectStoreProbe({ engine, bucket }: StoreNames): Probe {
  return {
    name: "objectStore",
    title: "object store",
    command: `{ ${objectStoreScript} try >/dev/null 2>&1 || echo "does not answer"; ${failedReason(objectRetentionService)}; } |
  jq -Rn '{engine: "${engine}", bucket: "${bucket}", reasons: [inputs]}'`,
    details: '"\\(.engine), bucket \\(.bucket)"',
  };
}

function backupProbe(config: BackupConfig): Probe {
  return {
    name: "backup",
    title: "backup",
    command: `${backupStatusFunction(config)}\nbackup`,
    details: `(.last | if .result == null then "none yet" else "\\(.result) at \\(.finished), last success \\(.lastSuccess)" + (.copies | to_entries | map(", \\(.key) \\(.value)") | add // "") end)
      + ", \\(.kept) kept, " + (if .running then "running now, " else "" end) + "next \\(.next)"`,
  };
}

/** Files carry the sender's address; /etc/hosts knows its name. */
const logArchiveProbe: Probe = {
  name: "logArchive",
  title: "log archive",
  command: `senders() {
  find ${logFolder} -name 'remote-*.journal' -printf '%f\\n' 2>/dev/null | sed 's/^remote-//; s/@.*//; s/\\.journal$//' | sort -u |
    while read -r address; do
      getent hosts "$address" | awk '{print $2}' | grep . || printf '%s\\n' "$address"
    done
}
{ systemctl is-active --quiet systemd-journal-remote.socket || echo "takes no logs"; ${failedReason(logRetentionService)}; } |
  jq -Rn --argjson bytes "$(du -sb ${logFolder} 2>/dev/null | cut -f1 || echo 0)" --argjson hosts "$(senders | jq -Rn '[inputs]')" \\
    '{bytes: $bytes, hosts: $hosts, reasons: [inputs]}'`,
  details: '"\\(.bytes | gb), \\(.hosts | join(" "))"',
};
