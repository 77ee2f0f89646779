import { existsSync } from "node:fs";
import { mkdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { ServerSpec } from "../host/contract";
import { unmount } from "../linux/mounts";
import type { LocalCloudSettings } from "../settings/cloud";
import { makeDisk, mountDisk } from "./disk";
import { copyTree, machineFolders, readRecord, snapshotParts } from "./folders";

/**
 * Copies what a machine has written on top of its base image, onto a disk that new machines start with. As on Hetzner,
 * a copy of a running machine is what a power cut would leave.
 *
 * @returns bytes on disk
 */
export async function copySnapshot(
  settings: LocalCloudSettings,
  imageId: number,
  server: Pick<ServerSpec, "id" | "diskGb">,
): Promise<number> {
  const folder = join(settings.paths.snapshots, String(imageId));
  if (!existsSync(folder)) await makeSnapshot(settings, folder, server);
  const { stdout } = await execa("du", ["--summarize", "--block-size=1", folder]);
  return Number.parseInt(stdout, 10);
}

async function makeSnapshot(
  settings: LocalCloudSettings,
  folder: string,
  { id, diskGb }: Pick<ServerSpec, "id" | "diskGb">,
): Promise<void> {
  const folders = machineFolders(settings, id);
  await mountDisk(folders);
  const partial = snapshotParts(`${folder}.partial`);
  await unmount(partial.layers);
  await rm(partial.folder, { recursive: true, force: true });
  await mkdir(partial.folder, { recursive: true });
  await makeDisk(partial, diskGb);
  await copyTree(folders.upper, join(partial.layers, "upper"));
  await copyTree(folders.docker, join(partial.layers, "docker"));
  if (existsSync(partial.disk)) {
    await unmount(partial.layers);
    await rmdir(partial.layers);
    // The file system's log is zeros.
    await execa("fallocate", ["--dig-holes", partial.disk]);
  }
  const record = await readRecord(settings, id);
  await writeFile(partial.lower, record?.lower ?? "");
  await rename(partial.folder, folder);
}

export async function removeSnapshotFiles(settings: LocalCloudSettings, imageId: number): Promise<void> {
  await rm(join(settings.paths.snapshots, String(imageId)), { recursive: true, force: true });
}
