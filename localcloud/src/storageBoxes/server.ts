// The server of a box: OpenSSH alone in a system of its own, without an init, in the box's network namespace.
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { mountPoints, unmount } from "../linux/mounts";
import { childrenOf, isAlive, type ProcessIdentity, parseStat, signal } from "../linux/processes";
import { wrapper } from "../machines/boot";
import { makeCgroups, removeCgroups } from "../machines/cgroups";
import type { LocalCloudSettings } from "../settings/cloud";
import { namesOf } from "../settings/names";
import { boxFolders, readBoxRecord } from "./folders";
import { boxInside } from "./mounts";

/** Made when the accounts' mounts are there: nobody logs in before. */
const readyFile = "/run/accounts-ready";
const entry = `until [ -e ${readyFile} ]; do sleep 0.05; done
exec /usr/sbin/sshd -D -e`;

/** Enough for a server of files, and an end for one that goes wild. */
const limits = { cores: 2, memoryGb: 2 };

export async function mountSystem(settings: LocalCloudSettings, id: number): Promise<void> {
  const { root, upper, work } = boxFolders(settings, id);
  const record = await readBoxRecord(settings, id);
  if (record === undefined) throw new Error(`storage box ${id} was not made to its end: create it again`);
  if ((await mountPoints()).includes(root)) return;
  for (const folder of [root, upper, work]) await mkdir(folder, { recursive: true });
  const options = `lowerdir=${record.lower},upperdir=${upper},workdir=${work}`;
  await execa("mount", ["-t", "overlay", "overlay", "-o", options, root]);
}

/** Host keys of every kind, which stay for the box's life. */
export async function ensureHostKeys(root: string): Promise<void> {
  if (existsSync(join(root, "etc/ssh/ssh_host_rsa_key.pub"))) return;
  await execa("chroot", [root, "ssh-keygen", "-A"], { env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } });
}

/** @throws when the configuration is refused by sshd itself, with its words */
export async function checkConfiguration(root: string): Promise<void> {
  await mkdir(join(root, "run/sshd"), { recursive: true });
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
  await execa("chroot", [root, "sshd", "-t"], { env }).catch((error: Error) => {
    throw new Error(`sshd refuses its configuration: ${error.message.split("\n").slice(1).join("; ")}`);
  });
}

export interface StartedServer {
  /** Process id of the system's process 1. */
  readonly init: number;
  /** False when it ran already. */
  readonly started: boolean;
}

/** Starts the system; its sshd waits for {@link markReady}. */
export async function startServer(settings: LocalCloudSettings, id: number): Promise<StartedServer> {
  const running = await findBoxInit(settings, id);
  if (running !== undefined) return { init: running, started: false };
  await stopServer(settings, id);
  const folders = boxFolders(settings, id);
  const groups = await makeCgroups(settings, { id, ...limits }, settings.stateDir);
  const log = await open(folders.log, "a", 0o600);
  try {
    const command = nspawn(settings, id);
    const args = ["-c", wrapper, "storage-box", folders.process, folders.exit, groups.join(" "), ...command];
    const child = execa("/bin/sh", args, {
      detached: true,
      cleanup: false,
      reject: false,
      buffer: false,
      stdin: "ignore",
      stdout: log.fd,
      stderr: log.fd,
      env: { SYSTEMD_NSPAWN_LOCK: "0", SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1" },
    });
    child.unref();
  } finally {
    await log.close();
  }
  return { init: await initRuns(settings, id), started: true };
}

function nspawn(settings: LocalCloudSettings, id: number): string[] {
  const { root, mount } = boxFolders(settings, id);
  const namespace = namesOf(settings).storageBox(id);
  return [
    "systemd-nspawn",
    "--quiet",
    "--directory",
    root,
    "--register=no",
    "--keep-unit",
    `--network-namespace-path=/run/netns/${namespace}`,
    `--machine=${namespace}`,
    "--as-pid2",
    "--console=pipe",
    "--link-journal=no",
    "--resolv-conf=off",
    "--timezone=off",
    "--tmpfs=/run/sshd:mode=0755",
    `--bind=${mount}:${boxInside}`,
    "/bin/sh",
    "-c",
    entry,
  ];
}

async function initRuns(settings: LocalCloudSettings, id: number): Promise<number> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    const init = await findBoxInit(settings, id);
    if (init !== undefined) return init;
    if (existsSync(boxFolders(settings, id).exit)) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const log = await readFile(boxFolders(settings, id).log, "utf8").catch(() => "");
  const lines = log.trim().split("\n").slice(-5).join("\n");
  throw new Error(`the server of storage box ${id} did not start: ${lines}`);
}

