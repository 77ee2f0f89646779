import type { ServerSpec, VolumeSpec } from "../host/contract";
import type { LocalCloudSettings } from "../settings/cloud";
import { runInGuest } from "./guest";
import {
  attachCommand,
  detachCommand,
  forgetAttachment,
  readVolumeRecord,
  recordAttachment,
} from "./volumes";

/** Makes the volume appear in the machine, which may be off. */
export async function attachVolume(
  settings: LocalCloudSettings,
  volume: VolumeSpec,
  server: ServerSpec,
  automount: boolean,
): Promise<void> {
  await recordAttachment(settings, volume, server.id, automount);
  await runInGuest(settings, server.id, await attachCommand(settings, volume.id));
}

/** Takes the volume out of the machine that has it. */
export async function detachVolume(settings: LocalCloudSettings, volume: VolumeSpec): Promise<void> {
  const record = await readVolumeRecord(settings, volume.id);
  const command = await detachCommand(settings, volume.id);
  if (record !== undefined && command !== undefined) await runInGuest(settings, record.serverId, command);
  await forgetAttachment(settings, volume.id);
}
