import type { Host } from "../host/contract";
import type { LocalCloudSettings } from "../settings/cloud";
import { runInGuest } from "./guest";
import {
  attachCommand,
  createVolumeFile,
  detachCommand,
  forgetAttachment,
  readVolumeRecord,
  recordAttachment,
  removeVolumeFile,
  resizeVolumeFile,
} from "./volumes";

type VolumeMethods = Pick<
  Host,
  "createVolume" | "resizeVolume" | "removeVolume" | "attachVolume" | "detachVolume"
>;

/** What a host does with volumes. */
export function volumeMethods(settings: LocalCloudSettings): VolumeMethods {
  return {
    createVolume: (volume) => createVolumeFile(settings, volume),
    resizeVolume: (volume) => resizeVolumeFile(settings, volume),
    removeVolume: (volumeId) => removeVolumeFile(settings, volumeId),

    async attachVolume(volume, server, automount) {
      await recordAttachment(settings, volume, server.id, automount);
      await runInGuest(settings, server.id, await attachCommand(settings, volume.id));
    },

    async detachVolume(volume) {
      const record = await readVolumeRecord(settings, volume.id);
      const command = await detachCommand(settings, volume.id);
      if (record !== undefined && command !== undefined) await runInGuest(settings, record.serverId, command);
      await forgetAttachment(settings, volume.id);
    },
  };
}
