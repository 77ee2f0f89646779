// Reads what btrfs tells about space.
import type { BoxUsage, SnapshotUsage } from "../host/storageBoxes";

/** Group of quotas that data and snapshots are in: what they share is counted once. */
export const wholeGroup = "1/1";

/**
 * @param groups output of `btrfs qgroup show --raw`: `0/257 16384 16384`
 * @param subvolumes output of `btrfs subvolume list`: `ID 257 gen 9 top level 5 path snapshots/2026-01-01T00-00-00`
 * @returns undefined when the data is not there yet
 */
export function usageOf(groups: string, subvolumes: string): BoxUsage | undefined {
  const sizes = new Map<string, SnapshotUsage>();
  for (const [, group = "", total = "", exclusive = ""] of groups.matchAll(
    /^(\d+\/\d+)\s+(\d+)\s+(\d+)\b/gm,
  )) {
    sizes.set(group, { total: Number(total), exclusive: Number(exclusive) });
  }
  const bySnapshot = new Map<string, SnapshotUsage>();
  let data: number | undefined;
  for (const [, id = "", path = ""] of subvolumes.matchAll(/^ID (\d+) .*? path (.*)$/gm)) {
    const size = sizes.get(`0/${id}`);
    if (size === undefined) continue;
    if (path === "data") data = size.total;
    const snapshot = /^snapshots\/([^/]+)$/.exec(path)?.[1];
    if (snapshot !== undefined) bySnapshot.set(snapshot, size);
  }
  if (data === undefined) return undefined;
  const whole = sizes.get(wholeGroup)?.total ?? data;
  return { data, snapshots: Math.max(0, whole - data), bySnapshot };
}
