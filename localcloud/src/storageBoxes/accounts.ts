// What the server of a storage box knows of its accounts: its files, their folders and mounts.
import { mkdir, readdir, readFile, rename, rm, rmdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { StorageBoxSpec } from "../host/storageBoxes";
import { writeFiles } from "../linux/files";
import type { LocalCloudSettings } from "../settings/cloud";
import { makeFolders } from "./fileSystem";
import { boxFolders, readBoxRecord } from "./folders";
import { mountChanges, mountsOf } from "./mounts";
import { endSessions, inBox } from "./server";
import { accountFolder, serverFiles } from "./serverFiles";

/** @returns whether anything is different now */
export async function writeServerFiles(settings: LocalCloudSettings, box: StorageBoxSpec): Promise<boolean> {
  const { root } = boxFolders(settings, box.id);
  const record = await readBoxRecord(settings, box.id);
  const base = record?.lower.split(":").at(-1) ?? "";
  const [passwd, shadow] = await Promise.all([
    readFile(join(base, "etc/passwd"), "utf8"),
    readFile(join(base, "etc/shadow"), "utf8"),
  ]);
  const cloud = {
    ranges: [settings.publicRange, settings.floatingRange],
    outside: [settings.hostAddress, settings.internetAddress],
  };
  const files = serverFiles(box, cloud, { passwd, shadow });
  const present = await Promise.all(
    files.map(({ path }) => readFile(join(root, path), "utf8").catch(() => undefined)),
  );
  const different = files.filter(({ content }, index) => content !== present[index]);
  // Put in place at once: a login that comes meanwhile reads the old or the new.
  await writeFiles(
    root,
    different.map((file) => ({ ...file, path: `${file.path}.new` })),
  );
  for (const { path } of different) await rename(join(root, `${path}.new`), join(root, path));
  return different.length > 0;
}

/** Folders and mounts of all accounts, as the running server sees them. */
export async function settleAccounts(
  settings: LocalCloudSettings,
  box: StorageBoxSpec,
  init: number,
): Promise<void> {
  const { root, data } = boxFolders(settings, box.id);
  for (const { username, home } of box.accounts) {
    await makeRoot(join(root, accountFolder(username)));
    if (home !== "") await makeFolders(data, home.split("/"));
  }
  if (box.snapshotsVisible) await makeFolders(data, [".zfs", "snapshot"]);
  const changes = mountChanges(mountsOf(box), await readFile(`/proc/${init}/mountinfo`, "utf8"));
  for (const target of changes.unmount) await inBox(init, ["umount", "--lazy", target]);
  for (const { commands } of changes.mount) {
    for (const args of commands) await inBox(init, ["mount", ...args]);
  }
  await endSessions(init, changes.end);
  if (!box.snapshotsVisible) {
    // Only when empty: a user may have a folder of this name.
    await rmdir(join(data, ".zfs", "snapshot")).catch(() => {});
    await rmdir(join(data, ".zfs")).catch(() => {});
  }
  const names = new Set(box.accounts.map(({ username }) => username));
  for (const name of await readdir(join(root, "accounts"))) {
    if (!names.has(name)) await rm(join(root, accountFolder(name)), { recursive: true, force: true });
  }
}

/** The root that an account's sessions are locked into; what is in it comes by mounts. */
async function makeRoot(folder: string): Promise<void> {
  for (const name of ["usr", "dev", "tmp", "home"]) await mkdir(join(folder, name), { recursive: true });
  for (const name of ["bin", "sbin", "lib", "lib64"]) await link(`usr/${name}`, join(folder, name));
}

async function link(target: string, path: string): Promise<void> {
  await symlink(target, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}
