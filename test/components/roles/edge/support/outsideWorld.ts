import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { CommandResult } from "../../database/support/machine";

/** Where visitors arrive, and what is outside of the load balancers. */
export const floatingIp = "203.0.113.10";
export const worldIp = "10.0.1.1";

/** Bash outside of the machines. */
export type Outside = (script: string) => Promise<CommandResult>;

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}
