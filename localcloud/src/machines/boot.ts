import { open, readFile, rm, watch } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Writable } from "node:stream";
import { execa } from "execa";
import type { ServerSpec } from "../host/contract";
import { childrenOf, isAlive, type ProcessIdentity, parseStat, signal } from "../linux/processes";
import type { LocalCloudSettings } from "../settings/cloud";
import { namesOf } from "../settings/names";
import { makeCgroups } from "./cgroups";
import { machineFolders } from "./folders";
import { initEnvironment } from "./initLibraries";

// They outlive the daemon: they record themselves and, when the machine has ended, how. Names of files and the
// command come as arguments, so that nothing of a user is ever parsed by the shell.
const join = `process=$1 exit=$2 groups=$3
shift 3
for group in $groups; do echo 0 >"$group/cgroup.procs" || exit 70; done
read -r line </proc/$$/stat && echo "$line" >"$process" || exit 70
`;
const leaveExitCode = `echo $? >"$exit.new"
mv "$exit.new" "$exit"`;
export const wrapper = `${join}"$@"\n${leaveExitCode}`;

/** Begins when it is told to; without that word, as when the daemon was killed, it ends and leaves no trace. */
const waitingWrapper = `${join}read -r go || exit 70\n"$@" </dev/null\n${leaveExitCode}`;

/** What systemd-nspawn boots. */
export interface BootSystem {
  readonly root: string;
  readonly hostname: string;
  /** Folder of the host to folder in the machine. */
  readonly binds: readonly (readonly [string, string])[];
}

const validHostname =
  /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

/**
 * Boots a machine whose disk is mounted.
 *
 * @param system the server's own one, or its rescue system
 * @param ready resolves when the system's root is mounted, and the network namespace is there with its links; what
 *   the first process needs of the kernel is made meanwhile, because each of its control groups takes milliseconds
 * @throws when its init does not come up, with the last lines of its console
 */
export async function boot(
  settings: LocalCloudSettings,
  server: ServerSpec,
  system: BootSystem,
  ready: Promise<unknown>,
): Promise<void> {
  if (!validHostname.test(server.name)) {
    throw new Error(`server name ${JSON.stringify(server.name)} is no host name: use letters, digits and -`);
  }
  const folders = machineFolders(settings, server.id);
  await rm(folders.exit, { force: true });
  await rm(folders.process, { force: true });
  const groups = await makeCgroups(settings, server, folders.layers);
  const console = await open(folders.console, "a");
  try {
    const files = [folders.process, folders.exit, groups.join(" ")];
    const word = startWaiting([...files, ...nspawn(settings, server, system)], console.fd);
    await ready.then(
      () => word?.end("go\n"),
      (error: unknown) => {
        word?.destroy();
        throw error;
      },
    );
  } finally {
    await console.close();
  }
  await initRuns(settings, server.id);
}

/** @returns where the word goes for which the wrapper waits */
function startWaiting(args: readonly string[], console: number): Writable | null {
  const child = execa("/bin/sh", ["-c", waitingWrapper, "machine", ...args], {
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
    stdout: console,
    stderr: console,
    env: {
      SYSTEMD_NSPAWN_LOCK: "0",
      SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1",
      SYSTEMD_NSPAWN_API_VFS_WRITABLE: "network",
    },
  });
  child.unref();
  // Whether the wrapper is gone is seen by its machine, which does not run then.
  child.stdin?.on("error", () => {});
  return child.stdin;
}

function nspawn(settings: LocalCloudSettings, server: ServerSpec, system: BootSystem): string[] {
  const folders = machineFolders(settings, server.id);
  const namespace = namesOf(settings).machine(server.id);
  return [
    "systemd-nspawn",
    "--quiet",
    "--directory",
    system.root,
    "--register=no",
    "--keep-unit",
    `--network-namespace-path=/run/netns/${namespace}`,
    `--machine=${namespace}`,
    `--hostname=${system.hostname}`,
    "--boot",
    "--console=pipe",
    "--link-journal=no",
    "--resolv-conf=off",
    "--timezone=off",
    `--setenv=${initEnvironment}`,
    // Docker inside the machine needs both.
    "--capability=all",
    "--system-call-filter=add_key keyctl bpf",
    ...system.binds.map(([from, to]) => `--bind=${from}:${to}`),
    `--bind-ro=${folders.devices}:/etc/tmpfiles.d/hc-volumes.conf`,
  ];
}

