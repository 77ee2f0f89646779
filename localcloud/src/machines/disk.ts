// A server's disk: a sparse file of its type's size on the host, with an XFS of its own under the machine's layers.
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rename, rm, statfs } from "node:fs/promises";
import { execa } from "execa";
import { mountPoints, unmount } from "../linux/mounts";
import { loopOf } from "./loops";

/** Hetzner's disk gigabyte: a 40 GB server shows 38.1 GiB. */
const gigabyte = 1_024_000_000;
/** What XFS keeps for its log and the like, at most. */
const slack = 1024 ** 3;

export interface DiskPlace {
  /** The file. */
  readonly disk: string;
  /** Where it is mounted. */
  readonly layers: string;
}

/** Why servers' disks have no limit on this host; undefined when they have one. */
export async function whyNoDiskLimit(): Promise<string | undefined> {
  if (!existsSync("/dev/loop-control")) return "the host has no loop devices";
  const systems = await readFile("/proc/filesystems", "utf8");
  return /^\s*xfs$/m.test(systems) ? undefined : "the host's kernel has no XFS";
}

/** A new empty disk, mounted; what was there before is gone. Without loop devices only a folder. */
export async function makeDisk({ disk, layers }: DiskPlace, sizeGb: number): Promise<void> {
  await unmount(layers);
  const partial = `${disk}.partial`;
  const [unlimited] = await Promise.all([
    whyNoDiskLimit(),
    ...[layers, disk, partial].map((path) => rm(path, { recursive: true, force: true })),
  ]);
  await mkdir(layers, { recursive: true });
  if (unlimited !== undefined) return;
  const file = await open(partial, "w", 0o600);
  await file.truncate(sizeGb * gigabyte);
  await file.close();
  // The file is all zeros already: nothing to discard.
  await execa("mkfs.xfs", ["-q", "-K", partial]);
  await rename(partial, disk);
  await mountDisk({ disk, layers });
}

/** A disk that holds what another one holds, mounted; what was there before is gone. */
export async function cloneDisk({ disk, layers }: DiskPlace, from: string): Promise<void> {
  await unmount(layers);
  const partial = `${disk}.partial`;
  await Promise.all([layers, disk, partial].map((path) => rm(path, { recursive: true, force: true })));
  await mkdir(layers, { recursive: true });
  await execa("cp", ["--reflink=auto", "--sparse=auto", from, partial]);
  await rename(partial, disk);
  await mountDisk({ disk, layers });
}

/** Mounts the disk again, as after a reboot of the host; a machine without one is left as it is. */
export async function mountDisk({ disk, layers }: DiskPlace): Promise<void> {
  if (!existsSync(disk) || (await mountPoints()).includes(layers)) return;
  // Disks of machines that were made from one snapshot carry one UUID.
  await execa("mount", ["-t", "xfs", "-o", "loop,noatime,nouuid", disk, layers]);
}

/** Grows a mounted disk and its file system to a size; never shrinks it. */
export async function growDisk({ disk, layers }: DiskPlace, sizeGb: number): Promise<void> {
  const { blocks, bsize } = await statfs(layers);
  if (sizeGb * gigabyte - blocks * bsize <= slack) return;
  const device = await loopOf(disk);
  if (device === undefined) return;
  const file = await open(disk, "r+");
  await file.truncate(sizeGb * gigabyte);
  await file.close();
  await execa("losetup", ["--set-capacity", device]);
  await execa("xfs_growfs", ["-d", layers]);
}
