import { type CompleteSetup, completeSetup, type MachineSetup } from "./types";

/**
 * One setup from several, in order. Packages, and steps of the same name and text, appear once.
 *
 * @throws when two parts claim the same file, unit or probe: one of them would silently win
 */
export function mergeSetups(...setups: readonly MachineSetup[]): CompleteSetup {
  const parts = setups.map(completeSetup);
  const files = parts.flatMap((part) => part.files);
  const units = parts.flatMap((part) => part.units);
  refuseTwice(
    "file",
    files.map((file) => file.path),
  );
  refuseTwice(
    "unit",
    units.map((unit) => unit.name),
  );
  const probes = parts.flatMap((part) => part.probes);
  refuseTwice(
    "probe",
    probes.map((probe) => probe.name),
  );
  const steps = new Map(
    parts.flatMap((part) => part.steps).map((step) => [`${step.name}\n${step.run}`, step]),
  );
  return {
    packages: [...new Set(parts.flatMap((part) => part.packages))],
    files,
    steps: [...steps.values()],
    units,
    checks: parts.flatMap((part) => part.checks),
    probes,
  };
}

function refuseTwice(kind: string, names: readonly string[]): void {
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (twice.length > 0)
    throw new Error(`${kind} ${twice.join(", ")} is set up twice on one machine: merge the two parts`);
}
