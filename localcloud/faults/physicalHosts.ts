import { locationNamed } from "../catalogue";
import type { Server } from "../rows";
import type { Store } from "../store";

const HOSTS_PER_LOCATION = 10;

/**
 * Ids of these servers by the physical host that they stand on (HC-PG3), a label derived from the rows: the
 * location's id times 100, plus 1 to 10. Members of a spread group never share one.
 */
export function physicalHosts(
  servers: readonly Server[],
  store: Pick<Store, "list">,
): ReadonlyMap<number, readonly number[]> {
  const all = store.list("server");
  const hosts = new Map<number, number[]>();
  for (const server of servers) {
    const host = locationNamed(server.location).id * 100 + 1 + slotOf(server, all);
    hosts.set(host, [...(hosts.get(host) ?? []), server.id]);
  }
  return hosts;
}

function slotOf({ id, placementGroup }: Server, all: readonly Server[]): number {
  if (placementGroup === null) return id % HOSTS_PER_LOCATION;
  return all.filter((other) => other.placementGroup === placementGroup && other.id < id).length;
}
