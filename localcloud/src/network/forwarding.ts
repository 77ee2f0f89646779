import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { execa } from "execa";
import type { LocalCloudSettings } from "../settings/cloud";
import { namesOf } from "../settings/names";

const switches = "/proc/sys/net";
// One note for all clouds of the host, gone with its next boot as the switches themselves.
const noteFolder = "/run/hetzner-platform";
const note = `${noteFolder}/forwarding.before`;

/** Kernel switches by their path below /proc/sys/net. */
type Switches = Record<string, string>;

/**
 * Lets the host forward packets; notes first how the switches were, for {@link restoreForwarding}.
 *
 * A host that forwards IPv6 stops listening to router advertisements, so interfaces that took their way out from
 * these are told to go on (`accept_ra` 2).
 */
export async function enableForwarding(): Promise<void> {
  const wanted: Switches = { "ipv4/ip_forward": "1" };
  if (await ipv6Works()) {
    const interfaces = await readdir(`${switches}/ipv6/conf`);
    for (const name of interfaces.filter((candidate) => candidate !== "all")) {
      const acceptRa = `ipv6/conf/${name}/accept_ra`;
      if ((await readSwitch(acceptRa)) === "1") wanted[acceptRa] = "2";
    }
    wanted["ipv6/conf/all/forwarding"] = "1";
  }
  const before: Switches = {};
  for (const [name, value] of Object.entries(wanted)) {
    const now = await readSwitch(name);
    if (now !== undefined && now !== value) before[name] = now;
  }
  await mkdir(noteFolder, { recursive: true });
  // `wx`: after a crash, or when another cloud is up, the first note stays the true one.
  await writeFile(note, JSON.stringify(before), { flag: "wx" }).catch(() => {});
  for (const name of Object.keys(before)) await writeSwitch(name, wanted[name] ?? "");
}

/** Puts the switches back, unless another cloud on this host still needs them. */
export async function restoreForwarding(settings: LocalCloudSettings): Promise<void> {
  const { stdout } = await execa("nft", ["list", "tables", "inet"], { reject: false });
  const tables = (stdout ?? "").split("\n").map((line) => line.split(" ").at(-1) ?? "");
  const others = tables.filter((name) => name.endsWith("_cloud") && name !== namesOf(settings).hostTable);
  if (others.length > 0) return;
  const before = JSON.parse(await readFile(note, "utf8").catch(() => "{}")) as Switches;
  for (const [name, value] of Object.entries(before).reverse()) await writeSwitch(name, value);
  await rm(noteFolder, { recursive: true, force: true });
}

async function readSwitch(name: string): Promise<string | undefined> {
  const text = await readFile(`${switches}/${name}`, "utf8").catch(() => undefined);
  return text?.trim();
}

/** An interface that is gone takes its switches with it. */
async function writeSwitch(name: string, value: string): Promise<void> {
  await writeFile(`${switches}/${name}`, value).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}

/** MTU of the interface that holds the host's default route. @default 1500 without one */
export async function uplinkMtu(): Promise<number> {
  const { stdout } = await execa("ip", ["-4", "-json", "route", "show", "default"], { reject: false });
  const device = (JSON.parse(stdout || "[]") as { dev?: string }[])[0]?.dev;
  if (device === undefined) return 1500;
  return Number(await readFile(`/sys/class/net/${device}/mtu`, "utf8").catch(() => "1500"));
}

export async function ipv6Works(): Promise<boolean> {
  return (await readSwitch("ipv6/conf/all/disable_ipv6")) === "0";
}
