import { quote } from "./quote";
import type { SetupFile } from "./types";

/** One thing that can be up or down on a machine, and how to find out. */
export interface Probe {
  /** Key in the JSON: `objectStore`. */
  readonly name: string;
  /** First column of the table: `object store`. */
  readonly title: string;
  /**
   * Bash in a function of its own, under `set -euo pipefail`: prints one JSON object, in whose list `reasons` stands
   * what is wrong; empty means up. When it fails or takes longer than 30 s, nobody can tell.
   */
  readonly command: string;
  /** jq on that object: text behind the state in the table, and further lines. @default - none */
  readonly details?: string;
}

const path = "/usr/local/sbin/platform-status";

/** `platform-status` of a machine with these probes; none: no such command. */
export function statusFiles(probes: readonly Probe[]): SetupFile[] {
  return probes.length === 0 ? [] : [{ path, content: statusScript(probes), mode: "0755" }];
}

/**
 * The same contract on every machine: a table for people, JSON for programs, exit status 0 when all is up, 1 when
 * something is down and 2 when nobody can tell. Probes run at the same time, each in a process of its own.
 */
export function statusScript(probes: readonly Probe[]): string {
  return `#!/bin/bash
# State of this machine, part by part, and what is wrong with it.
set -euo pipefail
export LC_ALL=C.UTF-8
usage="usage: platform-status [--json]
  (nothing)  a table for people
  --json     the same for programs: up is true, false, or null when it cannot be told
exit status: 0 all is up, 1 something is down, 2 it cannot be told"

${probes.map(({ name, command }) => `probe_${name}() {\n${command.trimEnd()}\n}`).join("\n\n")}

case "\${1:-} $#" in
  " 0" | "--json 1") ;;
  "--help 1" | "-h 1") echo "$usage"; exit 0 ;;
  "--probe 2")
    case "$2" in
${probes.map(({ name }) => `      ${name}) probe_${name} ;;`).join("\n")}
    esac
    exit
    ;;
  *) echo "$usage" >&2; exit 2 ;;
esac
${askAll(probes.map(({ name }) => name).join(" "))}
if [ "\${1:-}" = --json ]; then printf '%s\n' "$status"; else jq -r ${quote(table(probes))} <<<"$status"; fi
case "$(jq .up <<<"$status")" in
  true) exit 0 ;;
  false) exit 1 ;;
  *) exit 2 ;;
esac
`;
}

/** The answers come in the order of the list, not of their ends. */
function askAll(names: string): string {
  return `[ "$(id -u)" = 0 ] || { echo "platform-status: only root can ask all parts" >&2; exit 2; }
work=$(mktemp -d -p /run platform-status.XXXXXXXX) || exit 2
trap 'rm -rf "$work"' EXIT

ask() {
  local status=0
  timeout --kill-after=5 30 bash "$0" --probe "$1" >"$work/$1" 2>"$work/$1.error" </dev/null || status=$?
  jq -cn --arg name "$1" --rawfile told "$work/$1" --rawfile error "$work/$1.error" --argjson status "$status" ${quote(judge)} >"$work/$1.judged"
}
for name in ${names}; do ask "$name" & done
wait
status=$(for name in ${names}; do cat "$work/$name.judged"; done |
  jq -s --arg host "$(hostname)" ${quote(summary)}) || exit 2`;
}

const judge = `(try ($told | fromjson) catch null) as $part
  | ($error | split("\\n") | map(select(. != "")) | last) as $said
  | {($name): (if $status == 0 and ($part | type) == "object" and ($part.reasons | type) == "array"
      then $part + {up: ($part.reasons == [])}
      elif $status == 124 then {up: null, reasons: ["cannot tell: no answer within 30 s"]}
      else {up: null, reasons: ["cannot tell: \\($said // (if $status == 0 then "no JSON object" else "exit status \\($status)" end))"]} end)}`;

const summary = `add as $parts | [$parts[].up] as $ups | {host: $host} + $parts + {
    reasons: [$parts | to_entries[] | .key as $part | .value.reasons[] | "\\($part): \\(.)"],
    up: (if any($ups[]; . == false) then false elif any($ups[]; . == null) then null else true end)}`;

function table(probes: readonly Probe[]): string {
  const width = Math.max(...probes.map(({ title }) => title.length)) + 2;
  const rows = probes.map(
    ({ name, title, details }) => `(.${name} | row("${title.padEnd(width)}"; ${details ?? "empty"}))`,
  );
  return `def row($title; details): (try [details] catch []) as $more
    | $title + (if .up then "up" elif .up == false then "DOWN: " + (.reasons | join("; ")) else "UNKNOWN: " + (.reasons | join("; ")) end)
      + (if ($more[0] // "") == "" then "" else ", " + $more[0] end),
      ($more[1:][] | "${" ".repeat(width)}" + .);
  def mb: (. / 1048576 | floor | tostring) + " MiB";
  def gb: (. / 1e8 | floor / 10 | tostring) + " GB";
  .host, ${rows.join(",\n    ")}`;
}
