import { readFileSync } from "node:fs";
import { join } from "node:path";

/** They lie beside this file, in the repository as in the package, whatever the working directory is. */
const names = [
  "address.py",
  "agent.py",
  "decision.py",
  "hetzner.py",
  "local.py",
  "log.py",
  "outside.py",
  "peer.py",
  "route.py",
  "signing.py",
  "twin.py",
] as const;

/** The agent's source files by name; on the machine they live in one folder and import each other. */
export function agentModules(): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(__dirname, name), "utf8")]));
}
