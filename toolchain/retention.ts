import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/**
 * Removes old builds whose folders are named `prefix` and a content key. The newest other one stays: a second
 * checkout of this repository may use it.
 */
export async function keepNewest(parent: string, prefix: string, current: string): Promise<void> {
  const others: { folder: string; modified: number }[] = [];
  for (const entry of await readdir(parent)) {
    const folder = join(parent, entry);
    const isBuild = entry.startsWith(prefix) && /^[0-9a-f]{16}$/.test(entry.slice(prefix.length));
    if (isBuild && folder !== current) others.push({ folder, modified: (await stat(folder)).mtimeMs });
  }
  others.sort((one, other) => other.modified - one.modified);
  for (const { folder } of others.slice(1)) await rm(folder, { recursive: true, force: true });
}

/** Removes what interrupted work left behind. The caller holds the lock under which such folders are made. */
export async function removeLeftovers(parent: string, prefix: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    if (entry.startsWith(prefix)) await rm(join(parent, entry), { recursive: true, force: true });
  }
}
