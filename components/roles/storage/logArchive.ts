import { journalPort } from "../../setup/journal";
import { type CompleteSetup, completeSetup } from "../../setup/types";
import { needsStorage, storageFolder, storageRoot } from "./volume";

export interface LogArchiveConfig {
  readonly privateIp: string;
  readonly retentionDays: number;
  /** Size of the volume; the archive takes at most a fifth of it. */
  readonly volumeGb: number;
}

export const logFolder = `${storageRoot}/logs`;
/** Oneshot that a timer starts: it keeps age and size of the archive. */
export const logRetentionService = "platform-log-retention.service";
const service = "systemd-journal-remote.service";
const socket = "systemd-journal-remote.socket";
const user = "systemd-journal-remote";
const paths = {
  conf: "/etc/systemd/journal-remote.conf.d/platform.conf",
  socket: `/etc/systemd/system/${socket}.d/platform.conf`,
  service: `/etc/systemd/system/${service}.d/platform.conf`,
  retention: "/usr/local/sbin/platform-log-retention",
  retentionService: `/etc/systemd/system/${logRetentionService}`,
  retentionTimer: "/etc/systemd/system/platform-log-retention.timer",
};

/**
 * Receives the journal of every machine, one file series for each. Plain HTTP: the port listens on the private
 * address only, where the host firewall admits the platform's machines.
 */
export function logArchiveSetup(config: LogArchiveConfig): CompleteSetup {
  const dropIn = needsStorage(service);
  return completeSetup({
    packages: ["systemd-journal-remote"],
    files: [
      dropIn,
      { path: paths.conf, content: journalRemoteConf(config) },
      { path: paths.socket, content: socketDropIn(config.privateIp) },
      { path: paths.service, content: serviceDropIn },
      {
        path: paths.retention,
        content: retentionScript(config.retentionDays, logLimitBytes(config.volumeGb)),
        mode: "0755",
      },
      { path: paths.retentionService, content: retentionService },
      { path: paths.retentionTimer, content: retentionTimer },
      { path: "/usr/local/sbin/platform-logs", content: logsScript, mode: "0755" },
    ],
    steps: [storageFolder(logFolder, user, user, "2750")],
    units: [
      { name: socket, reads: [paths.socket] },
      { name: service, reads: [dropIn.path, paths.conf, paths.service] },
      { name: "platform-log-retention.timer", reads: [paths.retentionTimer, paths.retentionService] },
    ],
    checks: [
      {
        name: "the log archive takes entries",
        // With its true place in the boot: journalctl reads several files of one boot in that order, and would stop at
        // what is older than it looks for before it came to an entry of the first microsecond.
        command: `printf '__REALTIME_TIMESTAMP=%s\\n__MONOTONIC_TIMESTAMP=%s\\n_BOOT_ID=%s\\n_HOSTNAME=%s\\nMESSAGE=platform check\\n\\n' "$(date +%s%6N)" "$(awk '{ printf "%.0f", $1 * 1000000 }' /proc/uptime)" "$(tr -d - </proc/sys/kernel/random/boot_id)" "$(hostname)" |
curl -fsS -m 10 -o /dev/null -H 'Content-Type: application/vnd.fdo.journal' -H 'Expect:' --data-binary @- http://${config.privateIp}:${journalPort}/upload &&
platform-logs --since '10 minutes ago' --grep 'platform check' --lines 1 | grep -q .`,
      },
    ],
  });
}

/** What the archive may take of the volume, in bytes: a fifth. */
export function logLimitBytes(volumeGb: number): number {
  return Math.floor((volumeGb / 5) * 1_000_000_000);
}

export function journalRemoteConf(config: LogArchiveConfig): string {
  return `[Remote]
SplitMode=host
# Small files: retention removes whole ones.
MaxFileSize=64M
MaxUse=${logLimitBytes(config.volumeGb)}
MaxFiles=100000
`;
}

function socketDropIn(privateIp: string): string {
  return `[Socket]
ListenStream=
ListenStream=${privateIp}:${journalPort}
FreeBind=yes
`;
}

const serviceDropIn = `[Unit]
StartLimitIntervalSec=0

[Service]
ExecStart=
ExecStart=/usr/lib/systemd/systemd-journal-remote --listen-http=-3 --split-mode=host --output=${logFolder}
LogsDirectory=
ReadWritePaths=${logFolder}
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
`;

/**
 * Starts new files every day and removes old ones: those whose last entry is too old, and the oldest while all of them
 * take more than their share. systemd's own limit counts only files with the names that it gives itself, and these
 * have others.
 */
