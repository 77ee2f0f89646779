// Commands that reach into machines, and out of the cloud.
import { join } from "node:path";
import type { Command } from "commander";
import { execa } from "execa";
import { readStatus, type ServerStatus } from "../control/socket";
import { findInit } from "../machines/boot";
import { cgroupFolders } from "../machines/cgroups";
import { enterArguments } from "../machines/guest";
import { namesOf } from "../settings/names";
import { commandName } from "../settings/program";
import { settings } from "./say";

export function addMachineCommands(cli: Command): void {
  cli
    .command("ssh <name> [command...]")
    .passThroughOptions()
    .description(
      "SSH as root with your own key (the machine trusts the keys that its server was created with)",
    )
    .action(ssh);
  cli
    .command("exec <name> [command...]")
    .passThroughOptions()
    .description("run a command in a machine without SSH, through its namespaces")
    .action(exec);
  cli
    .command("internet [command...]")
    .passThroughOptions()
    .description("run a command as a client outside of the cloud, in the namespace `internet`")
    .action(internet);
  cli
    .command("logs [name]")
    .description("the journal of a machine, or the daemon's log")
    .option("-f, --follow", "go on as lines come")
    .option("-n, --lines <count>", "how many lines to begin with", "50")
    .action(logs);
}

async function serverNamed(nameOrId: string): Promise<ServerStatus> {
  const status = await readStatus(settings());
  if (status === undefined) throw new Error(`the local cloud is not up: run \`${commandName} up\``);
  const server = status.servers.find(({ id, name }) => name === nameOrId || String(id) === nameOrId);
  if (server !== undefined) return server;
  const known = status.servers.map(({ name }) => name).join(", ") || "none";
  throw new Error(`no server is called ${JSON.stringify(nameOrId)}; there are: ${known}`);
}

async function initOf(nameOrId: string): Promise<number> {
  const server = await serverNamed(nameOrId);
  const init = await findInit(settings(), server.id);
  if (init === undefined) throw new Error(`${server.name} does not run: power it on first`);
  return init;
}

/** Runs a command in the foreground; its exit code becomes ours. */
async function handOver(command: string, args: readonly string[]): Promise<void> {
  const result = await execa(command, args, { stdio: "inherit", reject: false });
  process.exitCode = result.exitCode ?? 1;
}

async function ssh(name: string, command: readonly string[]): Promise<void> {
  const server = await serverNamed(name);
  if (server.publicIpv4 === null) {
    throw new Error(`${server.name} has no public IPv4 address: use \`exec ${server.name} -- bash\``);
  }
  const options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"];
  const target = `root@${server.publicIpv4}`;
  await handOver("ssh", [...options.flatMap((option) => ["-o", option]), target, ...command]);
}

// What an operator runs counts against the machine's limits, like everything else in it.
const joinGroups = `for group in $1; do echo 0 2>/dev/null >"$group/cgroup.procs"; done
shift
exec nsenter "$@"`;

async function exec(name: string, command: readonly string[]): Promise<void> {
  const init = await initOf(name);
  const { id } = await serverNamed(name);
  const groups = (await cgroupFolders(settings())).map((folder) => join(folder, `m${id}`));
  // After the name everything is handed on, a `--` before the command too.
  const given = command[0] === "--" ? command.slice(1) : command;
  const shell = given.length === 0 ? ["bash", "--login"] : given;
  await handOver("sh", ["-c", joinGroups, "sh", groups.join(" "), ...enterArguments(init, shell)]);
}

async function internet(command: readonly string[]): Promise<void> {
  const shell = command.length === 0 ? ["bash"] : command;
  await handOver("ip", ["netns", "exec", namesOf(settings()).internet, ...shell]);
}

async function logs(name: string | undefined, options: { follow?: boolean; lines: string }): Promise<void> {
  const follow = options.follow ? ["--follow"] : [];
  if (name !== undefined) {
    await exec(name, ["journalctl", "--no-pager", `--lines=${options.lines}`, ...follow]);
    return;
  }
  await handOver("tail", [`--lines=${options.lines}`, ...follow, settings().paths.daemonLog]);
}
