import { readdir } from "node:fs/promises";
import { execa } from "execa";

/** Where `ip netns` keeps the names of namespaces. */
const namespaceFolder = "/run/netns";

/** A link as `ip -json link show` tells it. */
export interface ObservedLink {
  readonly ifname: string;
  /** MAC address. */
  readonly address?: string;
  readonly ifalias?: string;
}

/** A route as `ip -json route show` tells it. */
export interface ObservedRoute {
  readonly dst: string;
  readonly type?: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly prefsrc?: string;
  readonly flags?: readonly string[];
}

/** Runs lines of `ip -batch` as one process; stops at the first that fails. */
export async function ipBatch(namespace: string | null, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  const inside = namespace === null ? [] : ["-n", namespace];
  await execa("ip", [...inside, "-batch", "-"], { input: `${lines.join("\n")}\n` }).catch((error: Error) => {
    const where = namespace === null ? "on the host" : `in namespace ${namespace}`;
    throw new Error(`ip ${where}: ${shortMessage(error)}\n${lines.join("\n")}`);
  });
}

/** Deletes links, those that are gone already included: a pair vanishes with either of its ends. */
export async function deleteLinks(namespace: string | null, links: readonly string[]): Promise<void> {
  await deleteLines(
    namespace,
    links.map((link) => `link del dev ${link}`),
  );
}

/** Deletes namespaces; one that is gone already is no error. */
export async function deleteNamespaces(namespaces: readonly string[]): Promise<void> {
  await deleteLines(
    null,
    namespaces.map((name) => `netns del ${name}`),
  );
}

async function deleteLines(namespace: string | null, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  const inside = namespace === null ? [] : ["-n", namespace];
  await execa("ip", [...inside, "-force", "-batch", "-"], { input: `${lines.join("\n")}\n`, reject: false });
}

/** Deletes routes, those that went with their device included. */
export async function deleteRoutes(namespace: string | null, routes: readonly string[]): Promise<void> {
  await deleteLines(
    namespace,
    routes.map((route) => `route del ${route}`),
  );
}

/** Replaces tables in one transaction. */
export async function applyRules(namespace: string | null, rules: string): Promise<void> {
  await inNetwork(namespace, ["nft", "-f", "-"], { input: rules }).catch((error: Error) => {
    throw new Error(`nft ${namespace ?? "on the host"}: ${shortMessage(error)}`);
  });
}

/** Sets the kernel's switches of a namespace: `net.ipv4.ip_forward=1`. */
export async function setSwitches(namespace: string, switches: readonly string[]): Promise<void> {
  await inNetwork(namespace, ["sysctl", "-q", "-w", ...switches]).catch((error: Error) => {
    throw new Error(`sysctl ${namespace}: ${shortMessage(error)}`);
  });
}

// Not `ip netns exec`, which mounts a /sys of its own each time: three times the cost.
async function inNetwork(
  namespace: string | null,
  command: readonly string[],
  options: { readonly input?: string } = {},
): Promise<void> {
  const enter = namespace === null ? [] : ["nsenter", `--net=${namespaceFolder}/${namespace}`];
  const [file = "", ...args] = [...enter, ...command];
  await execa(file, args, options.input === undefined ? { stdin: "ignore" } : options);
}

/** As `ip netns list` reads them. */
export async function listNamespaces(): Promise<string[]> {
  return readdir(namespaceFolder).catch(() => []);
}

export async function listLinks(namespace: string | null): Promise<ObservedLink[]> {
  const inside = namespace === null ? [] : ["-n", namespace];
  const { stdout } = await execa("ip", [...inside, "-json", "link", "show", "type", "veth"], {
    reject: false,
  });
  return parseList<ObservedLink>(stdout);
}

/** What a router has: its veth ends, and its routes of both families that carry our protocol number. */
export interface ObservedRouter {
  readonly links: readonly ObservedLink[];
  readonly routes: readonly ObservedRoute[];
}

/** Both in one process; nothing for a namespace that is not there. */
export async function observeRouter(namespace: string, protocol: number): Promise<ObservedRouter> {
  const input = `link show type veth\n${showRoutes(protocol).join(" ")}\n`;
  const { stdout, failed } = await execa("ip", ["-n", namespace, "-json", "-batch", "-"], {
    input,
    reject: false,
  });
  if (failed) return { links: [], routes: [] };
  // One line for each command.
  const [links, routes] = stdout.split("\n");
  if (routes === undefined) throw new Error(`ip in namespace ${namespace} told no routes: ${stdout}`);
  return { links: parseList<ObservedLink>(links), routes: parseList<ObservedRoute>(routes) };
}

/** Routes of a router, or of one device of the host. */
export async function listRoutes(
  place: { readonly namespace: string } | { readonly device: string },
  protocol: number,
): Promise<ObservedRoute[]> {
  const [before, after] = "namespace" in place ? [["-n", place.namespace], []] : [[], ["dev", place.device]];
  const { stdout } = await execa("ip", [...before, "-json", ...showRoutes(protocol), ...after], {
    reject: false,
  });
  const routes = parseList<ObservedRoute>(stdout);
  // A device that was asked for is not named.
  return "namespace" in place ? routes : routes.map((route) => ({ ...route, dev: place.device }));
}

// All tables, because of one table only one family is shown.
const showRoutes = (protocol: number) => ["route", "show", "table", "all", "proto", String(protocol)];

function parseList<T extends object>(text: string | undefined): T[] {
  if (text === undefined || text.trim() === "") return [];
  // `ip -json` prints an empty object for what a filter left out.
  return (JSON.parse(text) as T[]).filter((item) => Object.keys(item).length > 0);
}

function shortMessage(error: Error): string {
  return "stderr" in error && typeof error.stderr === "string" && error.stderr !== ""
    ? error.stderr.split("\n").slice(0, 8).join("\n")
    : error.message;
}
