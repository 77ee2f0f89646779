import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { type ProcessIdentity, parseStat, signal } from "../linux/processes";
import type { LocalCloudSettings } from "../settings/cloud";

/** Processes of one load balancer's proxy. */
export interface ProxyProcesses {
  /** The parent of all workers; undefined when only workers are left. */
  readonly master: ProcessIdentity | undefined;
  readonly all: readonly ProcessIdentity[];
}

interface Found extends ProcessIdentity {
  readonly parent: number;
  readonly loadBalancer: number;
}

/**
 * The proxies of this cloud that run now, by load balancer, whoever started them. Each is known by the path of
 * its configuration, so none is missed because a record of it was not written.
 */
export async function findProxies(
  settings: LocalCloudSettings,
): Promise<ReadonlyMap<number, ProxyProcesses>> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = (await Promise.all(pids.map((pid) => describe(settings, pid)))).filter(
    (process) => process !== undefined,
  );
  const ids = new Set(found.map(({ loadBalancer }) => loadBalancer));
  return new Map(
    [...ids].map((id) => {
      const all = found.filter(({ loadBalancer }) => loadBalancer === id);
      const own = new Set(all.map(({ pid }) => pid));
      const parents = new Set(all.map(({ parent }) => parent));
      const roots = all.filter(({ parent }) => !own.has(parent));
      // A worker that outlived its master is a root as well, but nobody's parent.
      return [id, { master: roots.find(({ pid }) => parents.has(pid)) ?? roots.find(isStarting(all)), all }];
    }),
  );
}

/** A master that has no worker yet is alone. */
const isStarting = (all: readonly Found[]) => () => all.length === 1;

async function describe(settings: LocalCloudSettings, pid: string): Promise<Found | undefined> {
  const command = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
  const folder = `${settings.paths.loadBalancers}/`;
  const configuration = command[command.indexOf("-f") + 1];
  if (!command[0]?.endsWith("haproxy") || !configuration?.startsWith(folder)) return undefined;
  const id = /^(\d+)\//.exec(configuration.slice(folder.length))?.[1];
  const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const identity = parseStat(line);
  const [state, parent] = line.slice(line.lastIndexOf(")") + 2).split(" ");
  if (id === undefined || identity === undefined || state === "Z") return undefined;
  return { ...identity, parent: Number(parent), loadBalancer: Number(id) };
}

/** Whether a process is in this network namespace; one of the same name that was made anew is another. */
export async function isInNamespace(pid: number, namespace: string): Promise<boolean> {
  const own = await readlink(`/proc/${pid}/ns/net`).catch(() => "");
  const wanted = await stat(join("/run/netns", namespace)).catch(() => undefined);
  return wanted !== undefined && own === `net:[${wanted.ino}]`;
}

/** Ends the proxies of these load balancers, or of all, at once. */
export async function killProxies(
  settings: LocalCloudSettings,
  isWanted: (loadBalancer: number) => boolean = () => true,
): Promise<void> {
  for (let round = 0; round < 200; round++) {
    const proxies = [...(await findProxies(settings))].filter(([id]) => isWanted(id));
    if (proxies.length === 0) return;
    // The master first: it would put another worker in place of one that was killed.
    for (const [, { master, all }] of proxies) {
      if (master !== undefined) signal(master.pid, "SIGKILL");
      for (const { pid } of all) signal(pid, "SIGKILL");
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("proxies of load balancers do not end, although they were killed");
}
