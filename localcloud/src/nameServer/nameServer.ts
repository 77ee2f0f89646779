// Runs the authoritative name server and brings it to a publication: checked first, written whole, loaded at
// once, and waited for until it is answered.

import { Resolver } from "node:dns/promises";
import { chmod, chown, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { execa } from "execa";
import type { ZoneTransfer } from "../host/contract";
import { ensureHostPackages } from "../linux/hostPackages";
import type { Service } from "../linux/services";
import type { Listener } from "./nsdConfiguration";
import type { ReverseRanges } from "./ownZones";
import { markerZone, type Names, type Publication, publicationOf, resolverLines } from "./publication";
import { TransferWatch } from "./transfers";

/** Debian's account for the server. */
const user = "nsd";
const deadlineMs = 10_000;

export interface NameServerOptions {
  /** Made when missing; holds zone files, keys and what was transferred. */
  readonly folder: string;
  readonly listeners: readonly [Listener, ...Listener[]];
  readonly ranges: ReverseRanges;
  /** Tells the cloud's resolver that names have changed. @default - there is none */
  readonly onPublished?: () => Promise<void>;
  readonly onProblem: (problem: string) => void;
}

export interface NameServer {
  /** Writes all files; the caller runs and supervises the process, which may be killed at any time. */
  prepare(names: Names): Promise<Service>;
  /**
   * Resolves when the server answers these names.
   *
   * @throws when a zone is refused by the server's own checker, or is not answered within 10 s
   */
  publish(names: Names): Promise<void>;
  /** File for dnsmasq's `--servers-file`. */
  readonly resolverFile: string;
  onTransfer(listener: (zoneId: number, transfer: ZoneTransfer) => void): void;
  close(): void;
}

export const createNameServer = (options: NameServerOptions): NameServer => new Nsd(options);

interface Account {
  readonly user: number;
  readonly group: number;
}

class Nsd implements NameServer {
  readonly resolverFile: string;
  readonly #configuration: string;
  readonly #transfers: TransferWatch;
  #queue: Promise<unknown> = Promise.resolve();
  #account: Promise<Account> | undefined;

  constructor(private readonly options: NameServerOptions) {
    const { folder, listeners, onProblem } = options;
    this.resolverFile = join(folder, "resolver.conf");
    this.#configuration = join(folder, "nsd.conf");
    const control = (...args: string[]) => this.#control(...args);
    this.#transfers = new TransferWatch({ folder, listener: listeners[0], control, onProblem });
  }

  async prepare(names: Names): Promise<Service> {
    const { folder } = this.options;
    await ensureHostPackages(["nsd"]);
    const { user, group } = await this.#owner();
    await mkdir(folder, { recursive: true });
    await ownedFolder(folder, 0, group, 0o750);
    for (const name of ["zones", "incoming"]) await ownedFolder(join(folder, name), 0, group, 0o750);
    await ownedFolder(join(folder, "state"), user, group, 0o700);
    const publication = this.#render(names);
    await this.#write(publication, group);
    await removeStale(folder, publication);
    this.#transfers.follow(publication.secondaries);
    return { name: "name-server", command: "/usr/sbin/nsd", args: ["-d", "-c", this.#configuration] };
  }

  publish(names: Names): Promise<void> {
    const run = this.#queue.then(() => this.#publishNow(names));
    this.#queue = run.catch(() => {});
    return run;
  }

  onTransfer(heard: Parameters<NameServer["onTransfer"]>[0]): void {
    this.#transfers.listen(heard);
  }

  close(): void {
    this.#transfers.close();
  }

  async #publishNow(names: Names): Promise<void> {
    const { folder, listeners, onPublished } = this.options;
    const publication = this.#render(names);
    if ((await loadedSerial(listeners[0])) !== publication.serial) {
      const { group } = await this.#owner();
      await check(folder, publication);
      const reconfigured = await this.#write(publication, group);
      // A server that is just starting reads the files by itself.
      if (reconfigured) await this.#control("reconfig");
      await this.#control("reload");
      await answered(listeners[0], publication.serial);
      await removeStale(folder, publication);
      await onPublished?.();
    }
    this.#transfers.follow(publication.secondaries);
  }

  /** Answers whether the list of zones or a key has changed. */
  async #write(publication: Publication, group: number): Promise<boolean> {
    const { folder, listeners } = this.options;
    for (const { file, text } of await changedFiles(folder, publication)) {
      await replace(join(folder, file), text, group);
    }
    await replace(this.resolverFile, resolverLines(publication.zones, listeners[0]), group);
    const reconfigured = (await readText(this.#configuration)) !== publication.configuration;
    if (reconfigured) await replace(this.#configuration, publication.configuration, group);
    return reconfigured;
  }

  #render(names: Names): Publication {
    const { folder, listeners, ranges } = this.options;
    return publicationOf(names, { folder, user, listeners, ranges });
  }

  #control(...args: string[]) {
    return execa("nsd-control", ["-c", this.#configuration, ...args], { reject: false, timeout: deadlineMs });
  }

  #owner(): Promise<Account> {
    this.#account ??= account();
    return this.#account;
  }
}

async function account(): Promise<Account> {
  const [own, group] = await Promise.all([execa("id", ["-u", user]), execa("id", ["-g", user])]);
  return { user: Number(own.stdout), group: Number(group.stdout) };
}

async function ownedFolder(path: string, user: number, group: number, mode: number) {
  await mkdir(path, { recursive: true });
  await chown(path, user, group);
  await chmod(path, mode);
}

const readText = (path: string) => readFile(path, "utf8").catch(() => undefined);

async function changedFiles(folder: string, { files }: Publication) {
  const before = await Promise.all(files.map(({ file }) => readText(join(folder, file))));
  return files.filter(({ text }, index) => text !== before[index]);
}

/** Readable for the server only: zones name hosts, and the configuration holds keys. */
async function replace(path: string, text: string, group: number) {
  const partial = join(dirname(path), `.${basename(path)}.new`);
  await writeFile(partial, text, { mode: 0o640 });
  await chown(partial, 0, group);
  await rename(partial, path);
}

/** Lets the server's own checkers judge what is new, before anything of it is in place. */
async function check(folder: string, publication: Publication) {
  for (const { zone, text } of await changedFiles(folder, publication)) {
    const file = join(folder, "incoming", "zone");
    await writeFile(file, text, { mode: 0o600 });
    const { exitCode, stdout, stderr } = await execa("nsd-checkzone", [zone, file], { reject: false });
    if (exitCode !== 0)
      throw new Error(`the name server refuses zone ${zone}: ${lastLine(stderr || stdout)}`);
  }
  if ((await readText(join(folder, "nsd.conf"))) === publication.configuration) return;
  const file = join(folder, "incoming", "nsd.conf");
  await writeFile(file, publication.configuration, { mode: 0o600 });
  const { exitCode, stderr } = await execa("nsd-checkconf", [file], { reject: false });
  if (exitCode !== 0) throw new Error(`the name server refuses its configuration: ${lastLine(stderr)}`);
}

const lastLine = (text: string) => text.trim().split("\n").at(-1) ?? "";

async function removeStale(folder: string, { files, secondaries }: Publication) {
  const wanted = new Set(files.map(({ file }) => basename(file)));
  for (const name of await readdir(join(folder, "zones"))) {
    if (!wanted.has(name)) await rm(join(folder, "zones", name), { force: true });
  }
  for (const name of await readdir(join(folder, "state"))) {
    const id = /^secondary-(\d+)\.zone$/.exec(name)?.[1];
    if (id !== undefined && !secondaries.has(Number(id))) await rm(join(folder, "state", name));
  }
}

/** Which publication the server answers; undefined while it answers none. */
async function loadedSerial({ address, port }: Listener): Promise<number | undefined> {
  const resolver = new Resolver({ timeout: 50, tries: 1 });
  resolver.setServers([`${address}:${port}`]);
  return resolver.resolveSoa(markerZone).then(
    ({ serial }) => serial,
    () => undefined,
  );
}

async function answered(listener: Listener, serial: number) {
  const deadline = Date.now() + deadlineMs;
  while ((await loadedSerial(listener)) !== serial) {
    if (Date.now() > deadline)
      throw new Error(`the name server did not load the zones within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
