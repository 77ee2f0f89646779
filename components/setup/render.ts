import { createHash } from "node:crypto";
import { setupLibrary } from "./library";
import { packageLibrary } from "./packages";
import { quote } from "./quote";
import { statusFiles } from "./status";
import {
  type CompleteSetup,
  completeSetup,
  type MachineSetup,
  type SetupCheck,
  type SetupFile,
  type SetupStep,
  type SetupUnit,
} from "./types";

/**
 * One idempotent bash script for one machine. It holds secrets when the setup does: hand it over on stdin.
 *
 * @throws when a file's content does not end with a newline, a path is not absolute, or a unit reads nothing
 */
export function renderSetup(hostname: string, given: MachineSetup): string {
  const setup = withStatus(completeSetup(given));
  refuseMistakes(setup);
  const early = setup.files.filter((file) => file.stage === "beforePackages");
  const late = setup.files.filter((file) => file.stage !== "beforePackages");
  const stepsAt = (stage: SetupStep["stage"]) =>
    setup.steps.filter((step) => (step.stage ?? "beforeUnits") === stage);
  const unitsAt = (stage: SetupUnit["stage"]) =>
    setup.units.filter((unit) => (unit.stage ?? "afterSteps") === stage);
  return [
    "#!/bin/bash\nset -euo pipefail\numask 022\nexport DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8",
    `readonly setup_hostname=${quote(hostname)}`,
    setupLibrary,
    packageLibrary.trim(),
    "begin",
    manifest(
      "file-names",
      setup.files.map((file) => file.path),
    ),
    manifest(
      "unit-names",
      setup.units.map((unit) => unit.name),
    ),
    "stage files",
    ...early.map(renderFile),
    `install_packages ${setup.packages.map(quote).join(" ")}`.trimEnd(),
    ...stepsAt("afterPackages").map(renderStep),
    'stage files "writing configuration"',
    ...late.map(renderFile),
    "remove_orphans",
    ...renderUnits("early units", unitsAt("beforeSteps")),
    ...stepsAt("beforeUnits").map(renderStep),
    ...renderUnits("units", unitsAt("afterSteps")),
    ...stepsAt("afterUnits").map(renderStep),
    ...setup.checks.map(renderCheck),
    'stage end "set up"\nstage end\n',
  ].join("\n\n");
}

/**
 * The command that receives the script on stdin. The script lies 0600 on a RAM disk while it runs and removes
 * itself; the time limit ends a setup that hangs, because nothing else would.
 */
export const setupCommand =
  'umask 077; mkdir -p /run/platform && script=$(mktemp /run/platform/setup-XXXXXXXX) && cat >"$script" && ' +
  'exec timeout --kill-after=10 1800 bash "$script"';

/** What its probes make of it: they need jq. */
function withStatus(setup: CompleteSetup): CompleteSetup {
  const files = statusFiles(setup.probes);
  if (files.length === 0) return setup;
  return { ...setup, packages: [...new Set([...setup.packages, "jq"])], files: [...setup.files, ...files] };
}

function refuseMistakes(setup: CompleteSetup): void {
  const mistakes = [
    ...setup.files
      .filter((file) => !file.path.startsWith("/"))
      .map((file) => `file ${file.path}: must be absolute`),
    ...setup.files
      .filter((file) => !file.content.endsWith("\n"))
      .map((file) => `file ${file.path}: content must end with a newline`),
    ...setup.units
      .filter((unit) => unit.reads.length === 0)
      .map((unit) => `unit ${unit.name}: must read something`),
  ];
  if (mistakes.length > 0) throw new Error(`machine setup: ${mistakes.join("; ")}`);
}

function manifest(kind: string, names: readonly string[]): string {
  return `manifest_begin ${kind} <<'END_OF_NAMES'\n${names.map((name) => `${name}\n`).join("")}END_OF_NAMES`;
}

/** The call that writes one file. */
export function renderFile(file: SetupFile): string {
  const words = [file.path, file.owner ?? "root", file.group ?? "root", file.mode ?? "0644"];
  if (file.validate !== undefined) words.push(file.validate);
  const end = heredocEnd(file.content);
  return `put_file ${words.map(quote).join(" ")} <<'${end}'\n${file.content}${end}`;
}

