import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { execa } from "execa";
import { cacheDir } from "../../../toolchain/cacheDir";
import { withLock } from "../../../toolchain/lock";
import { unmount } from "../linux/mounts";
import { inChroot } from "../machines/image";

/** What a box has and a machine has not. */
const packages = ["rsync", "borgbackup"];

/**
 * The system in which boxes are served: the base image of the machines with rsync and borg, built with the
 * first box and kept in the cache.
 *
 * @param image base image of the machines; of layers joined by colons only the lowest counts
 * @returns lower layers of an overlay, joined by colons
 */
export async function ensureBoxImage(image: string): Promise<string> {
  const base = image.split(":").at(-1) ?? image;
  const layer = cacheDir("storage-box-image", `${basename(base)}-${packages.join("-")}`);
  if (!existsSync(layer)) {
    await withLock(cacheDir("storage-box-image", "build.lock"), async () => {
      if (!existsSync(layer)) await build(base, layer);
    });
  }
  return `${layer}:${base}`;
}

async function build(base: string, layer: string): Promise<void> {
  const parent = dirname(layer);
  // Under the lock nobody else builds: what lies here was left by a build that was killed.
  for (const name of await readdir(parent)) {
    if (name.startsWith("partial-")) await remove(join(parent, name));
  }
  const partial = await mkdtemp(join(parent, "partial-"));
  const [upper, work, root] = ["upper", "work", "root"].map((name) => join(partial, name)) as [
    string,
    string,
    string,
  ];
  try {
    for (const folder of [join(upper, "etc"), work, root]) await mkdir(folder, { recursive: true });
    // The machines' resolver is not there while nothing but the host's network is.
    await copyFile("/etc/resolv.conf", join(upper, "etc", "resolv.conf"));
    const options = `lowerdir=${base},upperdir=${upper},workdir=${work}`;
    await execa("mount", ["-t", "overlay", "overlay", "-o", options, root]);
    await inChroot(root, "apt-get", "update", "-qq");
    await inChroot(root, "apt-get", "install", "-y", "-qq", "--no-install-recommends", ...packages);
    await unmount(root);
    for (const path of ["etc/resolv.conf", "var/cache/apt", "var/lib/apt/lists", "run", "tmp"]) {
      await rm(join(upper, path), { recursive: true, force: true });
    }
    await rename(upper, layer);
  } finally {
    await remove(partial);
  }
}

async function remove(partial: string): Promise<void> {
  await unmount(join(partial, "root"));
  await rm(partial, { recursive: true, force: true });
}
