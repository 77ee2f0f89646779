// Snapshots that `npm run bake` has made stay when the cloud goes down, as they outlive the servers of a stack at
// Hetzner: the next cloud of the name has them again.
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { cacheDir } from "../../../toolchain/cacheDir";
import type { LocalCloudSettings } from "../settings/cloud";
import type { Image } from "../state/rows";
import type { Store } from "../state/store";
import { snapshotParts } from "./folders";

/** Where they lie while the cloud is down. @param name of the cloud */
export const keptImagesFolder = (name: string) => cacheDir("baked-images", name);

const isKept = ({ type, status, labels }: Image) =>
  type === "snapshot" && status === "available" && labels["managed-by"] === "bake";

/** Puts them aside. The cloud's daemon does not run. */
export async function keepImages(
  { paths, name }: Pick<LocalCloudSettings, "paths" | "name">,
  images: readonly Image[],
  kept = keptImagesFolder(name),
): Promise<void> {
  await rm(kept, { recursive: true, force: true });
  for (const image of images.filter(isKept)) {
    const folder = join(paths.snapshots, String(image.id));
    if (!existsSync(folder)) continue;
    await mkdir(kept, { recursive: true });
    await writeFile(join(folder, "image.json"), JSON.stringify(image));
    // Not a rename: the cache may be another file system.
    await execa("mv", [folder, join(kept, String(image.id))]);
  }
}

/**
 * Takes back what another life of the cloud has put aside, with new numbers. What was made on another base image would
 * lie on the wrong system: it is removed.
 *
 * @param base root file system of new machines
 */
export async function adoptImages(
  { paths, name }: Pick<LocalCloudSettings, "paths" | "name">,
  store: Store,
  base: string,
  kept = keptImagesFolder(name),
): Promise<void> {
  const ids = await readdir(kept).catch(() => []);
  for (const id of ids.map(Number).sort((a, b) => a - b)) {
    const parts = snapshotParts(join(kept, String(id)));
    const lower = await readFile(parts.lower, "utf8").catch(() => "");
    const text = await readFile(join(parts.folder, "image.json"), "utf8").catch(() => undefined);
    if (lower !== base || text === undefined) continue;
    await mkdir(paths.snapshots, { recursive: true });
    const image: Image = { ...(JSON.parse(text) as Image), id: store.transaction(() => store.nextId()) };
    await execa("mv", [parts.folder, join(paths.snapshots, String(image.id))]);
    store.transaction(() => store.put("image", image));
  }
  await rm(kept, { recursive: true, force: true });
}
