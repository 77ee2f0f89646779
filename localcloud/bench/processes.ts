// What processes use, from /proc.
import { readFile } from "node:fs/promises";
import { childrenOf } from "../src/linux/processes";
import { countersOf } from "../src/machines/counters";
import type { LocalCloudSettings } from "../src/settings/cloud";

/** Linux counts processor time in hundredths of a second for user space. */
const ticksPerSecond = 100;

export interface Memory {
  /** Megabytes of the process that are in memory. */
  readonly resident: number;
  /** The same with each page divided by the number of processes that share it, so that sums are true. */
  readonly share: number;
}

/** Memory of one process. */
export async function memoryOf(pid: number): Promise<Memory> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
  const megabytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0) / 1024;
  return { resident: megabytes("Rss"), share: megabytes("Pss") };
}

/** Share in memory of a process and all that it began. */
export async function sharesOfTree(pid: number): Promise<number> {
  const { share } = await memoryOf(pid);
  const children = await Promise.all((await childrenOf(pid)).map(sharesOfTree));
  return children.reduce((sum, megabytes) => sum + megabytes, share);
}

/** Processor seconds of one process so far. */
export async function ownCpuSeconds(pid: number): Promise<number> {
  const [user = 0, system = 0] = parseCpuTimes(await readFile(`/proc/${pid}/stat`, "utf8"));
  return user + system;
}

/** Processor seconds of the daemon, with the commands that it ran, and of the machines. */
export async function cpuSeconds(
  settings: LocalCloudSettings,
  daemon: number,
  servers: readonly number[],
): Promise<number> {
  const machines = await countersOf(settings, servers);
  const nanoseconds = [...machines.values()].reduce((sum, { cpuNanoseconds }) => sum + cpuNanoseconds, 0);
  const times = parseCpuTimes(await readFile(`/proc/${daemon}/stat`, "utf8"));
  return times.reduce((sum, seconds) => sum + seconds, nanoseconds / 1e9);
}

/**
 * From a line of /proc/PID/stat.
 *
 * @returns seconds in user space and in the kernel, then the same of its children that have ended
 */
export function parseCpuTimes(stat: string): number[] {
  // The name in brackets may hold blanks and brackets.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).map((ticks) => Number(ticks) / ticksPerSecond);
}
