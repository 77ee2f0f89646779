import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { ServerSpec } from "../host/contract";
import { type MachineFile, writeAtomically, writeFiles } from "../linux/files";
import { isMounted } from "../linux/mounts";
import type { LocalCloudSettings } from "../settings/cloud";
import { serialFile } from "./datasource";
import { cloneDisk, growDisk, makeDisk, mountDisk } from "./disk";
import { writeRootPassword } from "./rootPassword";

/** Where the parts of one machine lie. */
export interface MachineFolders {
  readonly base: string;
  /** Mount point of the overlay. */
  readonly root: string;
  /** File with the machine's disk; none where the host has no loop devices. */
  readonly disk: string;
  /**
   * Where the disk is mounted: the layers of one life. A rebuild makes new ones, because the kernel may hold the
   * old a while longer.
   */
  readonly layers: string;
  readonly upper: string;
  readonly work: string;
  /** No overlay itself, so Docker's overlay2 works on it. */
  readonly docker: string;
  readonly record: string;
  /** The wrapper's line of /proc/PID/stat: process id and start time. */
  readonly process: string;
  /** Exit code of systemd-nspawn, written when the machine has ended. */
  readonly exit: string;
  readonly console: string;
  /** Device nodes for systemd-tmpfiles. */
  readonly devices: string;
  /** Layers and mount point of the rescue system, while it runs. */
  readonly rescue: string;
}

/** What a machine needs to be found again by another daemon. */
export interface MachineRecord {
  readonly id: number;
  readonly name: string;
  readonly image: string;
  /** Lower layer: the base image at the time of creation. */
  readonly lower: string;
}

export function machineFolders(settings: LocalCloudSettings, id: number): MachineFolders {
  const base = join(settings.paths.machines, String(id));
  const layers = join(base, "layers");
  return {
    base,
    root: join(base, "root"),
    disk: join(base, "disk.img"),
    layers,
    upper: join(layers, "upper"),
    work: join(layers, "work"),
    docker: join(layers, "docker"),
    record: join(base, "machine.json"),
    process: join(base, "process"),
    exit: join(base, "exit"),
    console: join(base, "console.log"),
    devices: join(base, "devices.conf"),
    rescue: join(base, "rescue"),
  };
}

