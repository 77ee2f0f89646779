import type { ServerSpec } from "../host/contract";
import type { LocalCloudSettings } from "../settings/cloud";
import type { BootSystem } from "./boot";
import { hostnameOf, type MachineRecord, machineFolders, mountRoot } from "./folders";
import { makeRescue, removeRescue, rescueSystem } from "./rescue";
import { prepareVolumes } from "./volumes";

/** What a server boots next: its own system, or the rescue system when it asked for it. */
export function systemOf(settings: LocalCloudSettings, { id, name, rescue }: ServerSpec): BootSystem {
  const folders = machineFolders(settings, id);
  if (rescue !== undefined) return rescueSystem(folders);
  return { root: folders.root, hostname: hostnameOf(name), binds: [[folders.docker, "/var/lib/docker"]] };
}

/** Mounts it, and notes the server's volumes. */
export async function mountSystem(
  settings: LocalCloudSettings,
  record: MachineRecord,
  { id, diskGb, rescue }: ServerSpec,
  baseImage: string,
): Promise<void> {
  await mountRoot(settings, record, { diskGb });
  if (rescue === undefined) await removeRescue(settings, id);
  else await makeRescue(settings, id, rescue, baseImage);
  await prepareVolumes(settings, id);
}
