import type { OutlinedUnit, SetupOutline } from "./outline";

/** What a changed script does to a machine that the former one has set up, a line for each kind; in its order. */
export function setupChanges(before: SetupOutline, after: SetupOutline): string[] {
  const written = [...after.files].filter(([path, hash]) => before.files.get(path) !== hash);
  const changed = new Set(written.map(([path]) => path));
  const gone = [...before.files.keys()].filter((path) => !after.files.has(path));
  const former = new Map(before.units.map((unit) => [unit.name, unit]));
  const stopped = before.units.filter(({ name }) => !after.units.some((unit) => unit.name === name));
  const started = after.units.filter(({ name }) => !former.has(name));
  const touched = after.units.filter(
    ({ name, reads }) =>
      former.has(name) &&
      (reads.some((path) => changed.has(path)) || reads.join("\n") !== former.get(name)?.reads.join("\n")),
  );
  const inTurn = touched.filter((unit) => unit.inTurn);
  const together = (verb: OutlinedUnit["onChange"]) =>
    touched.filter((unit) => !unit.inTurn && unit.onChange === verb);
  const lines = [
    line("installs", missingIn(before.packages, after.packages)),
    line("writes", [...changed].sort()),
    line("stops", names(stopped)),
    line("removes", gone.sort()),
    line("runs, unless it is done already", changedSteps(before, after)),
    line("starts", names(started)),
    line("restarts", names(together("restart"))),
    line("reloads", names(together("reload"))),
    line("restarts, each when the one before is ready", names(inTurn)),
  ].flat();
  if (lines.length > 0) return touched.length + started.length === 0 ? [...lines, "restarts nothing"] : lines;
  return before.hash === after.hash ? [] : ["writes and restarts nothing: what it checks has changed"];
}

function line(what: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`${what}: ${items.join(", ")}`];
}

const names = (units: readonly OutlinedUnit[]) => units.map(({ name }) => name);

function missingIn(before: readonly string[], after: readonly string[]): string[] {
  return after.filter((name) => !before.includes(name)).sort();
}

function changedSteps(before: SetupOutline, after: SetupOutline): string[] {
  return [...after.steps].filter(([title, hash]) => before.steps.get(title) !== hash).map(([title]) => title);
}
