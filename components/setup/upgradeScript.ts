import { rebootRequiredFunction } from "./updateState";

/** How one machine leaves its work and takes it up again, in bash. */
export interface Leaving {
  /** What whoever upgrades should know or do before. */
  readonly advice: string;
  /** Ends the upgrade where it would do harm; changes nothing. */
  readonly admit: string;
  readonly drain: string;
  readonly undrain: string;
}

/** `platform-upgrade`: what waits for an upgrade on this machine, and with `--yes` the upgrade. */
export function upgradeScript(
  { advice, admit, drain, undrain }: Leaving,
  heldBack: readonly string[],
): string {
  return [
    usage,
    rebootRequiredFunction,
    staleServicesFunction,
    stateFunctions(heldBack),
    bashFunction("admit", admit),
    bashFunction("drain", drain),
    bashFunction("undrain", undrain),
    updateFunction,
    answerState(advice),
    upgrade,
  ].join("\n\n");
}

const bashFunction = (name: string, body: string) => `${name}() {
  ${body.replaceAll("\n", "\n  ")}
}`;

const usage = `#!/bin/bash
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
waiting() { apt-get --simulate --with-new-pkgs --quiet upgrade | awk '$1 == "Inst" { print $2 (index($0, "Debian-Security:") ? " security" : "") }'; }`;

const staleServicesFunction = `# Services that still run libraries which an upgrade has replaced.
stale_services() {
  local maps pid
  for maps in /proc/[0-9]*/maps; do
    grep -qE '/(usr/)?lib/.*\\.so[^ ]* \\(deleted\\)$' "$maps" 2>/dev/null || continue
    pid=\${maps#/proc/}
    ps -o unit= -p "\${pid%/maps}" || true
  done | grep '\\.service$' | grep -v '^user@' | sort -u || true
}`;

/** `state` answers JSON, `show` makes lines for people of it. */
function stateFunctions(heldBack: readonly string[]): string {
  return `state() {
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
}`;
}

const updateFunction = `update() {
  local try
  # The lock of the lists knows no time limit.
  for try in {1..60}; do
    if apt-get -qq -o Acquire::Retries=3 update; then return 0; fi
    echo "the lists could not be renewed (attempt $try)"
    sleep 5
  done
  return 1
}`;

/** Everything but `--yes` ends here. */
function answerState(advice: string): string {
  return `if [ "$mode" != --yes ]; then
  now=$(state)
  if [ "$mode" = --json ]; then printf '%s\\n' "$now"; else
    show <<<"$now"
    echo ${quoteForEcho(advice)}
  fi
  exit 0
fi`;
}

/** Whatever happens while it runs, the machine goes back to its work. */
const upgrade = `exec 9>/run/platform-setup.lock
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

function quoteForEcho(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