async function findBoxWrapper(
  settings: LocalCloudSettings,
  id: number,
): Promise<ProcessIdentity | undefined> {
  const identity = parseStat(await readFile(boxFolders(settings, id).process, "utf8").catch(() => ""));
  return identity !== undefined && (await isAlive(identity)) ? identity : undefined;
}

/** Process id, as the host sees it, of process 1 of the box's system, once it runs the server. */
export async function findBoxInit(settings: LocalCloudSettings, id: number): Promise<number | undefined> {
  const wrapperProcess = await findBoxWrapper(settings, id);
  if (wrapperProcess === undefined) return undefined;
  const [supervisor] = await childrenOf(wrapperProcess.pid);
  if (supervisor === undefined) return undefined;
  for (const pid of await childrenOf(supervisor)) {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    // It has a child only after it has taken its place in the new root.
    if (/^NSpid:\s+\d+\s+1$/m.test(status) && (await childrenOf(pid)).length > 0) return pid;
  }
  return undefined;
}

/** Runs a program of the box's system in its mount and process namespaces, with the host's network. */
export async function inBox(init: number, command: readonly string[]): Promise<void> {
  await execa("nsenter", [`--target=${init}`, "--mount", "--pid", "--root", "--wd=/", ...command], {
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
  });
}

export const markReady = (init: number) => inBox(init, ["touch", readyFile]);

/** Has the listening sshd read its configuration again; sessions go on. */
export async function reloadServer(init: number): Promise<void> {
  for (const pid of await childrenOf(init)) {
    const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
    const parent = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    // Process 2 is the listener; orphans of sessions are children of process 1 as well.
    if (name.trim() === "sshd" && /^NSpid:\s+\d+\s+2$/m.test(parent)) signal(pid, "SIGHUP");
  }
}

/** How much its log holds; what {@link listens} looks for comes after it. */
export async function logSize(settings: LocalCloudSettings, id: number): Promise<number> {
  const found = await stat(boxFolders(settings, id).log).catch(() => undefined);
  return found?.size ?? 0;
}

/** Resolves when sshd has read its configuration and listens. */
export async function listens(
  settings: LocalCloudSettings,
  id: number,
  ports: readonly number[],
  after: number,
): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const log = await readFile(boxFolders(settings, id).log);
    const text = log.subarray(after).toString();
    if (ports.every((port) => text.includes(`Server listening on 0.0.0.0 port ${port}.`))) return;
    if (Date.now() > deadline) {
      throw new Error(`sshd of storage box ${id} does not listen: ${text.trim().split("\n").at(-1)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Kills what these users run in the box. */
export async function endSessions(init: number, users: ReadonlySet<number>): Promise<void> {
  for (const pid of await descendants(init)) {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    const user = /^Uid:\s+(\d+)/m.exec(status)?.[1];
    if (user !== undefined && users.has(Number(user))) signal(pid, "SIGKILL");
  }
}

async function descendants(pid: number): Promise<number[]> {
  const children = await childrenOf(pid);
  return [...children, ...(await Promise.all(children.map(descendants))).flat()];
}

/** Ends the server with all its sessions. */
export async function stopServer(settings: LocalCloudSettings, id: number): Promise<void> {
  const { process: file, exit } = boxFolders(settings, id);
  const deadline = Date.now() + 20_000;
  for (;;) {
    const running = await findBoxWrapper(settings, id);
    if (running === undefined) break;
    if (Date.now() > deadline) throw new Error(`process ${running.pid} of storage box ${id} does not end`);
    const [supervisor] = await childrenOf(running.pid);
    const [init] = supervisor === undefined ? [] : await childrenOf(supervisor);
    signal(init ?? supervisor ?? running.pid, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await rm(file, { force: true });
  await rm(exit, { force: true });
  await removeCgroups(settings, id);
}

export async function removeSystem(settings: LocalCloudSettings, id: number): Promise<void> {
  await stopServer(settings, id);
  await unmount(boxFolders(settings, id).root);
}

/** The process of a box that runs, for a list of what is left. */
export const findBoxProcess = findBoxWrapper;
