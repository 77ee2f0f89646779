import type { CompleteSetup, SetupFile, SetupStep } from "../../setup/types";
import { mountedVolume, needsVolume, volumeFolder, volumeMarkerIn } from "../../setup/volume";

/** Where the volume of the storage node is mounted. */
export const storageRoot = "/srv/storage";

/** Proves to scripts that they see the volume and not the folder beneath it. */
export const volumeMarker = volumeMarkerIn(storageRoot);

/** @param volumeGb size that was ordered, checked against what is mounted */
export function volumeSetup(volumeId: number, volumeGb: number): CompleteSetup {
  return mountedVolume({ root: storageRoot, owner: "storage node", volumeId, volumeGb });
}

/** Lets a unit start only when the volume is there. */
export function needsStorage(unit: string): SetupFile {
  return needsVolume(unit, storageRoot);
}

/** A folder on the volume. Owners are numbers or names that exist. */
export function storageFolder(path: string, owner: string, group: string, mode: string): SetupStep {
  return volumeFolder(storageRoot, path, { owner, group, mode });
}
