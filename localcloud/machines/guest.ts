import { execa } from "execa";
import type { LocalCloudSettings } from "../settings";
import { findInit } from "./boot";

/** Runs a command as root in a machine; does nothing when the machine does not run. */
export async function runInGuest(
  settings: LocalCloudSettings,
  serverId: number,
  command: readonly string[],
): Promise<void> {
  const init = await findInit(settings, serverId);
  if (init === undefined) return;
  await execa("nsenter", [...enterArguments(init), ...command]);
}

/** Arguments of `nsenter` that lead into a machine by the process id of its init. */
export function enterArguments(init: number): string[] {
  return [`--target=${init}`, "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd"];
}
