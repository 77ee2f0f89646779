import { execa } from "execa";

/** A link as `ip -json link show` tells it. */
export interface ObservedLink {
  readonly ifname: string;
  /** MAC address. */
  readonly address?: string;
  readonly ifalias?: string;
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

/** Replaces tables in one transaction. */
export async function applyRules(namespace: string | null, rules: string): Promise<void> {
  const command = namespace === null ? ["nft"] : ["ip", "netns", "exec", namespace, "nft"];
  const [file = "nft", ...args] = command;
  await execa(file, [...args, "-f", "-"], { input: rules }).catch((error: Error) => {
    throw new Error(`nft ${namespace ?? "on the host"}: ${shortMessage(error)}`);
  });
}

export async function listNamespaces(): Promise<string[]> {
  const { stdout } = await execa("ip", ["netns", "list"]);
  return stdout
    .split("\n")
    .map((line) => line.split(" ")[0] ?? "")
    .filter((name) => name !== "");
}

export async function listLinks(namespace: string | null): Promise<ObservedLink[]> {
  const inside = namespace === null ? [] : ["-n", namespace];
  const { stdout } = await execa("ip", [...inside, "-json", "link", "show", "type", "veth"], {
    reject: false,
  });
  return parseList<ObservedLink>(stdout);
}

/** Destinations of the routes that carry our protocol number, on one device or on any. */
export async function listRoutes(
  namespace: string | null,
  family: 4 | 6,
  protocol: number,
  device?: string,
): Promise<string[]> {
  const inside = namespace === null ? [] : ["-n", namespace];
  const only = device === undefined ? [] : ["dev", device];
  const { stdout } = await execa(
    "ip",
    [...inside, `-${family}`, "-json", "route", "show", "proto", String(protocol), ...only],
    { reject: false },
  );
  return parseList<{ dst: string }>(stdout).map(({ dst }) => dst);
}

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
