// What a drill hands to `npm run drill`, which writes it down: lines of a file, so that nothing is lost when it dies.
import { appendFileSync } from "node:fs";

/** Name of the variable with the file's path. A drill that mocha runs without `npm run drill` is not written down. */
export const notesVariable = "DRILL_NOTES";

export type DrillNote =
  | { readonly seed: number }
  | { readonly numbers: Readonly<Record<string, number | string>> }
  | { readonly title: string; readonly state: string };

export function note(it: DrillNote): void {
  const file = process.env[notesVariable];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(it)}\n`);
}

/** What the drill counted or measured: it stands in the conformance report. */
export function drillNumbers(numbers: Readonly<Record<string, number | string>>): void {
  note({ numbers });
}