export function retentionScript(days: number, limitBytes: number): string {
  return `#!/bin/bash
# Ends the day's files of the log archive and removes old ones, by age and by size.
set -euo pipefail
cd ${logFolder}
if ! compgen -G "remote-*@$(date -u +%Y%m%d)T*.journal" >/dev/null; then
  now=$(date -u +%Y%m%dT%H%M%SZ)
  # The writer keeps its files open; machines that send meanwhile wait and repeat what was not confirmed.
  systemctl stop --no-warn ${service}
  trap 'systemctl start ${service}' EXIT
  for file in remote-*.journal; do
    [[ -e "$file" && "$file" != *@* ]] || continue
    mv "$file" "\${file%.journal}@$now.journal"
  done
fi
find . -maxdepth 1 -name 'remote-*@*.journal*' -mtime +${days} -print -delete

excess=$(( $(du --summarize --block-size=1 . | cut -f1) - ${limitBytes} ))
mapfile -t oldest < <(find . -maxdepth 1 -name 'remote-*@*.journal*' -printf '%T@ %b %f\\n' | sort -n)
for entry in "\${oldest[@]}"; do
  [ "$excess" -gt 0 ] || break
  read -r _ blocks file <<<"$entry"
  echo "the archive takes more than ${limitBytes} bytes: removing $file"
  rm -f "$file"
  excess=$(( excess - blocks * 512 ))
done
`;
}

const retentionService = `[Unit]
Description=Retention of the log archive
RequiresMountsFor=${storageRoot}

[Service]
Type=oneshot
ExecStart=${paths.retention}
Nice=10
IOSchedulingClass=idle
`;

const retentionTimer = `[Unit]
Description=Retention of the log archive

[Timer]
OnCalendar=*-*-* *:07:00 UTC
Persistent=true

[Install]
WantedBy=timers.target
`;

/** `platform-logs`: one search over the journals of all machines. */
export const logsScript = `#!/bin/bash
# Searches the log archive.
set -euo pipefail
usage() {
  cat >&2 <<'END'
usage: platform-logs [--host NAME] [--unit NAME] [--grep PATTERN] [--since TIME] [--until TIME] [--lines N] [--follow]
  --host   host name of a machine: prod-app1
  --unit   systemd unit or container: haproxy, web-1
  --since  as journalctl: "2026-01-31 12:00", "1 hour ago"
END
  exit 64
}
arguments=(--directory=${logFolder} --no-pager --output=short-iso --quiet)
host='' unit='' follow='' pattern='' last=+1 lines=()
while [ $# -gt 0 ]; do
  case "$1" in
    --follow) follow=yes arguments+=(--follow); shift; continue ;;
    --host | --unit | --grep | --since | --until | --lines) [ $# -ge 2 ] || usage ;;
    *) usage ;;
  esac
  case "$1" in
    --host) host=$2 ;;
    --unit) unit=\${2%.service} ;;
    --grep) pattern=$2 arguments+=("--grep=$2") ;;
    --since) arguments+=("--since=$2") ;;
    --until) arguments+=("--until=$2") ;;
    --lines) lines=("--lines=$2") last=$2 ;;
  esac
  shift 2
done
# The matches of one machine, in the array that journalctl takes.
match() {
  matches=("_HOSTNAME=$1")
  # The output of a unit, or what a program logged under that name.
  [ -z "$unit" ] || matches=("_SYSTEMD_UNIT=$unit.service" "\${matches[@]}" + "SYSLOG_IDENTIFIER=$unit" "\${matches[@]}")
}
# HAProxy's requests come by many in one entry. As journalctl, a pattern without capitals means both.
each_request() {
  perl -e '
    my $pattern = shift;
    $pattern = $pattern =~ /[[:upper:]]/ ? qr/$pattern/ : qr/$pattern/i;
    my ($head, $indent) = ("", 0);
    $| = 1;
    while (<STDIN>) {
      if (s/^(\\d{4}-\\S+ \\S+ haproxy(?:\\[\\d+\\])?: )//) { ($head, $indent) = ($1, length $1) }
      elsif (/^\\d{4}-/ or not $indent) { $indent = 0; print; next }
      else { s/^ {0,$indent}// }
      print $head, $_ if /$pattern/;
    }' -- "$pattern"
}
if [ -n "$follow" ]; then
  matches=(\${unit:+"SYSLOG_IDENTIFIER=$unit"})
  [ -z "$host" ] || match "$host"
  journalctl "\${arguments[@]}" "\${lines[@]}" "\${matches[@]}" | each_request
  exit
fi

# Machine by machine, then sorted by time: in one pass over the files of several machines journalctl loses its
# place between their boots and leaves entries out. Continuation lines stay with their first line.
machines() { if [ -n "$host" ]; then echo "$host"; else journalctl --directory="${logFolder}" --quiet --field=_HOSTNAME | sort; fi; }
found=$(machines | while read -r name; do
  match "$name"
  journalctl "\${arguments[@]}" "\${lines[@]}" "\${matches[@]}" || true
done | each_request | awk '/^[0-9][0-9][0-9][0-9]-/ { if (NR > 1) print line; line = $0; next } { line = line "\\001" $0 } END { if (NR) print line }' |
  LC_ALL=C sort -s -k1,1 | tail -n "$last" | tr '\\001' '\\n')
[ -n "$found" ] || exit 1
printf '%s\\n' "$found"
`;