/** Servers that have files on the host, whether they run or not. */
export async function machineIds({ paths }: LocalCloudSettings): Promise<number[]> {
  const names = await readdir(paths.machines).catch(() => []);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

export async function readRecord(
  settings: LocalCloudSettings,
  id: number,
): Promise<MachineRecord | undefined> {
  const text = await readFile(machineFolders(settings, id).record, "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as MachineRecord);
}

/** Layers of a new machine. The record is written last: without it the machine does not exist. */
export async function makeLayers(
  settings: LocalCloudSettings,
  server: ServerSpec,
  lower: string,
): Promise<void> {
  const folders = machineFolders(settings, server.id);
  const snapshot = snapshotFolder(settings, server.image);
  if (snapshot === undefined && !/^debian-13$/.test(server.image)) {
    throw new Error(
      `image ${JSON.stringify(server.image)} is not available in the local cloud: use debian-13 or a snapshot`,
    );
  }
  if (snapshot !== undefined && !existsSync(snapshot)) {
    throw new Error(`snapshot ${JSON.stringify(server.image)} has no files: create it again`);
  }
  await mkdir(folders.root, { recursive: true });
  if (snapshot === undefined) {
    await makeDisk(folders, server.diskGb);
    await Promise.all([folders.upper, folders.docker].map((folder) => mkdir(folder)));
  } else {
    await layersOfSnapshot(folders, server.diskGb, snapshotParts(snapshot));
  }
  await mkdir(folders.work, { recursive: true });
  await Promise.all([
    writeFiles(folders.upper, ownFiles(settings, server)),
    server.rootPasswordHash && writeRootPassword(lower, folders.upper, server.rootPasswordHash),
  ]);
  if (snapshot === undefined) await keepAge(lower, folders.upper, "usr");
  const record: MachineRecord = { id: server.id, name: server.name, image: server.image, lower };
  await writeAtomically(folders.record, JSON.stringify(record));
}

/** The disk as it was copied is a machine's in a part of the time that its files would take. */
async function layersOfSnapshot(
  folders: MachineFolders,
  diskGb: number,
  { disk, layers }: SnapshotParts,
): Promise<void> {
  if (existsSync(disk)) {
    await cloneDisk(folders, disk);
    return;
  }
  await makeDisk(folders, diskGb);
  await copyTree(join(layers, "upper"), folders.upper);
  await copyTree(join(layers, "docker"), folders.docker);
}

/** A folder of the upper layer hides the one below: a newer /usr would have the first boot rebuild every cache. */
async function keepAge(lower: string, upper: string, folder: string): Promise<void> {
  // Layers of the image, the topmost first.
  const hidden = lower
    .split(":")
    .map((layer) => join(layer, folder))
    .find(existsSync);
  if (hidden === undefined) return;
  const { atime, mtime } = await stat(hidden);
  await utimes(join(upper, folder), atime, mtime);
}

/**
 * The host name of a server: the first label of its name, as cloud-init sets it on Debian. A whole name has up to 253
 * characters, which is more than the 64 that a kernel takes.
 */
export const hostnameOf = (name: string): string => name.split(".")[0] ?? name;

/** What differs between machines and clouds, on top of the image. */
function ownFiles(settings: LocalCloudSettings, server: ServerSpec) {
  return [
    { path: serialFile, content: `${server.id}\n` },
    // Given here, because an empty one would be a first boot, which enables every unit that is installed.
    { path: "/etc/machine-id", content: `${randomBytes(16).toString("hex")}\n`, mode: 0o444 },
    { path: "/etc/hostname", content: `${hostnameOf(server.name)}\n` },
    packageCacheFile(settings),
  ];
}

/** Package sources by the cache on the host. */
export function packageCacheFile({ hostAddress, packageCachePort }: LocalCloudSettings): MachineFile {
  return {
    path: "/etc/apt/apt.conf.d/95-package-cache",
    content: `Acquire::http::Proxy "http://${hostAddress}:${packageCachePort}";\nAcquire::https::Proxy "DIRECT";\n`,
  };
}

/** What lies in the folder of a snapshot. */
export interface SnapshotParts {
  readonly folder: string;
  /** The disk; none where the host has no loop devices. */
  readonly disk: string;
  /** Its layers, where there is no disk. */
  readonly layers: string;
  /** Name of the base image that the layers lie on. */
  readonly lower: string;
}

export function snapshotParts(folder: string): SnapshotParts {
  return {
    folder,
    disk: join(folder, "disk.img"),
    layers: join(folder, "layers"),
    lower: join(folder, "lower"),
  };
}

/** `snapshot-12` to its folder; undefined for every other image. */
export function snapshotFolder(settings: LocalCloudSettings, image: string): string | undefined {
  const id = /^snapshot-(\d+)$/.exec(image)?.[1];
  return id === undefined ? undefined : join(settings.paths.snapshots, id);
}

/** A copy that keeps owners, extended attributes and overlay marks, and shares blocks where it can. */
export async function copyTree(from: string, to: string): Promise<void> {
  if (!existsSync(from)) {
    await mkdir(to, { recursive: true });
    return;
  }
  await execa("cp", ["--archive", "--reflink=auto", "--sparse=always", from, to]);
}

/** Mounts what the machine boots from its own disk, which grows to the size that it is to have. */
export async function mountRoot(
  settings: LocalCloudSettings,
  record: MachineRecord,
  { diskGb }: Pick<ServerSpec, "diskGb">,
): Promise<void> {
  const folders = machineFolders(settings, record.id);
  const { root, upper, work } = folders;
  await mountDisk(folders);
  await growDisk(folders, diskGb);
  if (await isMounted(root)) return;
  const options = `lowerdir=${record.lower},upperdir=${upper},workdir=${work}`;
  await execa("mount", ["-t", "overlay", "overlay", "-o", options, root]);
}
