import { ports } from "../plan/flows";
import type { MachinePlan, Topology } from "../plan/topology";
import { agentStatePath } from "../roles/edge/agent";
import { nodeHealthPath } from "../roles/edge/edge";
import { copiesLock, databaseLock } from "../roles/storage/backupConfig";
import { Tier } from "../settings/settings";

/** How one machine leaves its work and takes it up again, in bash. */
interface Leaving {
  /** What whoever upgrades should know or do before. */
  readonly advice: string;
  /** Ends the upgrade where it would do harm; changes nothing. */
  readonly admit: string;
  readonly drain: string;
  readonly undrain: string;
}

/** `platform-upgrade`: what waits for an upgrade on this machine, and with `--yes` the upgrade. */
export function upgradeScript(machine: MachinePlan, topology: Topology, heldBack: readonly string[]): string {
  const { advice, admit, drain, undrain } = leaving(machine, topology);
  return `#!/bin/bash
# Upgrades this machine, what restarts under visitors' eyes included.
#   (nothing)  says what waits, and what to do before
#   --json     the same for programs
#   --yes      does it: leaves the work to others where there are others, upgrades, takes it up again
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
mode=\${1:-}
case "$mode" in
  "" | --json | --yes) ;;
  *) echo "usage: platform-upgrade [--json|--yes]" >&2; exit 64 ;;
esac

die() { echo "platform-upgrade: $1" >&2; exit "\${2:-1}"; }
waiting() { apt-get --simulate --with-new-pkgs --quiet upgrade | awk '$1 == "Inst" { print $2 (index($0, "Debian-Security:") ? " security" : "") }'; }

reboot_required() {
  local newest
  [ ! -e /run/reboot-required ] || return 0
  newest=$(find /boot -maxdepth 1 -name 'vmlinuz-*' 2>/dev/null | sort -V | tail -n 1)
  [ -n "$newest" ] && [ "\${newest#/boot/vmlinuz-}" != "$(uname -r)" ] && ! systemd-detect-virt --quiet --container
}

# Services that still run libraries which an upgrade has replaced.
stale_services() {
  local maps pid
  for maps in /proc/[0-9]*/maps; do
    grep -qE '/(usr/)?lib/.*\\.so[^ ]* \\(deleted\\)$' "$maps" 2>/dev/null || continue
    pid=\${maps#/proc/}
    ps -o unit= -p "\${pid%/maps}" || true
  done | grep '\\.service$' | grep -v '^user@' | sort -u || true
}

state() {
  local reboot=false last=''
  if reboot_required; then reboot=true; fi
  last=$(stat -c %Y /var/lib/apt/periodic/unattended-upgrades-stamp 2>/dev/null || echo null)
  jq -n --arg host "$(hostname)" --argjson reboot "$reboot" --argjson last "$last" \\
    --argjson stale "$(stale_services | jq -Rn '[inputs]')" --argjson waiting "$(waiting | jq -Rn '[inputs]')" \\
    '($waiting | map(split(" ") | {name: .[0], security: (.[1] == "security")})) as $all
      | {host: $host, waiting: ($all | map(.name)), security: ($all | map(select(.security) | .name)),
        heldBack: ($all | map(select(.security and (.name | test("^(${heldBack.join("|")})"))) | .name)),
        staleServices: $stale, rebootRequired: $reboot, lastAutomaticRun: (if $last then $last | todate else null end)}'
}

show() {
  jq -r 'def list: if . == [] then "none" else join(" ") end;
    "\\(.host)",
    "security updates that wait   \\(.security | list)",
    "of these for you             \\(.heldBack | list)",
    "other upgrades               \\(.waiting - .security | list)",
    "services with old libraries  \\(.staleServices | list)",
    "reboot                       \\(if .rebootRequired then "REQUIRED" else "not required" end)",
    "last automatic run           \\(.lastAutomaticRun // "none yet")"'
}

admit() {
  ${admit.replaceAll("\n", "\n  ")}
}

drain() {
  ${drain.replaceAll("\n", "\n  ")}
}

undrain() {
  ${undrain.replaceAll("\n", "\n  ")}
}

update() {
  local try
  # The lock of the lists knows no time limit.
  for try in {1..60}; do
    if apt-get -qq -o Acquire::Retries=3 update; then return 0; fi
    echo "the lists could not be renewed (attempt $try)"
    sleep 5
  done
  return 1
}

if [ "$mode" != --yes ]; then
  now=$(state)
  if [ "$mode" = --json ]; then printf '%s\\n' "$now"; else
    show <<<"$now"
    echo ${quoteForEcho(advice)}
  fi
  exit 0
fi

exec 9>/run/platform-setup.lock
flock -w 5 9 || die "a set-up or another upgrade runs on this machine: wait for its end" 75
update || die "the lists of packages could not be renewed; nothing was changed"
admit
failed_units() { systemctl --failed --plain --no-legend | awk '{ print $1 }' | sort; }
failed_before=$(failed_units)
# Whatever happens from here on, the machine goes back to its work.
back_to_work() {
  local status=$?
  undrain || true
  exit "$status"
}
trap back_to_work EXIT
drain
apt-get -q -y -o DPkg::Lock::Timeout=600 --with-new-pkgs upgrade
undrain
trap - EXIT
state | show
failed=$(comm -13 <(printf '%s\\n' "$failed_before") <(failed_units) | xargs)
[ -z "$failed" ] || die "these units failed: $failed"
if reboot_required; then echo "reboot when it suits: systemctl reboot, and wait for it before the next machine"; fi
`;
}

