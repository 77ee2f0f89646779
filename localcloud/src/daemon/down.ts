import { existsSync } from "node:fs";
import { rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir, type Progress } from "../../../toolchain/cacheDir";
import { isAlive, signal } from "../linux/processes";
import { leftovers as leftoversOf, removeEverything } from "../linuxHost/remove";
import { keepImages } from "../machines/keptImages";
import { type LocalCloudSettings, localCloudSettings } from "../settings/cloud";
import { openStore } from "../state/store";
import { removeNote, requireOneCloud } from "./clouds";
import { findDaemon } from "./findDaemon";
import { requireRootOnLinux } from "./up";

/** What the local cloud, and the programs that use it, keep in the state folder. */
const stateEntries = [
  "machines",
  "volumes",
  "snapshots",
  "storage-boxes",
  "processes",
  "dhcp",
  "load-balancers",
  "store",
  "tls",
  "package-cache",
  "dns",
  "acme",
  "pulumi",
  "daemon.pid",
  "cloud.json",
  "control.sock",
  "faults.json",
  "daemon.log",
  "api.log",
  "trust.pem",
  "bring-up.json",
  "baked-stack.yaml",
  "known_hosts",
];

/**
 * Removes every machine, namespace, mount, process and address of the local cloud, from whatever state it is
 * in, and its state folder. The cache stays.
 */
export async function down(
  progress: Progress = () => {},
  options: { readonly cache?: "keep" | "remove" } = {},
) {
  requireRootOnLinux();
  const settings = localCloudSettings();
  await requireOneCloud(settings);
  progress("stopping the daemon");
  await stopDaemon(settings);
  progress("putting baked images aside");
  await putImagesAside(settings);
  progress("removing machines and networks");
  await removeEverything(settings);
  for (const entry of stateEntries) {
    await rm(join(settings.stateDir, entry), { recursive: true, force: true });
  }
  await removeNote(settings);
  // Only when empty: what others put there is theirs.
  await rmdir(settings.stateDir).catch(() => {});
  if (options.cache === "remove") await rm(cacheDir(), { recursive: true, force: true });
}

async function putImagesAside(settings: LocalCloudSettings): Promise<void> {
  if (!existsSync(settings.paths.store)) return;
  const store = openStore(settings.paths.store);
  try {
    await keepImages(settings, store.list("image"));
  } finally {
    store.close();
  }
}

/** What of this cloud still exists on the host, one line each; empty after {@link down}. */
export function leftovers(): Promise<string[]> {
  return leftoversOf(localCloudSettings());
}

async function stopDaemon(settings: LocalCloudSettings): Promise<void> {
  const daemon = await findDaemon(settings);
  if (daemon === undefined) return;
  signal(daemon.pid, "SIGTERM");
  const deadline = Date.now() + 5_000;
  while (await isAlive(daemon)) {
    if (Date.now() > deadline) signal(daemon.pid, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
