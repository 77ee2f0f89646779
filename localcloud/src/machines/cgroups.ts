import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, realpath, rmdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ServerSpec } from "../host/contract";
import { signal } from "../linux/processes";
import type { LocalCloudSettings } from "../settings/cloud";

/** How this host limits a machine's memory and processor. */
export type LimitSupport = "cgroup v2" | "cgroup v1, from outside only" | "none";

/** Of version 1: two that limit, two that count, and systemd's own. */
const usedControllers = ["memory", "cpu", "cpuacct", "blkio", "name=systemd"];

/** A machine, or the server of a storage box: ids of all kinds are distinct. */
type LimitedMachine = Pick<ServerSpec, "id" | "cores" | "memoryGb">;

interface Hierarchy {
  readonly mount: string;
  readonly version: 1 | 2;
  /** Controllers of a version 1 hierarchy; `name=systemd` counts as one. */
  readonly controllers: readonly string[];
}

/** Which limits the kernel of this host can enforce on a machine. */
export async function limitSupport(): Promise<LimitSupport> {
  const hierarchies = await listHierarchies();
  if (hierarchies.some(({ version, controllers }) => version === 1 && controllers.includes("memory"))) {
    return "cgroup v1, from outside only";
  }
  const v2 = hierarchies.find(({ version }) => version === 2);
  if (v2 === undefined) return "none";
  const controllers = await readFile(join(v2.mount, "cgroup.controllers"), "utf8").catch(() => "");
  return controllers.includes("memory") ? "cgroup v2" : "none";
}

/**
 * Makes the machine's own control groups, with its limits. Without own ones two machines would share the
 * group `payload`, and the init of one could kill services of the other.
 *
 * @param diskFolder mounted from the disk whose traffic is counted
 * @returns folders whose `cgroup.procs` the machine's first process joins
 */
export async function makeCgroups(
  settings: LocalCloudSettings,
  server: LimitedMachine,
  diskFolder: string,
): Promise<string[]> {
  const folders: string[] = [];
  const disk = await diskOf(diskFolder);
  for (const hierarchy of await listHierarchies()) {
    const parent = join(hierarchy.mount, groupName(settings));
    const folder = join(parent, `m${server.id}`);
    await mkdir(folder, { recursive: true });
    for (const [name, value] of [...limitsFor(hierarchy, server), ...countingOf(hierarchy, disk)]) {
      // A controller that is not delegated here has no such file: limitSupport() tells so in `status`.
      await writeFile(join(folder, name), value).catch(() => {});
    }
    folders.push(folder);
  }
  return folders;
}

/**
 * The group of cgroup v2 with the processes of the machine itself, without systemd-nspawn. It exists while the
 * machine runs; on every host, because the machine's systemd needs this hierarchy.
 *
 * @throws when no cgroup v2 hierarchy is mounted
 */
export async function payloadGroup(settings: LocalCloudSettings, serverId: number): Promise<string> {
  const hierarchy = (await listHierarchies()).find(({ version }) => version === 2);
  if (hierarchy === undefined) throw new Error("no cgroup v2 hierarchy is mounted on this host");
  return join(hierarchy.mount, groupName(settings), `m${serverId}`, "payload");
}

function limitsFor({ version, controllers }: Hierarchy, server: LimitedMachine): [string, string][] {
  const bytes = String(Math.round(server.memoryGb * 1024 ** 3));
  if (version === 2) {
    return [
      ["../cgroup.subtree_control", "+memory +cpu +pids"],
      // Counts only, and by itself: one controller that is not there would refuse the others.
      ["../cgroup.subtree_control", "+io"],
      ["memory.max", bytes],
      ["cpu.max", `${server.cores * 100_000} 100000`],
    ];
  }
  if (controllers.includes("memory")) return [["memory.limit_in_bytes", bytes]];
  if (controllers.includes("cpu")) return [["cpu.cfs_quota_us", String(server.cores * 100_000)]];
  return [];
}

/** The machine's groups that exist, one for each hierarchy. */
export async function machineGroups(settings: LocalCloudSettings, serverId: number): Promise<string[]> {
  const folders = (await cgroupFolders(settings)).map((folder) => join(folder, `m${serverId}`));
  return folders.filter((folder) => existsSync(folder));
}

/**
 * Newer kernels count in blkio only where a limit is set on the disk, so there is one that no disk
 * reaches.
 */
function countingOf({ controllers }: Hierarchy, disk: string | undefined): [string, string][] {
  if (!controllers.includes("blkio") || disk === undefined) return [];
  return ["read", "write"].map((way) => [`blkio.throttle.${way}_bps_device`, `${disk} ${10 ** 15}`]);
}

/** Numbers of the whole disk that a folder lies on, as `8:0`; undefined for a file system without one. */
async function diskOf(folder: string): Promise<string | undefined> {
  const { dev } = await stat(folder);
  const device = `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
  const inSysfs = await realpath(`/sys/dev/block/${device}`).catch(() => undefined);
  if (inSysfs === undefined) return undefined;
  if (!existsSync(join(inSysfs, "partition"))) return device;
  return (await readFile(join(inSysfs, "..", "dev"), "utf8")).trim();
}

/** Removes the groups of one machine, or of the whole cloud when no id is given. */
export async function removeCgroups(settings: LocalCloudSettings, serverId?: number): Promise<void> {
  for (const folder of await cgroupFolders(settings)) {
    await removeGroup(serverId === undefined ? folder : join(folder, `m${serverId}`));
  }
}

/** Kills whatever is left in the cloud's groups, also a machine whose boot was cut short before it was on record. */
export async function killGroups(settings: LocalCloudSettings): Promise<void> {
  for (const folder of await cgroupFolders(settings)) {
    for (const pid of await processesIn(folder)) signal(pid, "SIGKILL");
  }
}

async function processesIn(folder: string): Promise<number[]> {
  const text = await readFile(join(folder, "cgroup.procs"), "utf8").catch(() => "");
  const own = text.split("\n").filter(Boolean).map(Number);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const below = await Promise.all(
    entries.filter((entry) => entry.isDirectory()).map((entry) => processesIn(join(folder, entry.name))),
  );
  return [...own, ...below.flat()].filter((pid) => pid !== process.pid && pid !== 0);
}

/** Folders of this cloud that exist, one for each hierarchy. */
export async function cgroupFolders(settings: LocalCloudSettings): Promise<string[]> {
  const hierarchies = await listHierarchies();
  return hierarchies
    .map(({ mount }) => join(mount, groupName(settings)))
    .filter((folder) => existsSync(folder));
}

const groupName = (settings: LocalCloudSettings) => `hetzner-platform-${settings.name}`;

async function removeGroup(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeGroup(join(folder, entry.name));
  await rmdir(folder).catch(() => {});
}

// The named hierarchies that a process can join: one with processes of its own, not controllers nobody uses here.
async function listHierarchies(): Promise<Hierarchy[]> {
  const text = await readFile("/proc/self/mounts", "utf8");
  return text.split("\n").flatMap((line): Hierarchy[] => {
    const [, mount = "", type, options = ""] = line.split(" ");
    if (type === "cgroup2") return [{ mount, version: 2, controllers: [] }];
    const controllers = options.split(",").filter((name) => usedControllers.includes(name));
    return type === "cgroup" && controllers.length > 0 ? [{ mount, version: 1, controllers }] : [];
  });
}
