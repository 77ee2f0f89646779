import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { LocalCloudSettings } from "../settings/cloud";
import { mountDisk } from "./disk";
import { copyTree, machineFolders } from "./folders";

/**
 * Copies what a machine has written on top of its base image. As on Hetzner, a copy of a running machine is
 * what a power cut would leave.
 *
 * @returns bytes on disk
 */
export async function copySnapshot(
  settings: LocalCloudSettings,
  imageId: number,
  serverId: number,
): Promise<number> {
  const folder = join(settings.paths.snapshots, String(imageId));
  const folders = machineFolders(settings, serverId);
  const { upper, docker } = folders;
  if (!existsSync(folder)) {
    await mountDisk(folders);
    const partial = `${folder}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    await copyTree(upper, join(partial, "upper"));
    await copyTree(docker, join(partial, "docker"));
    await rename(partial, folder);
  }
  const { stdout } = await execa("du", ["--summarize", "--block-size=1", folder]);
  return Number.parseInt(stdout, 10);
}

export async function removeSnapshotFiles(settings: LocalCloudSettings, imageId: number): Promise<void> {
  await rm(join(settings.paths.snapshots, String(imageId)), { recursive: true, force: true });
}
