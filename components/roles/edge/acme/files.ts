import { readFileSync } from "node:fs";
import { join } from "node:path";

/** They lie beside this file, in the repository as in the package, whatever the working directory is. */
const names = [
  "authority.py",
  "bundle.py",
  "certificate.py",
  "handover.py",
  "schedule.py",
  "sealing.py",
] as const;

/** The source files by name; on the machine they live in one folder and import each other. */
export function certificateModules(): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(__dirname, name), "utf8")]));
}
