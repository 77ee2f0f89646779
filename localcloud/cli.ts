import { join } from "node:path";
import { Command } from "commander";
import { execa } from "execa";
import { readStatus, type ServerStatus } from "./control/socket";
import { down, leftovers } from "./down";
import { ensureImages } from "./images";
import { findInit } from "./machines/boot";
import { cgroupFolders } from "./machines/cgroups";
import { enterArguments } from "./machines/guest";
import { signal } from "./machines/processes";
import { namesOf } from "./network/names";
import { localCloudSettings } from "./settings";
import { statusText } from "./statusText";
import { requireRootOnLinux, up } from "./up";

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const settings = () => localCloudSettings();

async function serverNamed(nameOrId: string): Promise<ServerStatus> {
  const status = await readStatus(settings());
  if (status === undefined) throw new Error("the local cloud is not up: run `npm run localcloud -- up`");
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
    throw new Error(`${server.name} has no public address: use \`exec ${server.name} -- bash\``);
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
  const shell = command.length === 0 ? ["bash", "--login"] : command;
  await handOver("sh", ["-c", joinGroups, "sh", groups.join(" "), ...enterArguments(init), ...shell]);
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

function program(): Command {
  const cli = new Command("npm run localcloud --")
    .description(
      "A Hetzner Cloud on this Linux machine: the API v1, real Debian machines, real networks. Needs root.",
    )
    .enablePositionalOptions()
    .hook("preAction", requireRootOnLinux)
    .addHelpText(
      "after",
      `
Examples:
  npm run localcloud -- up                                     bring it up, or see that it is up
  HCLOUD_ENDPOINT=http://198.51.100.1:8080/v1 hcloud server list   use it with any Hetzner client
  npm run localcloud -- status
  npm run localcloud -- ssh web1 -- uptime                     with your own SSH key, as on Hetzner
  npm run localcloud -- exec web1 -- systemctl --failed        without SSH, from the host
  npm run localcloud -- internet -- curl -s http://203.0.113.1/   as a client somewhere outside
  npm run localcloud -- fault power-off web1                   pull the plug
  npm run localcloud -- down                                   leave nothing behind

State: $LOCALCLOUD_STATE, else /var/lib/hetzner-platform. Other variables: localcloud/settings.ts.`,
    );
  cli
    .command("up")
    .description("start the local cloud, build the machines' image when it is missing; safe to repeat")
    .action(async () => say(statusText(await up(say))));
  cli
    .command("down")
    .description("remove machines, networks, addresses, processes and state; the cache stays")
    .option("--keep-cache", "keep images and packages (the default)")
    .option("--remove-cache", "remove images and packages too")
    .action(async ({ removeCache }: { removeCache?: boolean }) => {
      await down(say, { cache: removeCache ? "remove" : "keep" });
      const left = await leftovers();
      if (left.length > 0) throw new Error(`still there:\n${left.join("\n")}`);
      say("nothing is left");
    });
  cli
    .command("status")
    .description("machines, addresses, helper processes")
    .action(async () => {
      const status = await readStatus(settings());
      if (status === undefined) throw new Error("the local cloud is not up: run `npm run localcloud -- up`");
      say(statusText(status));
    });
  cli
    .command("images")
    .description("fill the container registry: from Docker Hub, or built here where it cannot be reached")
    .action(async () => {
      await ensureImages(say);
    });
  addMachineCommands(cli);
  return cli;
}

function addMachineCommands(cli: Command): void {
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
  cli
    .command("fault <kind> <name>")
    .description("break something; kinds: power-off (SIGKILL of the machine's init, as a power cut)")
    .action(async (kind: string, name: string) => {
      if (kind !== "power-off") throw new Error(`unknown fault ${JSON.stringify(kind)}: use power-off`);
      signal(await initOf(name), "SIGKILL");
      say(`${name} has lost its power`);
    });
}

program()
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