function quoteForEcho(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function leaving(machine: MachinePlan, topology: Topology): Leaving {
  switch (machine.tier) {
    case Tier.Edge:
      return leavingEdge(machine, topology);
    case Tier.App:
      return {
        advice:
          "platform-upgrade --yes stops Traefik first, so that requests go to the other nodes: run it on one node at a time, and wait until the load balancers call this one UP again",
        admit: ":",
        drain: "systemctl stop traefik.service",
        undrain: `systemctl start traefik.service
for _ in {1..600}; do
  if curl -fsS -m 5 -o /dev/null "http://${machine.privateIp}:${ports.traefik}${nodeHealthPath}" 2>/dev/null; then return 0; fi
  sleep 1
done
echo "this node is not ready: docker ps, journalctl -u traefik" >&2
return 1`,
      };
    case Tier.Database:
      return {
        advice:
          "PostgreSQL, cache and search pause for seconds when they are upgraded, and nobody stands in for them: take a backup first (platform-backup on the storage machine), then platform-upgrade --yes when few are looking",
        admit: ":",
        drain: ":",
        undrain: ":",
      };
    case Tier.Storage:
      return {
        advice:
          "objects cannot be read for seconds when Docker is upgraded, and nobody stands in: platform-upgrade --yes when few are looking and no backup or restore runs",
        // Not the unit's state: a oneshot that runs is "activating", and commands run outside of it.
        admit: `for held in ${databaseLock} ${copiesLock}; do
  [ ! -e "$held" ] || flock --nonblock "$held" true || die "a backup or restore runs ($(cat "$held.holder" 2>/dev/null || true)): wait for its end" 75
done`,
        drain: ":",
        undrain: ":",
      };
  }
}

function leavingEdge(machine: MachinePlan, topology: Topology): Leaving {
  const peer = topology.loadBalancers.find(({ name }) => name !== machine.name);
  if (peer === undefined) throw new Error(`${machine.name} has no peer`);
  return {
    advice:
      "platform-upgrade --yes gives the address to the other load balancer first: run it on the standby, then on this one",
    admit: `curl -fsS -m 5 -o /dev/null http://${peer.privateIp}:${ports.edgeHealth}/healthz ||
  die "${peer.hostname} does not serve, so this one stays: put it in order first"`,
    drain: `systemctl stop keepalived.service
for _ in {1..60}; do
  if jq -e '.owner != .server' ${agentStatePath} >/dev/null 2>&1; then return 0; fi
  sleep 0.5
done
die "the address is still here after 30 s, so nothing was upgraded: ${agentStatePath} says why"`,
    undrain: "systemctl start keepalived.service",
  };
}
