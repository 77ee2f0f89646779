// The storage boxes of this Linux machine. Finds the servers that run already, whoever started them, and starts
// again what has ended.
import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { BoxUsage, StorageBoxHost, StorageBoxSpec } from "../host/storageBoxes";
import { writeAtomically } from "../linux/files";
import { signalService } from "../linux/services";
import type { LocalCloudSettings } from "../settings/cloud";
import { settleAccounts, writeServerFiles } from "./accounts";
import {
  dropSnapshot,
  ensureFileSystem,
  measure,
  mountFileSystem,
  removeFileSystem,
  restoreSnapshot,
  takeSnapshot,
} from "./fileSystem";
import { type BoxRecord, boxFolders, readBoxRecord } from "./folders";
import { ensureBoxImage } from "./image";
import { hostsFile } from "./names";
import {
  checkConfiguration,
  ensureHostKeys,
  findBoxInit,
  listens,
  logSize,
  markReady,
  mountSystem,
  reloadServer,
  removeSystem,
  startServer,
  stopServer,
} from "./server";
import { portsOf } from "./serverFiles";

/** How often servers are looked at that may have ended, in milliseconds. */
const lookMs = 2000;

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
    this.#timer = setInterval(() => void this.#look(), lookMs);
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
    const changed = await writeServerFiles(settings, box);
    await ensureHostKeys(root);
    if (changed) await checkConfiguration(root);
    const { init, started } = await startServer(settings, box.id);
    await settleAccounts(settings, box, init);
    const before = await logSize(settings, box.id);
    await markReady(init);
    if (changed && !started) await reloadServer(init);
    if (changed || started) await listens(settings, box.id, portsOf(box.accounts), before);
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
