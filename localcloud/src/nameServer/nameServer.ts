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
import { watchTransfers } from "./transfers";

/** Debian's account for the server. */
const USER = "nsd";
const DEADLINE_MS = 10_000;

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

export function createNameServer(options: NameServerOptions): NameServer {
  const { folder, listeners } = options;
  const [listener] = listeners;
  const configuration = join(folder, "nsd.conf");
  const resolverFile = join(folder, "resolver.conf");
  const control = (...args: string[]) =>
    execa("nsd-control", ["-c", configuration, ...args], { reject: false, timeout: DEADLINE_MS });
  const transfers = watchTransfers({ folder, listener, control, onProblem: options.onProblem });
  let queue: Promise<unknown> = Promise.resolve();
  let owner: ReturnType<typeof account> | undefined;
  const ownerOnce = () => {
    owner ??= account();
    return owner;
  };

  const render = (names: Names) =>
    publicationOf(names, { folder, user: USER, listeners, ranges: options.ranges });

  /** Answers whether the list of zones or a key has changed. */
  const write = async (publication: Publication, group: number): Promise<boolean> => {
    for (const { file, text } of await changedFiles(folder, publication)) {
      await replace(join(folder, file), text, group);
    }
    await replace(resolverFile, resolverLines(publication.zones, listener), group);
    const reconfigured = (await readText(configuration)) !== publication.configuration;
    if (reconfigured) await replace(configuration, publication.configuration, group);
    return reconfigured;
  };

  const publishNow = async (names: Names) => {
    const publication = render(names);
    if ((await loadedSerial(listener)) !== publication.serial) {
      const { group } = await ownerOnce();
      await check(folder, publication);
      const reconfigured = await write(publication, group);
      // A server that is just starting reads the files by itself.
      if (reconfigured) await control("reconfig");
      await control("reload");
      await answered(listener, publication.serial);
      await removeStale(folder, publication);
      await options.onPublished?.();
    }
    transfers.follow(publication.secondaries);
  };

  return {
    resolverFile,
    async prepare(names) {
      await ensureHostPackages(["nsd"]);
      const { user, group } = await ownerOnce();
      await mkdir(folder, { recursive: true });
      await ownedFolder(folder, 0, group, 0o750);
      for (const name of ["zones", "incoming"]) await ownedFolder(join(folder, name), 0, group, 0o750);
      await ownedFolder(join(folder, "state"), user, group, 0o700);
      const publication = render(names);
      await write(publication, group);
      await removeStale(folder, publication);
      transfers.follow(publication.secondaries);
      return { name: "name-server", command: "/usr/sbin/nsd", args: ["-d", "-c", configuration] };
    },
    publish(names) {
      const run = queue.then(() => publishNow(names));
      queue = run.catch(() => {});
      return run;
    },
    onTransfer: (heard) => transfers.listen(heard),
    close: () => transfers.close(),
  };
}

async function account(): Promise<{ user: number; group: number }> {
  const [user, group] = await Promise.all([execa("id", ["-u", USER]), execa("id", ["-g", USER])]);
  return { user: Number(user.stdout), group: Number(group.stdout) };
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

/** Which publication the server answers; null while it answers none. */
async function loadedSerial({ address, port }: Listener): Promise<number | null> {
  const resolver = new Resolver({ timeout: 50, tries: 1 });
  resolver.setServers([`${address}:${port}`]);
  return resolver.resolveSoa(markerZone).then(
    ({ serial }) => serial,
    () => null,
  );
}

async function answered(listener: Listener, serial: number) {
  const deadline = Date.now() + DEADLINE_MS;
  while ((await loadedSerial(listener)) !== serial) {
    if (Date.now() > deadline)
      throw new Error(`the name server did not load the zones within ${DEADLINE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
