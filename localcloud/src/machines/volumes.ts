import { existsSync } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { VolumeSpec } from "../host/contract";
import { writeAtomically } from "../linux/files";
import type { LocalCloudSettings } from "../settings/cloud";
import { machineFolders } from "./folders";
import { volumeHelperPath } from "./hcUtils";
import { loopOf } from "./loops";

/** Where a volume is attached, kept beside its file. */
interface VolumeRecord {
  readonly serverId: number;
  /** Whether the attachment asked for a mount. */
  readonly automount: boolean;
  /** Milliseconds since 1970. */
  readonly attachedAt: number;
}

/** How long the metadata service says yes to the guest's question whether to mount (HC-M6: some minutes). */
const automountMs = 5 * 60_000;

const gigabyte = 1024 ** 3;
const fileOf = (settings: LocalCloudSettings, id: number) => join(settings.paths.volumes, `${id}.img`);
const recordOf = (settings: LocalCloudSettings, id: number) => join(settings.paths.volumes, `${id}.json`);

/** A sparse file: 2 TB cost nothing until they are written. */
export async function createVolumeFile(settings: LocalCloudSettings, volume: VolumeSpec): Promise<void> {
  const file = fileOf(settings, volume.id);
  if (existsSync(file)) return;
  await mkdir(settings.paths.volumes, { recursive: true });
  const partial = `${file}.partial`;
  await rm(partial, { force: true });
  const handle = await open(partial, "w", 0o600);
  await handle.truncate(volume.sizeGb * gigabyte);
  await handle.close();
  if (volume.format === "ext4") {
    const lazy = "lazy_itable_init=1,lazy_journal_init=1,nodiscard";
    await execa("mkfs.ext4", ["-q", "-F", "-E", lazy, partial]);
  }
  if (volume.format === "xfs") await execa("mkfs.xfs", ["-q", "-K", partial]);
  await rename(partial, file);
}

/** Grows the file and, where it is attached, the block device; the file system is the guest's business. */
export async function resizeVolumeFile(settings: LocalCloudSettings, volume: VolumeSpec): Promise<void> {
  const file = fileOf(settings, volume.id);
  const size = volume.sizeGb * gigabyte;
  if ((await stat(file)).size < size) {
    const handle = await open(file, "r+");
    await handle.truncate(size);
    await handle.close();
  }
  const device = await loopOf(file);
  if (device !== undefined) await execa("losetup", ["--set-capacity", device]);
}

export async function removeVolumeFile(settings: LocalCloudSettings, id: number): Promise<void> {
  await dropLoop(settings, id);
  await rm(recordOf(settings, id), { force: true });
  await rm(fileOf(settings, id), { force: true });
}

/** Notes the attachment and makes the block device. */
export async function recordAttachment(
  settings: LocalCloudSettings,
  volume: VolumeSpec,
  serverId: number,
  automount: boolean,
): Promise<void> {
  const existing = await readVolumeRecord(settings, volume.id);
  const attachedAt = existing?.serverId === serverId ? existing.attachedAt : Date.now();
  const record: VolumeRecord = { serverId, automount, attachedAt };
  await writeAtomically(recordOf(settings, volume.id), JSON.stringify(record));
}

export async function forgetAttachment(settings: LocalCloudSettings, id: number): Promise<void> {
  await rm(recordOf(settings, id), { force: true });
  await dropLoop(settings, id);
}

/** Arguments of the guest's helper that makes the device node appear. */
export async function attachCommand(settings: LocalCloudSettings, id: number): Promise<string[]> {
  const { minor } = await ensureLoop(fileOf(settings, id));
  return [volumeHelperPath, "attach", String(id), "7", String(minor)];
}

export async function detachCommand(settings: LocalCloudSettings, id: number): Promise<string[] | undefined> {
  const device = await loopOf(fileOf(settings, id));
  if (device === undefined) return undefined;
  return [volumeHelperPath, "detach", String(id), "7", device.replace("/dev/loop", "")];
}

/**
 * Has the machine's own systemd-tmpfiles make the device nodes of its volumes early in its boot, before it
 * mounts anything.
 */
export async function prepareVolumes(settings: LocalCloudSettings, serverId: number): Promise<void> {
  const lines: string[] = [];
  for (const id of await attachedTo(settings, serverId)) {
    const { minor } = await ensureLoop(fileOf(settings, id));
    lines.push(`b+ /dev/loop${minor} 0660 root disk - 7:${minor}`);
    lines.push(`L+ /dev/disk/by-id/scsi-0HC_Volume_${id} - - - - /dev/loop${minor}`);
  }
  await writeAtomically(
    machineFolders(settings, serverId).devices,
    lines.map((line) => `${line}\n`).join(""),
  );
}

export async function readVolumeRecord(
  settings: LocalCloudSettings,
  id: number,
): Promise<VolumeRecord | undefined> {
  const text = await readFile(recordOf(settings, id), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as VolumeRecord);
}

/** Volumes of a server whose attachment asked for a mount some minutes ago at most (HC-M6). */
export async function recentAutomounts(
  settings: LocalCloudSettings,
  server: number,
): Promise<ReadonlySet<number>> {
  const records = await allRecords(settings);
  const since = Date.now() - automountMs;
  const recent = records.filter(
    ([, { serverId, automount, attachedAt }]) => serverId === server && automount && attachedAt >= since,
  );
  return new Set(recent.map(([id]) => id));
}

async function attachedTo(settings: LocalCloudSettings, serverId: number): Promise<number[]> {
  const records = await allRecords(settings);
  return records.filter(([, record]) => record.serverId === serverId).map(([id]) => id);
}

async function allRecords(settings: LocalCloudSettings): Promise<[number, VolumeRecord][]> {
  const names = await readdir(settings.paths.volumes).catch(() => []);
  const ids = names.filter((name) => /^\d+\.json$/.test(name)).map((name) => Number.parseInt(name, 10));
  const records = await Promise.all(
    ids.map(async (id) => [id, await readVolumeRecord(settings, id)] as const),
  );
  return records.flatMap(([id, record]) => (record === undefined ? [] : [[id, record]]));
}

async function ensureLoop(file: string): Promise<{ minor: number }> {
  const device =
    (await loopOf(file)) ?? (await execa("losetup", ["--find", "--show", "--nooverlap", file])).stdout.trim();
  return { minor: Number(device.replace("/dev/loop", "")) };
}

async function dropLoop(settings: LocalCloudSettings, id: number): Promise<void> {
  const device = await loopOf(fileOf(settings, id));
  if (device !== undefined) await execa("losetup", ["--detach", device], { reject: false });
}
