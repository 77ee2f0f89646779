// Data and snapshots of a box: btrfs on a sparse file of the type's size, so that `df` and a full disk are real,
// a snapshot costs nothing, and a smaller type is a smaller file system.
import { existsSync } from "node:fs";
import { lchown, mkdir, open, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { BoxUsage, StorageBoxSpec } from "../host/storageBoxes";
import { mountPoints, unmount } from "../linux/mounts";
import type { LocalCloudSettings } from "../settings/cloud";
import { boxFolders } from "./folders";
import { usageOf, wholeGroup } from "./usage";

/** Owner of all data on disk. Other accounts see it as their own through mounts that map the id. */
export const dataOwner = 2000;

/** Largest file of ext4, where the state folder usually lies: the largest type is cut to it. */
const largestFile = 2 ** 44 - 4096;

/** The file system exists, is mounted, has the size, and the data's folder with its first keys. */
export async function ensureFileSystem(settings: LocalCloudSettings, box: StorageBoxSpec): Promise<void> {
  const { base, image, mount } = boxFolders(settings, box.id);
  const size = Math.min(box.size, largestFile);
  await mkdir(base, { recursive: true, mode: 0o700 });
  if (!existsSync(image)) await makeImage(image, size);
  await mountFileSystem(settings, box.id);
  await resize(image, mount, size);
  await ensureData(settings, box);
}

async function makeImage(image: string, size: number): Promise<void> {
  const partial = `${image}.partial`;
  await rm(partial, { force: true });
  const handle = await open(partial, "w", 0o600);
  await handle.truncate(size);
  await handle.close();
  // One copy of everything, because the file lies on one disk. Mixed: a full disk can still be emptied, and one
  // that was emptied can shrink at once.
  const profile = ["--mixed", "--metadata", "single", "--data", "single"];
  await execa("mkfs.btrfs", ["--quiet", "--nodiscard", ...profile, partial]);
  await rename(partial, image);
}

export async function mountFileSystem(settings: LocalCloudSettings, id: number): Promise<void> {
  const { image, mount } = boxFolders(settings, id);
  if ((await mountPoints()).includes(mount)) return;
  await mkdir(mount, { recursive: true });
  // Whatever a user makes, no path of ours in here ever leads out. Usage is told at most 5 s late.
  await execa("mount", ["-o", "loop,nosymfollow,nosuid,nodev,noexec,commit=5", image, mount]);
}

/** Growing makes room first in the file, shrinking first in the file system. A step done twice does no harm. */
async function resize(image: string, mount: string, size: number): Promise<void> {
  if ((await stat(image)).size < size) await resizeFile(image, mount, size);
  const { blocks, bsize } = await statfs(mount);
  if (blocks * bsize !== size) {
    await execa("btrfs", ["filesystem", "sync", mount]);
    const { exitCode, stderr } = await execa("btrfs", ["filesystem", "resize", String(size), mount], {
      reject: false,
    });
    if (exitCode !== 0) throw new Error(`the storage box cannot have ${size} bytes: ${stderr.trim()}`);
  }
  if ((await stat(image)).size > size) await resizeFile(image, mount, size);
}

async function resizeFile(image: string, mount: string, size: number): Promise<void> {
  const handle = await open(image, "r+");
  await handle.truncate(size);
  await handle.close();
  const { stdout: device } = await execa("findmnt", ["--noheadings", "--output", "SOURCE", mount]);
  await execa("losetup", ["--set-capacity", device.trim()]);
}

async function ensureData(settings: LocalCloudSettings, box: StorageBoxSpec): Promise<void> {
  const { mount, data, snapshots } = boxFolders(settings, box.id);
  await mkdir(snapshots, { recursive: true });
  if (existsSync(data)) return;
  // A rollback that died between its two renames.
  const restored = [rolledBack(mount), replaced(mount)].find((path) => existsSync(path));
  if (restored !== undefined) return rename(restored, data);
  const partial = join(mount, "data.new");
  if (existsSync(partial)) await deleteSubvolume(partial);
  await execa("btrfs", ["quota", "enable", mount]);
  // Refused when it is there already.
  await execa("btrfs", ["qgroup", "create", wholeGroup, mount], { reject: false });
  await execa("btrfs", ["subvolume", "create", "-i", wholeGroup, partial]);
  await own(partial);
  await makeFolders(partial, [".ssh"], 0o700);
  const keys = join(partial, ".ssh", "authorized_keys");
  await writeFile(keys, box.publicKeys.map((key) => `${key.trim()}\n`).join(""), { mode: 0o600 });
  await own(keys);
  await rename(partial, data);
}

const own = (path: string) => lchown(path, dataOwner, dataOwner);

/**
 * Makes a folder and those above it. The file system follows no links, so it lies below `from` for certain.
 *
 * @throws when a part of it is something else than a folder
 */
export async function makeFolders(from: string, parts: readonly string[], mode = 0o755): Promise<void> {
  let path = from;
  for (const part of parts) {
    path = join(path, part);
    try {
      await mkdir(path, { mode });
      await own(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  // A link has no folder behind it here.
  if (!(await stat(path)).isDirectory()) throw new Error(`${parts.join("/")} is no folder`);
}

const rolledBack = (mount: string) => join(mount, "data.rolled-back");
const replaced = (mount: string) => join(mount, "data.replaced");

function snapshotPath(settings: LocalCloudSettings, id: number, name: string): string {
  if (!/^[A-Za-z0-9-]+$/.test(name)) throw new Error(`${JSON.stringify(name)} is no name of a snapshot`);
  return join(boxFolders(settings, id).snapshots, name);
}

export async function takeSnapshot(settings: LocalCloudSettings, id: number, name: string): Promise<void> {
  const path = snapshotPath(settings, id, name);
  if (existsSync(path)) return;
  const { data } = boxFolders(settings, id);
  await execa("btrfs", ["subvolume", "snapshot", "-r", "-i", wholeGroup, data, path]);
}

export async function dropSnapshot(settings: LocalCloudSettings, id: number, name: string): Promise<void> {
  const path = snapshotPath(settings, id, name);
  if (existsSync(path)) await deleteSubvolume(path);
}

/** Puts the data back as it was in the snapshot. Nobody may use the data meanwhile. */
export async function restoreSnapshot(settings: LocalCloudSettings, id: number, name: string): Promise<void> {
  const { mount, data } = boxFolders(settings, id);
  const path = snapshotPath(settings, id, name);
  if (!existsSync(path)) throw new Error(`the storage box has no snapshot ${name} on the host`);
  for (const left of [rolledBack(mount), replaced(mount)]) {
    if (existsSync(left) && existsSync(data)) await deleteSubvolume(left);
  }
  const next = rolledBack(mount);
  if (!existsSync(next)) await execa("btrfs", ["subvolume", "snapshot", "-i", wholeGroup, path, next]);
  if (existsSync(data)) await rename(data, replaced(mount));
  await rename(next, data);
  if (existsSync(replaced(mount))) await deleteSubvolume(replaced(mount));
}

/** Resolves when the space is free again. */
async function deleteSubvolume(path: string): Promise<void> {
  await execa("btrfs", ["subvolume", "delete", "--commit-after", path]);
  await execa("btrfs", ["subvolume", "sync", join(path, "..")]);
}

/** Undefined when the box is not mounted. */
export async function measure(settings: LocalCloudSettings, id: number): Promise<BoxUsage | undefined> {
  const { mount } = boxFolders(settings, id);
  if (!(await mountPoints()).includes(mount)) return undefined;
  const [groups, subvolumes] = await Promise.all([
    execa("btrfs", ["qgroup", "show", "--raw", mount], { reject: false }),
    execa("btrfs", ["subvolume", "list", mount], { reject: false }),
  ]);
  return usageOf(groups.stdout ?? "", subvolumes.stdout ?? "");
}

export async function removeFileSystem(settings: LocalCloudSettings, id: number): Promise<void> {
  await unmount(boxFolders(settings, id).mount);
}
