import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { execa } from "execa";
import type { LocalCloudSettings } from "../settings";
import { namesOf } from "./names";

const switchFile = "/proc/sys/net/ipv4/ip_forward";
// One note for all clouds of the host, gone with its next boot as the switch itself.
const noteFolder = "/run/hetzner-platform";
const note = `${noteFolder}/ip_forward.before`;

/** Lets the host forward packets; notes first how it was, for {@link restoreForwarding}. */
export async function enableForwarding(): Promise<void> {
  await mkdir(noteFolder, { recursive: true });
  const before = (await readFile(switchFile, "utf8")).trim();
  // `wx`: after a crash, or when another cloud is up, the first note stays the true one.
  await writeFile(note, before, { flag: "wx" }).catch(() => {});
  if (before !== "1") await writeFile(switchFile, "1");
}

/** Puts the switch back, unless another cloud on this host still needs it. */
export async function restoreForwarding(settings: LocalCloudSettings): Promise<void> {
  const { stdout } = await execa("nft", ["list", "tables", "inet"], { reject: false });
  const tables = (stdout ?? "").split("\n").map((line) => line.split(" ").at(-1) ?? "");
  const others = tables.filter((name) => name.endsWith("_cloud") && name !== namesOf(settings).hostTable);
  if (others.length > 0) return;
  const before = await readFile(note, "utf8").catch(() => undefined);
  if (before === "0") await writeFile(switchFile, "0");
  await rm(noteFolder, { recursive: true, force: true });
}

/** MTU of the interface that holds the host's default route. @default 1500 without one */
export async function uplinkMtu(): Promise<number> {
  const { stdout } = await execa("ip", ["-4", "-json", "route", "show", "default"], { reject: false });
  const device = (JSON.parse(stdout || "[]") as { dev?: string }[])[0]?.dev;
  if (device === undefined) return 1500;
  return Number(await readFile(`/sys/class/net/${device}/mtu`, "utf8").catch(() => "1500"));
}

export async function ipv6Works(): Promise<boolean> {
  const disabled = await readFile("/proc/sys/net/ipv6/conf/all/disable_ipv6", "utf8").catch(() => "1");
  return disabled.trim() === "0";
}
