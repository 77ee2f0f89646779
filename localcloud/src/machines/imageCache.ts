// Base images that nobody boots from any more are removed from the cache: each has half a gigabyte.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { cacheDir, type Progress } from "../../../toolchain/cacheDir";
import { writeAtomically } from "../linux/files";
import type { LocalCloudSettings } from "../settings/cloud";

/** A clone of another version may ask for its image again tomorrow. */
const keepMs = 3 * 24 * 60 * 60_000;

const imageName = /^[0-9a-f]{16}$/;

/** Notes that this image was asked for now. */
export async function markUsed(folder: string): Promise<void> {
  const now = new Date();
  await utimes(folder, now, now);
}

/** Notes where a cloud keeps its machines, so that the images of those that are off are kept too. */
export async function registerCloud({ paths }: LocalCloudSettings): Promise<void> {
  const file = createHash("sha256").update(paths.machines).digest("hex").slice(0, 16);
  await mkdir(cloudsFolder(), { recursive: true });
  await writeAtomically(join(cloudsFolder(), file), paths.machines);
}

/**
 * Removes base images that no machine of a cloud on this host has below it and that nobody asked for in three
 * days; says which.
 */
export async function pruneImages(progress: Progress, now = Date.now()): Promise<void> {
  const used = new Set([...(await mountedLayers()), ...(await recordedLayers())]);
  for (const name of await readdir(cacheDir("image")).catch(() => [])) {
    const folder = cacheDir("image", name);
    if (!imageName.test(name) || used.has(folder)) continue;
    if ((await stat(folder)).mtimeMs > now - keepMs) continue;
    progress(`removing the base image ${basename(folder)}, which no machine uses`);
    await rm(folder, { recursive: true, force: true });
  }
}

const cloudsFolder = () => cacheDir("image", "clouds");

async function mountedLayers(): Promise<string[]> {
  const mounts = await readFile("/proc/self/mounts", "utf8").catch(() => "");
  return [...mounts.matchAll(/[ ,]lowerdir=([^, ]+)/g)].flatMap(([, layers = ""]) => layers.split(":"));
}

/** Images of machines that are on record, those that are off included. */
async function recordedLayers(): Promise<string[]> {
  const found: string[] = [];
  for (const file of await readdir(cloudsFolder()).catch(() => [])) {
    const machines = await readFile(join(cloudsFolder(), file), "utf8");
    const ids = await readdir(machines).catch(() => undefined);
    // A cloud that went down has no machines; it notes itself again when it comes up.
    if (ids === undefined) await rm(join(cloudsFolder(), file), { force: true });
    for (const id of ids ?? []) {
      const record = await readFile(join(machines, id, "machine.json"), "utf8").catch(() => undefined);
      if (record !== undefined) found.push((JSON.parse(record) as { lower: string }).lower);
    }
  }
  return found.map((lower) => join(dirname(lower), basename(lower)));
}
