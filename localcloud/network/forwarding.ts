import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { LocalCloudSettings } from "../settings";

const switchFile = "/proc/sys/net/ipv4/ip_forward";
const savedFile = (settings: LocalCloudSettings) => join(settings.stateDir, "ip_forward.before");

/** Lets the host forward packets; notes first how it was, for {@link restoreForwarding}. */
export async function enableForwarding(settings: LocalCloudSettings): Promise<void> {
  await mkdir(settings.stateDir, { recursive: true });
  const before = (await readFile(switchFile, "utf8")).trim();
  // `wx`: after a crash the first note stays the true one.
  await writeFile(savedFile(settings), before, { flag: "wx" }).catch(() => {});
  if (before !== "1") await writeFile(switchFile, "1");
}

export async function restoreForwarding(settings: LocalCloudSettings): Promise<void> {
  const before = await readFile(savedFile(settings), "utf8").catch(() => undefined);
  if (before === "0") await writeFile(switchFile, "0");
  await rm(savedFile(settings), { force: true });
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
