import { execa } from "execa";
import type { LocalCloudSettings } from "../settings/cloud";
import { findInit } from "./boot";
import { requireHash } from "./rootPassword";

/** Runs a command as root in a machine; does nothing when the machine does not run. */
export async function runInGuest(
  settings: LocalCloudSettings,
  serverId: number,
  command: readonly string[],
): Promise<void> {
  const init = await findInit(settings, serverId);
  if (init === undefined) return;
  await execa("nsenter", enterArguments(init, command));
}

/**
 * Sets root's password. The hash goes by standard input, so that no process shows it.
 *
 * @throws when the machine does not run, or when its system refuses
 */
export async function setRootPassword(
  settings: LocalCloudSettings,
  serverId: number,
  hash: string,
): Promise<void> {
  const init = await findInit(settings, serverId);
  if (init === undefined) throw new Error("the server does not run, so nothing in it can set a password");
  const command = enterArguments(init, ["/usr/sbin/chpasswd", "--encrypted"]);
  const { exitCode } = await execa("nsenter", command, {
    input: `root:${requireHash(hash)}\n`,
    reject: false,
  });
  if (exitCode !== 0) throw new Error(`the server's chpasswd failed with exit code ${exitCode}`);
}

/**
 * A shell that stays outside of the machine's process namespace and waits in it for the command. Forking itself,
 * nsenter stops when its child is stopped, as every process is when the guest's systemd shuts down, and nobody would
 * ever continue it: a child that is not reaped keeps the machine from ending. `env`, because a builtin such as `kill`
 * would run in the shell, among the host's processes.
 */
const waitOutside = 'env -- "$@"; exit $?';

/** Arguments of `nsenter` that run a command in a machine, by the process id of its init. */
export function enterArguments(init: number, command: readonly string[]): string[] {
  const namespaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd"];
  return [`--target=${init}`, ...namespaces, "--no-fork", "/bin/sh", "-c", waitOutside, "sh", ...command];
}
