import { physicalHostOf } from "../api/placement/physicalHosts";
import type { Server } from "../state/rows";

/** Ids of the servers that run, by the physical host that they stand on (HC-PG3). */
export function serversByHost(all: readonly Server[]): ReadonlyMap<number, readonly number[]> {
  const hosts = new Map<number, number[]>();
  for (const server of all.filter(({ power }) => power === "on")) {
    const host = physicalHostOf(server, all);
    hosts.set(host, [...(hosts.get(host) ?? []), server.id]);
  }
  return hosts;
}