/** A line that the content does not hold, the same for the same content. */
function heredocEnd(content: string): string {
  return `END_${createHash("sha256").update(content).digest("hex").slice(0, 12)}`;
}

function renderStep(step: SetupStep): string {
  // The function keeps `set -e` alive in the body: inside a condition bash would switch it off.
  return `if ! bash -c ${quote(step.unless)}; then
  stage ${quote(step.name)} ${quote(step.name)}
  bash -c ${quote(`set -euo pipefail\n${step.run}`)}
fi`;
}

function renderCheck({ name, command, timeoutSeconds = 60 }: SetupCheck): string {
  return `stage ${quote(`check ${name}`)}\nwait_until ${timeoutSeconds} ${quote(command)}`;
}

function renderUnits(title: string, units: readonly SetupUnit[]): string[] {
  if (units.length === 0) return [];
  const together = units.filter((unit) => unit.group === undefined);
  const groups = [...new Set(units.flatMap((unit) => unit.group ?? []))];
  return [
    `stage ${quote(title)}`,
    ...(together.length > 0 ? [renderTogether(together)] : []),
    ...groups.map((group) => renderGroup(units.filter((unit) => unit.group === group))),
  ];
}

function renderTogether(units: readonly SetupUnit[]): string {
  const sort = units.map((unit) => {
    const paths = unit.reads.map(quote).join(" ");
    return `if unit_is_current ${quote(unit.name)} ${paths}; then starting+=(${quote(unit.name)}); else ${
      unit.onChange === "reload" ? "reloading" : "restarting"
    }+=(${quote(unit.name)}); fi`;
  });
  const record = units.map((unit) => `record_unit ${[unit.name, ...unit.reads].map(quote).join(" ")}`);
  const ready = units.flatMap((unit) => (unit.ready === undefined ? [] : [renderReady(unit)]));
  return [
    "starting=() restarting=() reloading=()",
    ...sort,
    'if [ "${#restarting[@]}" -gt 0 ] || [ "${#reloading[@]}" -gt 0 ]; then systemctl daemon-reload; fi',
    'enable_units "${restarting[@]}" "${reloading[@]}"',
    'units_do restart "${restarting[@]}"',
    'units_do reload-or-restart "${reloading[@]}"',
    'start_inactive "${starting[@]}"',
    ...ready,
    ...record,
  ].join("\n");
}

/** Replicas: all at once when none runs yet, else one after the other. */
function renderGroup(units: readonly SetupUnit[]): string {
  const names = units.map((unit) => quote(unit.name)).join(" ");
  const one = units.map((unit) => {
    const paths = unit.reads.map(quote).join(" ");
    return `if ! unit_is_current ${quote(unit.name)} ${paths}; then
  enable_units ${quote(unit.name)}
  units_do restart ${quote(unit.name)}
${unit.ready === undefined ? "" : `  ${renderReady(unit)}\n`}  record_unit ${quote(unit.name)} ${paths}
else
  start_inactive ${quote(unit.name)}
fi`;
  });
  const all = units.map((unit) => `  record_unit ${[unit.name, ...unit.reads].map(quote).join(" ")}`);
  const ready = units.flatMap((unit) => (unit.ready === undefined ? [] : [`  ${renderReady(unit)}`]));
  return [
    '[ "$(systemctl show --property=NeedDaemonReload --value ' +
      names +
      " | sort -u | tr -d '\\n')\" = no ] || systemctl daemon-reload",
    `if [ "$(systemctl is-active ${names} | grep -c '^active$')" = 0 ]; then`,
    `  enable_units ${names}`,
    `  units_do start ${names}`,
    ...ready,
    ...all,
    "else",
    ...one,
    "fi",
  ].join("\n");
}

function renderReady(unit: SetupUnit): string {
  return `wait_until ${unit.readySeconds ?? 60} ${quote(unit.ready ?? "true")}`;
}
