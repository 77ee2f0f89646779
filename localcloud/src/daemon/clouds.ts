// Which clouds this host has: each leaves a note in its state folder and one for the host, so that commands with
// settings of two clouds are refused before they take the wrong one apart, and a second cloud finds its addresses free.
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import ipaddr from "ipaddr.js";
import { lastSubnet6 } from "../addresses/ip";
import { writeAtomically } from "../linux/files";
import { listLinks } from "../linux/ip";
import { type LocalCloudSettings, localCloudSettings } from "../settings/cloud";
import { apiRanges, namesOf } from "../settings/names";
import { findDaemon } from "./findDaemon";

/** What a cloud takes of the host, by the variable that sets it. */
export interface CloudNote {
  readonly name: string;
  readonly stateDir: string;
  readonly ranges: Readonly<Record<string, readonly string[]>>;
  /** On 127.0.0.1. */
  readonly ports: Readonly<Record<string, number>>;
}

/** Notes of all clouds; gone with the host's next boot, as are the networks that they tell of. */
const hostFolder = "/run/hetzner-platform-clouds";

export function noteOf(settings: LocalCloudSettings): CloudNote {
  const { publicIpv6, floatingIpv6 } = apiRanges(settings);
  return {
    name: settings.name,
    stateDir: settings.stateDir,
    ranges: {
      LOCALCLOUD_PUBLIC_RANGE: [settings.publicRange],
      LOCALCLOUD_FLOATING_RANGE: [settings.floatingRange],
      LOCALCLOUD_IDENTITY_RANGE: [settings.identityRange],
      // Not the whole range: another cloud may have a part of it that this one never gives out.
      LOCALCLOUD_IPV6_RANGE: [publicIpv6, floatingIpv6, lastSubnet6(settings.ipv6Range, 63)],
    },
    ports: { LOCALCLOUD_PORT: settings.apiPort, LOCALCLOUD_CONTROL_PORT: settings.controlPort },
  };
}

/** Leaves the notes; by the daemon, before anything else is made. */
export async function leaveNote(settings: LocalCloudSettings, folder = hostFolder): Promise<void> {
  const text = JSON.stringify(noteOf(settings));
  await mkdir(folder, { recursive: true });
  await writeAtomically(settings.paths.note, text);
  await writeAtomically(join(folder, `${settings.name}.json`), text);
}

/** For `down`, when nothing is left that the notes tell of. */
export async function removeNote(settings: LocalCloudSettings, folder = hostFolder): Promise<void> {
  await rm(settings.paths.note, { force: true });
  await rm(join(folder, `${settings.name}.json`), { force: true });
}

export interface HostView {
  /** @default /run/hetzner-platform-clouds */
  readonly folder?: string;
  /** Whether anything of that cloud is on the host. @default - its daemon or its link */
  readonly exists?: (note: CloudNote) => Promise<boolean>;
}

/**
 * Refuses settings that mix two clouds: a state folder belongs to one name, and a name to one state folder.
 *
 * @throws with both, and what to set
 */
export async function requireOneCloud(settings: LocalCloudSettings, view: HostView = {}): Promise<void> {
  const { name, stateDir } = settings;
  const inState = await readNote(settings.paths.note);
  if (inState !== undefined && inState.name !== name) {
    throw new Error(
      `LOCALCLOUD_STATE=${stateDir} is the state of the local cloud "${inState.name}", LOCALCLOUD_NAME says "${name}": ` +
        `set LOCALCLOUD_NAME=${inState.name}, or the state folder of "${name}"`,
    );
  }
  const onHost = await readNote(join(view.folder ?? hostFolder, `${name}.json`));
  if (onHost === undefined || onHost.stateDir === stateDir) return;
  if (!(await (view.exists ?? isOnHost)(onHost))) return;
  throw new Error(
    `the local cloud "${name}" has its state in ${onHost.stateDir}, LOCALCLOUD_STATE says ${stateDir}: ` +
      `set LOCALCLOUD_STATE=${onHost.stateDir}, or another LOCALCLOUD_NAME`,
  );
}

/**
 * Refuses what another cloud on this host has already.
 *
 * @throws with every clash: variable, value, whose it is
 */
export async function requireFreeAddresses(settings: LocalCloudSettings, view: HostView = {}): Promise<void> {
  const own = noteOf(settings);
  const problems = clashesWithin(own);
  for (const other of await otherNotes(settings.name, view.folder ?? hostFolder)) {
    const clashes = clashesBetween(own, other);
    if (clashes.length > 0 && (await (view.exists ?? isOnHost)(other))) problems.push(...clashes);
  }
  if (problems.length > 0)
    throw new Error(`the local cloud "${settings.name}" cannot start:\n${problems.join("\n")}`);
}

/** Ranges of one cloud that overlap. */
function clashesWithin({ ranges }: CloudNote): string[] {
  const all = Object.entries(ranges);
  return all.flatMap(([variable, values], index) =>
    all
      .slice(index + 1)
      .filter(([, others]) => overlap(values, others) !== undefined)
      .map(
        ([other]) => `${variable} (${values.join(", ")}) overlaps ${other} (${ranges[other]?.join(", ")})`,
      ),
  );
}

function clashesBetween(own: CloudNote, other: CloudNote): string[] {
  const problems: string[] = [];
  for (const [variable, values] of Object.entries(own.ranges)) {
    for (const [theirs, taken] of Object.entries(other.ranges)) {
      const clash = overlap(values, taken);
      if (clash === undefined) continue;
      problems.push(
        `${variable}: ${clash[0]} overlaps ${clash[1]}, which the cloud "${other.name}" has (${theirs})`,
      );
    }
  }
  const taken = new Map(Object.entries(other.ports).map(([variable, port]) => [port, variable]));
  for (const [variable, port] of Object.entries(own.ports)) {
    if (taken.has(port))
      problems.push(`${variable}: ${port} is ${taken.get(port)} of the cloud "${other.name}"`);
  }
  return problems;
}

/** The first two that overlap. */
function overlap(own: readonly string[], others: readonly string[]): [string, string] | undefined {
  for (const one of own) for (const other of others) if (rangesOverlap(one, other)) return [one, other];
  return undefined;
}

export function rangesOverlap(one: string, other: string): boolean {
  const [a, aBits] = ipaddr.parseCIDR(one);
  const [b, bBits] = ipaddr.parseCIDR(other);
  return a.kind() === b.kind() && a.match(b, Math.min(aBits, bBits));
}

async function otherNotes(name: string, folder: string): Promise<CloudNote[]> {
  const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith(".json")).sort();
  const notes = await Promise.all(files.map((file) => readNote(join(folder, file))));
  return notes.filter((note) => note !== undefined).filter((note) => note.name !== name);
}

/** Undefined for a note that is not there, or that a kill cut short. */
async function readNote(path: string): Promise<CloudNote | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as CloudNote;
  } catch {
    return undefined;
  }
}

/** Its daemon runs, or its network is still there without one. */
async function isOnHost({ name, stateDir }: CloudNote): Promise<boolean> {
  const settings = localCloudSettings({ LOCALCLOUD_NAME: name, LOCALCLOUD_STATE: stateDir });
  if ((await findDaemon(settings)) !== undefined) return true;
  const links = await listLinks(null);
  return links.some(({ ifname }) => ifname === namesOf(settings).hostLink);
}
