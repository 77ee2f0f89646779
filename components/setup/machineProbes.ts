import { defaultRouteCheck } from "./defaultRoute";
import { fileSystemsFunction } from "./fileSystemStatus";
import type { Probe } from "./status";
import { aptPath, rebootRequiredFunction } from "./updateState";

/** Days without a run of the security updates after which somebody should look. */
const updateDays = 3;

/** What is asked of every machine, whatever its role. */
export function machineProbes(isPublic: boolean, sendsJournal: boolean): Probe[] {
  return [defaultRoute(isPublic), ...(sendsJournal ? [journalUpload] : []), clock, failedUnits, updates];
}

/** @param paths one of each file system that the machine's work fills */
export function fileSystems(...paths: readonly string[]): Probe {
  return {
    name: "fileSystems",
    title: "disks",
    command: `${fileSystemsFunction}\nfile_systems ${paths.join(" ")}`,
    details: '.list | map("\\(.path) \\(.usedPercent) %") | join(", ")',
  };
}

function defaultRoute(isPublic: boolean): Probe {
  const check = isPublic
    ? `ip -4 route show default | grep -q . || echo "there is no default route"`
    : `${defaultRouteCheck} || true`;
  return {
    name: "defaultRoute",
    title: "default route",
    command: `{ ${check}; } | jq -Rn '{reasons: [inputs]}'`,
  };
}

const journalUpload: Probe = {
  name: "journalUpload",
  title: "journal upload",
  command: `{ systemctl is-active --quiet systemd-journal-upload.service ||
  echo "the log archive is not reached: see journalctl -u systemd-journal-upload"; } | jq -Rn '{reasons: [inputs]}'`,
};

/** A container has its host's clock. One that has just booted may still look for a time server. */
const clock: Probe = {
  name: "clock",
  title: "clock",
  command: `if systemd-detect-virt --quiet --container; then
  jq -n '{reasons: [], keptBy: "the host"}'
  return
fi
jq -n --arg synchronized "$(timedatectl show --property=NTPSynchronized --value)" --argjson up "$(cut -d. -f1 /proc/uptime)" \\
  '{keptBy: "time servers", reasons: [if $synchronized == "yes" or $up < 600 then empty else "no time server is reached" end]}'`,
  details: '"kept by \\(.keptBy)"',
};

const failedUnits: Probe = {
  name: "units",
  title: "units",
  command: `systemctl --failed --plain --no-legend | awk '{ print $1 " failed: see journalctl -u " $1 }' | jq -Rn '{reasons: [inputs]}'`,
};

/** A reboot that is due is no fault: it waits for whoever decides about it. */
const updates: Probe = {
  name: "updates",
  title: "updates",
  command: `${rebootRequiredFunction}
local last since reboot=false
if reboot_required; then reboot=true; fi
last=$(stat -c %Y /var/lib/apt/periodic/unattended-upgrades-stamp 2>/dev/null || echo null)
since=$last
# A new machine has time until its first run.
if [ "$last" = null ]; then since=$(stat -c %Y ${aptPath}); fi
jq -n --argjson last "$last" --argjson since "$since" --argjson reboot "$reboot" \\
  '{lastAutomaticRun: (if $last then $last | todate else null end), rebootRequired: $reboot,
    reasons: [if now - $since > ${updateDays * 86_400} then "security updates have not run since \\($since | todate): see journalctl -u apt-daily-upgrade" else empty end]}'`,
  details:
    '"last automatic run \\(.lastAutomaticRun // "not yet")" + (if .rebootRequired then ", reboot REQUIRED: platform-upgrade" else "" end)',
};