/** Polls, because nothing tells when a process executes another program; it takes some 100 ms. */
async function initRuns(settings: LocalCloudSettings, id: number): Promise<void> {
  const folders = machineFolders(settings, id);
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    if ((await exitCode(settings, id)) !== undefined) break;
    if ((await findInit(settings, id)) !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const log = await readFile(folders.console, "utf8").catch(() => "");
  throw new Error(`the machine of server ${id} did not boot: ${log.trim().split("\n").slice(-5).join("\n")}`);
}

/** The wrapper of a machine that runs now. */
export async function findWrapper(
  settings: LocalCloudSettings,
  id: number,
): Promise<ProcessIdentity | undefined> {
  const line = await readFile(machineFolders(settings, id).process, "utf8").catch(() => "");
  const identity = parseStat(line);
  return identity !== undefined && (await isAlive(identity)) ? identity : undefined;
}

/** Process id, as the host sees it, of the machine's init; undefined before it runs and after it ended. */
export async function findInit(settings: LocalCloudSettings, id: number): Promise<number | undefined> {
  const supervisor = await findSupervisor(settings, id);
  if (supervisor === undefined) return undefined;
  for (const pid of await childrenOf(supervisor)) {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    if (/^Name:\s+systemd$/m.test(status) && /^NSpid:\s+\d+\s+1$/m.test(status)) return pid;
  }
  return undefined;
}

/** Process id of systemd-nspawn itself. */
export async function findSupervisor(settings: LocalCloudSettings, id: number): Promise<number | undefined> {
  const wrapperProcess = await findWrapper(settings, id);
  return wrapperProcess === undefined ? undefined : (await childrenOf(wrapperProcess.pid))[0];
}

export async function exitCode(settings: LocalCloudSettings, id: number): Promise<number | undefined> {
  const text = await readFile(machineFolders(settings, id).exit, "utf8").catch(() => undefined);
  return text === undefined ? undefined : Number(text);
}

/** SIGKILL of the machine's init ends everything in it at once. Nothing, when it does not run. */
export async function cutPower(settings: LocalCloudSettings, id: number): Promise<void> {
  const wrapperProcess = await findWrapper(settings, id);
  if (wrapperProcess === undefined) return;
  const victim = (await findInit(settings, id)) ?? (await findSupervisor(settings, id));
  signal(victim ?? wrapperProcess.pid, "SIGKILL");
  await ended(settings, id, AbortSignal.timeout(20_000));
}

/** Resolves when the machine's wrapper has ended, with the exit code of systemd-nspawn if it left one. */
export async function ended(
  settings: LocalCloudSettings,
  id: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { exit } = machineFolders(settings, id);
  const wrapperProcess = await findWrapper(settings, id);
  if (wrapperProcess === undefined) return exitCode(settings, id);
  const changed = new AbortController();
  const stop = AbortSignal.any([signal, changed.signal]);
  // The file tells at once; the slow look finds a machine whose wrapper was killed and left none.
  const look = setInterval(async () => {
    if (!(await isAlive(wrapperProcess))) changed.abort();
  }, 2_000);
  try {
    const events = watch(dirname(exit), { signal: stop });
    if ((await exitCode(settings, id)) !== undefined) return exitCode(settings, id);
    for await (const { filename } of events) if (filename === basename(exit)) break;
  } catch (error) {
    if ((error as Error).name !== "AbortError" || signal.aborted) throw error;
  } finally {
    clearInterval(look);
  }
  return exitCode(settings, id);
}
