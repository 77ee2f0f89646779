import Table from "cli-table3";
import type { FaultStatus } from "../contract/control";
import type { Status } from "../control/socket";

/** The status as a person reads it. */
export function statusText(status: Status): string {
  const table = new Table({
    head: ["server", "state", "public", "floating", "private"],
    style: { head: [], border: [], compact: true },
  });
  for (const server of status.servers) {
    const state = server.running ? "running" : server.power === "on" ? "not running" : "off";
    table.push([
      server.name,
      state,
      server.publicIpv4 ?? "-",
      server.floatingIps.join(" ") || "-",
      server.privateIps.join(" ") || "-",
    ]);
  }
  const services = status.services.map(({ name, pid }) => `${name} (${pid})`).join(", ");
  return [
    `local cloud at ${status.endpoint}, daemon ${status.pid} with ${status.daemonMegabytes} MB`,
    `live map: ${status.page}`,
    `helper processes: ${services || "none"}`,
    ...failingLines(status),
    `limits of memory and processor: ${limitsText(status.limits)}`,
    ...status.refusals,
    status.servers.length === 0 ? "no servers" : table.toString(),
    faultText(status.faults),
  ].join("\n");
}

/** One line for each helper that does not stay up. */
export function failingLines({ failing }: Pick<Status, "failing">): string[] {
  return failing.map(({ name, ended, log }) => `${name} does not stay up (${ended}): see ${log}`);
}

/** Faults with the time that they have left. */
export function faultText(faults: readonly FaultStatus[], now = Date.now()): string {
  if (faults.length === 0) return "no fault is in force";
  const lines = faults.map(({ id, summary, ends, hits, fault }) => {
    const left = Math.max(0, Math.ceil((Date.parse(ends) - now) / 1000));
    const met = fault.kind === "api" ? `, ${hits} hits` : "";
    return `fault ${id}: ${summary} (ends in ${left} s${met})`;
  });
  return lines.join("\n");
}

function limitsText(limits: Status["limits"]): string {
  if (limits === "cgroup v2") return "enforced, also for services inside the machines (cgroup v2)";
  if (limits === "none") return "not enforced on this host";
  return "enforced for each machine as a whole; MemoryMax and CPUQuota inside it are not (cgroup v1 host)";
}
