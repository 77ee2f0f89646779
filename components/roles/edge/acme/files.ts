import { readFileSync } from "node:fs";
import { join } from "node:path";

/** They lie beside this file, in the repository as in the package, whatever the working directory is. */
const names = [
  "authority.py",
  "bundle.py",
  "certificate.py",
  "challenge.py",
  "handover.py",
  "nameserver.py",
  "schedule.py",
  "sealing.py",
  "zone.py",
] as const;

/** Written for the agent, which speaks with the same API. */
const shared = ["hetzner.py"] as const;

/** The source files by name; on the machine they live in one folder and import each other. */
export function certificateModules(): Readonly<Record<string, string>> {
  const read = (folder: string) => (name: string) =>
    [name, readFileSync(join(__dirname, folder, name), "utf8")] as const;
  return Object.fromEntries([...names.map(read(".")), ...shared.map(read("../agent"))]);
}
