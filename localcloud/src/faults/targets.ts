import { refuse } from "../contract/errors";
import type { Server } from "../state/rows";
import type { Store } from "../state/store";

/**
 * The server of this name or id.
 *
 * @throws ControlError when there is none, or one of this name in each of several projects
 */
export function serverNamed(store: Store, nameOrId: string, path = "fault.server"): Server {
  const servers = store.list("server");
  const found = servers.filter(({ id, name }) => name === nameOrId || String(id) === nameOrId);
  const [server] = found;
  if (found.length > 1) {
    const ids = found.map(({ id }) => id).join(", ");
    throw refuse(path, nameOrId, `several projects have a server of this name: use one of the ids ${ids}`);
  }
  if (server !== undefined) return server;
  const known = servers.map(({ name }) => name).join(", ");
  throw refuse(path, nameOrId, known === "" ? "there is no server" : `use one of ${known}`, 404);
}

/** The same, for faults that only a machine that runs can have. */
export function runningServer(store: Store, nameOrId: string): Server {
  const server = serverNamed(store, nameOrId);
  if (server.power === "off") throw refuse("fault.server", nameOrId, "is off: power it on first", 409);
  return server;
}
