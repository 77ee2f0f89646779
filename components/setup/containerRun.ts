import { completeSetup } from "./types";

/** Runs a container as the main process of its unit: `platform-container NAME ARGUMENT-OF-DOCKER-RUN...`. */
export const containerRunPath = "/usr/local/sbin/platform-container";
const readerPath = "/usr/local/sbin/platform-container-log";
const socketFolder = "/run/platform-container-log";
const readerUnit = "platform-container-log@";

/** Lines that one container may log in the interval; journald takes two to six times as many on a disk with room. */
const burst = { seconds: 10, lines: 5000 };

/** Socket that Docker sends a container's output to. It waits there while nobody reads. */
export function containerLogSocket(name: string): string {
  return `${readerUnit}${name}.socket`;
}

/**
 * Docker hands each line to the container's socket and keeps none itself. Nothing stands in front of the message but
 * what ends with this tag, for the reader to take away.
 */
export function containerLogFlags(name: string): string[] {
  return [
    "--log-driver=syslog",
    `--log-opt=syslog-address=unixgram://${socketFolder}/${name}`,
    "--log-opt=tag=@",
    "--log-opt=cache-disabled=true",
  ];
}

const socketTemplate = `[Unit]
Description=Output of the container %i

[Socket]
ListenDatagram=${socketFolder}/%i
SocketMode=0600
# A container that logs a line now and then starts the reader as often.
TriggerLimitIntervalSec=0
`;

const runScript = `#!/bin/bash
# Runs a container in the foreground: platform-container NAME ARGUMENT-OF-DOCKER-RUN...
# The container is Docker's and not a child of this script: it outlives the engine and this script. One that runs
# already and was made from the same arguments and files is followed, any other is replaced.
set -euo pipefail
name=$1
shift

made_from() {
  local argument path
  printf '%s\\0' "$@"
  for argument in "$@"; do
    case $argument in
      --env-file=*) path=\${argument#*=} ;;
      --volume=*) path=\${argument#*=} path=\${path%%:*} ;;
      *) continue ;;
    esac
    [ ! -f "$path" ] || cat "$path"
  done
}
identity=$(made_from "$@" | sha256sum | cut -d' ' -f1)
state() {
  local found
  found=$(docker inspect --type container --format '{{.State.Running}} {{index .Config.Labels "platform.identity"}}' "$name" 2>/dev/null) || found=none
  echo "$found"
}

found=$(state)
if [ "$found" != "true $identity" ]; then
  # One that was just stopped holds its name until it is gone.
  for ((tries = 0; tries < 100; tries++)); do
    [ "$found" != none ] || break
    docker rm --force "$name" >/dev/null 2>&1 || true
    found=$(state)
  done
  docker run --detach --rm --name="$name" --label="platform.identity=$identity" "$@" >/dev/null
fi
until status=$(docker wait "$name" 2>/dev/null); do
  # The engine ends or restarts. Asking it would start it, whatever an operator wants.
  until systemctl is-active --quiet docker.service; do sleep 0.2; done
  [ "$(state)" = "true $identity" ] || { echo "$name ended while Docker was away" >&2; exit 1; }
done
exit "$status"
`;

/**
 * What all units of containers share. Their output passes a process of the container's own, because journald limits
 * what a unit logs: through Docker's journald driver all containers of a machine would be one, and a service that
 * floods would cost the others their lines.
 */
export const containerRunSetup = completeSetup({
  files: [
    { path: containerRunPath, content: runScript, mode: "0755" },
    { path: readerPath, content: reader(), mode: "0755" },
    { path: `/etc/systemd/system/${readerUnit}.socket`, content: socketTemplate },
    { path: `/etc/systemd/system/${readerUnit}.service`, content: readerTemplate() },
  ],
});

/** A datagram is a line. Who is silent for a minute costs no memory: systemd starts the reader with the next line. */
function reader(): string {
  return `#!/usr/bin/perl
# Writes what Docker sends to the socket on standard input, without what Docker puts in front of each line.
use strict;
use warnings;
vec(my $input = '', 0, 1) = 1;
while (select(my $ready = $input, undef, undef, 60) > 0) {
    defined(sysread STDIN, my $line, 65536) or die "read: $!";
    $line =~ s/^[^@]*@\\[\\d+\\]: //;
    syswrite STDOUT, $line or die "write: $!";
}
`;
}

function readerTemplate(): string {
  return `[Unit]
Description=Output of the container %i
StartLimitIntervalSec=0

[Service]
ExecStart=${readerPath}
StandardInput=socket
StandardOutput=journal
StandardError=journal
SyslogIdentifier=%i
# journalctl -u finds it under the container's unit.
LogExtraFields=OBJECT_SYSTEMD_UNIT=%i.service
LogRateLimitIntervalSec=${burst.seconds}s
LogRateLimitBurst=${burst.lines}
# After the containers, when the machine stops.
TimeoutStopSec=5
`;
}
