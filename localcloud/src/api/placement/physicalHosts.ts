// On which physical host a server stands (HC-PG3). A host is a label: it is derived from the servers, so that
// nothing has to be stored, moved or repaired, and a spread group never has two members on one host.
import { locationNamed } from "../../catalogue/catalogue";
import { defaultHostsPerLocation } from "../../settings/api";
import type { Server } from "../../state/rows";

/** What of a server decides where it stands. */
export type PlacedServer = Pick<Server, "id" | "location" | "placementGroup">;

/**
 * Number of the host: the location's id times 100, plus 1 to `hostsPerLocation`. A server stands by its id; a
 * member of a spread group goes on to the next host that no older member in its location has. When a member
 * leaves, younger members may stand elsewhere.
 *
 * @param servers all servers, of every project; the order does not matter
 */
export function physicalHostOf(
  server: PlacedServer,
  servers: readonly PlacedServer[],
  hostsPerLocation = defaultHostsPerLocation,
): number {
  const taken = new Set<number>();
  const older = membersBeside(server, servers).filter(({ id }) => id < server.id);
  for (const member of older.sort((a, b) => a.id - b.id)) taken.add(slotOf(member, taken, hostsPerLocation));
  return locationNamed(server.location).id * 100 + slotOf(server, taken, hostsPerLocation) + 1;
}

/** Whether one more member of the group finds a host of its own in the location. */
export function hasFreeHost(
  group: number,
  location: string,
  servers: readonly PlacedServer[],
  hostsPerLocation = defaultHostsPerLocation,
): boolean {
  const members = membersBeside({ id: 0, location, placementGroup: group }, servers);
  return members.length < hostsPerLocation;
}

/** Other members of the server's group in its location; hosts of two locations are never the same. */
function membersBeside(server: PlacedServer, servers: readonly PlacedServer[]): PlacedServer[] {
  if (server.placementGroup === null) return [];
  return servers.filter(
    (other) =>
      other.id !== server.id &&
      other.placementGroup === server.placementGroup &&
      other.location === server.location,
  );
}

function slotOf({ id }: PlacedServer, taken: ReadonlySet<number>, hosts: number): number {
  const preferred = id % hosts;
  for (let step = 0; step < hosts; step++) {
    const slot = (preferred + step) % hosts;
    if (!taken.has(slot)) return slot;
  }
  // More members than hosts: only after the number of hosts was lowered below what is placed already.
  return preferred;
}
