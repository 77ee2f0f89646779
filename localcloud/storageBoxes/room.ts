// The storage boxes of this Linux machine. Finds the servers that run already, whoever started them, and starts
// again what has ended.
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, rmdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomically, writeFiles } from "../machines/files";
import { signalService } from "../services";
import type { LocalCloudSettings } from "../settings";
import type { BoxUsage, StorageBoxHost, StorageBoxSpec } from "./contract";
import {
  dropSnapshot,
  ensureFileSystem,
  makeFolders,
  measure,
  mountFileSystem,
  removeFileSystem,
  restoreSnapshot,
  takeSnapshot,
} from "./fileSystem";
import { type BoxRecord, boxFolders, readBoxRecord } from "./folders";
import { ensureBoxImage } from "./image";
import { mountChanges, mountsOf } from "./mounts";
import { hostsFile } from "./names";
import {
  checkConfiguration,
  endSessions,
  ensureHostKeys,
  findBoxInit,
  inBox,
  listens,
  logSize,
  markReady,
  mountSystem,
  reloadServer,
  removeSystem,
  startServer,
  stopServer,
} from "./server";
import { accountFolder, portsOf, serverFiles } from "./serverFiles";

/** How often servers are looked at that may have ended, in milliseconds. */
const LOOK = 2000;

export interface StorageRoomOptions {
  readonly settings: LocalCloudSettings;
  /** Base image of the machines. */
  readonly base: string;
  /** Makes the network namespaces of the boxes that `follow` and `settleStorageBox` were told of. */
  readonly ensureNetwork: () => Promise<void>;
  readonly onProblem: (problem: string) => void;
}

export class StorageRoom implements StorageBoxHost {
  /** By id; what the API wants, as far as it is known. */
  readonly #specs = new Map<number, StorageBoxSpec>();
  /** One change of a box at a time. */
  readonly #queues = new Map<number, Promise<unknown>>();
  readonly #timer: NodeJS.Timeout;
  #names = "";

  constructor(private readonly options: StorageRoomOptions) {
    this.#timer = setInterval(() => void this.#look(), LOOK);
    this.#timer.unref();
  }

  /** Boxes that the network must have a place for. */
  boxes(): readonly StorageBoxSpec[] {
    return [...this.#specs.values()];
  }

  /** Takes over what ought to exist, and tells the resolver the names. */
  async follow(boxes: readonly StorageBoxSpec[]): Promise<void> {
    this.#specs.clear();
    for (const box of boxes) this.#specs.set(box.id, box);
    await this.#tellNames();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  settleStorageBox(box: StorageBoxSpec): Promise<void> {
    return this.#alone(box.id, async () => {
      const { settings } = this.options;
      await ensureFileSystem(settings, box);
      await this.#ensureSystem(box.id);
      this.#specs.set(box.id, box);
      await this.options.ensureNetwork();
      await this.#serve(box);
    });
  }

  removeStorageBox(id: number): Promise<void> {
    return this.#alone(id, async () => {
      const { settings } = this.options;
      const { base, record } = boxFolders(settings, id);
      // First: without it nothing starts the server again.
      await rm(record, { force: true });
      await removeSystem(settings, id);
      await removeFileSystem(settings, id);
      await rm(base, { recursive: true, force: true });
    });
  }

  createStorageBoxSnapshot(id: number, snapshot: string): Promise<void> {
    return this.#alone(id, async () => {
      await mountFileSystem(this.options.settings, id);
      await takeSnapshot(this.options.settings, id, snapshot);
    });
  }

  removeStorageBoxSnapshot(id: number, snapshot: string): Promise<void> {
    return this.#alone(id, () => dropSnapshot(this.options.settings, id, snapshot));
  }

  rollbackStorageBox(box: StorageBoxSpec, snapshot: string): Promise<void> {
    return this.#alone(box.id, async () => {
      const { settings } = this.options;
      await stopServer(settings, box.id);
      await mountFileSystem(settings, box.id);
      await restoreSnapshot(settings, box.id, snapshot);
      await this.#serve(box);
    });
  }

  storageBoxUsage(id: number): Promise<BoxUsage | undefined> {
    return measure(this.options.settings, id);
  }

  async storageBoxFolders(id: number, path: readonly string[]): Promise<readonly string[] | undefined> {
    // The file system follows no link, and the API lets no `..` through.
    const folder = join(boxFolders(this.options.settings, id).data, ...path);
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
    return entries
      ?.filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  }

  /** The layers that the box began with, or today's when those left the cache while it was not mounted. */
  async #ensureSystem(id: number): Promise<void> {
    const { settings, base } = this.options;
    const known = await readBoxRecord(settings, id);
    if (known?.lower.split(":").every((layer) => existsSync(layer))) return;
    const record: BoxRecord = { id, lower: await ensureBoxImage(base) };
    await writeAtomically(boxFolders(settings, id).record, JSON.stringify(record));
  }

  /** Mounts, files, accounts and the running server of a box whose file system is mounted. */
  async #serve(box: StorageBoxSpec): Promise<void> {
    const { settings } = this.options;
    const { root } = boxFolders(settings, box.id);
    await mountSystem(settings, box.id);
    const changed = await this.#writeFiles(box);
    await ensureHostKeys(root);
    if (changed) await checkConfiguration(root);
    const { init, started } = await startServer(settings, box.id);
    await this.#settleAccounts(box, init);
    const before = await logSize(settings, box.id);
    await markReady(init);
    if (changed && !started) await reloadServer(init);
    if (changed || started) await listens(settings, box.id, portsOf(box.accounts), before);
  }

  /** @returns whether anything is different now */
  async #writeFiles(box: StorageBoxSpec): Promise<boolean> {
    const { settings } = this.options;
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

  async #settleAccounts(box: StorageBoxSpec, init: number): Promise<void> {
    const { root, data } = boxFolders(this.options.settings, box.id);
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

  async #look(): Promise<void> {
    for (const { id } of this.boxes()) {
      await this.#alone(id, () => this.#startAgain(id)).catch((error: Error) =>
        this.options.onProblem(`storage box ${id}: ${error.message}`),
      );
    }
  }

  async #startAgain(id: number): Promise<void> {
    const { settings } = this.options;
    const box = this.#specs.get(id);
    if (box === undefined || (await readBoxRecord(settings, id)) === undefined) return;
    if ((await findBoxInit(settings, id)) !== undefined) return;
    await mountFileSystem(settings, id);
    await this.#ensureSystem(id);
    await this.options.ensureNetwork();
    await this.#serve(box);
  }

  async #tellNames(): Promise<void> {
    const { settings } = this.options;
    const names = hostsFile(this.boxes());
    if (names === this.#names) return;
    await mkdir(settings.paths.storageBoxes, { recursive: true, mode: 0o700 });
    await writeAtomically(settings.paths.storageBoxNames, names);
    this.#names = names;
    signalService(settings, "resolver", "SIGHUP");
  }

  #alone<T>(id: number, work: () => Promise<T>): Promise<T> {
    const run = (this.#queues.get(id) ?? Promise.resolve()).then(work);
    this.#queues.set(
      id,
      run.catch(() => {}),
    );
    return run;
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
