import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { LocalCloudSettings } from "../settings/cloud";

/** Where the parts of one box lie on the host. */
export interface BoxFolders {
  readonly base: string;
  /** Sparse file with the file system of data and snapshots. */
  readonly image: string;
  /** Where that file system is mounted, following no symbolic link of a user. */
  readonly mount: string;
  readonly data: string;
  readonly snapshots: string;
  /** Mount point of the overlay in which the server runs. */
  readonly root: string;
  readonly upper: string;
  readonly work: string;
  /** Written when the box was made, with what it needs to be mounted again. */
  readonly record: string;
  /** Line of /proc/PID/stat of the server's wrapper. */
  readonly process: string;
  readonly exit: string;
  readonly log: string;
}

export interface BoxRecord {
  readonly id: number;
  /** Lower layers of the overlay, joined by colons. */
  readonly lower: string;
}

export function boxFolders(settings: LocalCloudSettings, id: number): BoxFolders {
  const base = join(settings.paths.storageBoxes, String(id));
  const mount = join(base, "mount");
  return {
    base,
    image: join(base, "image"),
    mount,
    data: join(mount, "data"),
    snapshots: join(mount, "snapshots"),
    root: join(base, "root"),
    upper: join(base, "upper"),
    work: join(base, "work"),
    record: join(base, "box.json"),
    process: join(base, "process"),
    exit: join(base, "exit"),
    log: join(base, "sshd.log"),
  };
}

export async function readBoxRecord(
  settings: LocalCloudSettings,
  id: number,
): Promise<BoxRecord | undefined> {
  const text = await readFile(boxFolders(settings, id).record, "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as BoxRecord);
}

/** Boxes that have a folder, finished or not. */
export async function boxIds(settings: LocalCloudSettings): Promise<number[]> {
  const names = await readdir(settings.paths.storageBoxes).catch(() => []);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}
