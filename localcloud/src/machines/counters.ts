// What a machine has used so far, read from the kernel's own counters: no process is started for it.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DiskCounters, MachineCounters, NetworkCounters } from "../metrics/series";
import type { LocalCloudSettings } from "../settings/cloud";
import { findInit } from "./boot";
import { machineGroups } from "./cgroups";

/** The counters of those of the machines that run. */
export async function countersOf(
  settings: LocalCloudSettings,
  ids: Iterable<number>,
): Promise<ReadonlyMap<number, MachineCounters>> {
  const found = new Map<number, MachineCounters>();
  for (const id of ids) {
    const counters = await machineCounters(settings, id);
    if (counters !== undefined) found.set(id, counters);
  }
  return found;
}

async function machineCounters(
  settings: LocalCloudSettings,
  id: number,
): Promise<MachineCounters | undefined> {
  const init = await findInit(settings, id);
  if (init === undefined) return undefined;
  const network = await readFile(`/proc/${init}/net/dev`, "utf8").catch(() => undefined);
  // The machine ended between the two looks.
  if (network === undefined) return undefined;
  const groups = await machineGroups(settings, id);
  const read = async (name: string) => {
    const texts = await Promise.all(
      groups.map((folder) => readFile(join(folder, name), "utf8").catch(() => undefined)),
    );
    return texts.find((text) => text !== undefined);
  };
  const [cpuStat, cpuUsage] = [await read("cpu.stat"), await read("cpuacct.usage")];
  return {
    cpuNanoseconds: parseCpuStat(cpuStat) ?? (cpuUsage === undefined ? 0 : Number(cpuUsage)),
    disk:
      parseIoStat(await read("io.stat")) ??
      parseBlkio(
        await read("blkio.throttle.io_service_bytes_recursive"),
        await read("blkio.throttle.io_serviced_recursive"),
      ),
    network: parseNetDev(network),
  };
}

/** `usage_usec` of cgroup v2. The file of cgroup v1 has this name too, but counts throttling only. */
export function parseCpuStat(text: string | undefined): number | undefined {
  const usage = /^usage_usec (\d+)$/m.exec(text ?? "")?.[1];
  return usage === undefined ? undefined : Number(usage) * 1000;
}

/** Sum over the devices of cgroup v2's io.stat; a volume's loop device counts where its file lies. */
export function parseIoStat(stat: string | undefined): DiskCounters | null {
  if (stat === undefined) return null;
  const text = stat.replaceAll(/^7:.*$/gm, "");
  const sum = (key: string) =>
    [...text.matchAll(new RegExp(`\\b${key}=(\\d+)`, "g"))].reduce(
      (total, match) => total + Number(match[1]),
      0,
    );
  return { readBytes: sum("rbytes"), writtenBytes: sum("wbytes"), reads: sum("rios"), writes: sum("wios") };
}

/** Sum over the devices of cgroup v1's two files; null when no device is counted. */
export function parseBlkio(bytes: string | undefined, count: string | undefined): DiskCounters | null {
  if (bytes === undefined || count === undefined || !/^\d+:\d+ /m.test(bytes)) return null;
  const sum = (text: string, operation: string) =>
    [...text.matchAll(new RegExp(`^\\d+:\\d+ ${operation} (\\d+)$`, "gm"))].reduce(
      (total, match) => total + Number(match[1]),
      0,
    );
  return {
    readBytes: sum(bytes, "Read"),
    writtenBytes: sum(bytes, "Write"),
    reads: sum(count, "Read"),
    writes: sum(count, "Write"),
  };
}

/** The public interface, eth0; nothing for a server that has none. */
export function parseNetDev(text: string): NetworkCounters {
  const line = text.split("\n").find((candidate) => candidate.trimStart().startsWith("eth0:"));
  const columns = (line?.split(":")[1] ?? "").trim().split(/\s+/).map(Number);
  const [receivedBytes = 0, receivedPackets = 0] = columns;
  const [sentBytes = 0, sentPackets = 0] = columns.slice(8);
  return { receivedBytes, receivedPackets, sentBytes, sentPackets };
}
