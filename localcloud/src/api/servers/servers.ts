// Servers: read, rename, delete, protect. See serverCreate, serverPower, serverNetworks and serverImages.
import { z } from "zod";
import { type AnyWork, defineWork } from "../../actions/work";
import type { Store } from "../../state/store";
import { releaseFloatingIps } from "../addresses/floatingIps";
import { releasePrimaryIps } from "../addresses/primaryIps";
import { dnsPtrRoute } from "../addresses/reverseDns";
import { actionReply, actionRoutes, renderAction } from "../calls/actionRoutes";
import {
  type Call,
  ok,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  ref,
  startAction,
} from "../calls/call";
import { deleteProtected, invalidInput } from "../calls/errors";
import { filterByName, sortByIdNameCreated } from "../calls/lists";
import { type OwnedOptions, readRoutes, rename, updateRoute } from "../calls/owned";
import { create, createServer, serverName } from "./serverCreate";
import { changeServer } from "./serverPower";
import { renderServer, statusOf } from "./serverViews";

const statuses = [
  "running",
  "initializing",
  "starting",
  "stopping",
  "off",
  "deleting",
  "migrating",
  "rebuilding",
  "unknown",
];

const options: OwnedOptions<"server"> = {
  kind: "server",
  path: "/servers",
  render: renderServer,
  list: {
    sort: sortByIdNameCreated,
    filters: { ...filterByName, status: (server, value, call) => statusOf(call.store, server) === value },
    allowed: { status: statuses },
  },
  repeatable: true,
};

const deleteServer = defineWork<{ server: number }>({
  name: "delete_server",
  command: "delete_server",
  network: true,
  steps: (store, { server }) => [
    { do: "powerOff", server },
    ...store
      .list("volume")
      .filter((volume) => volume.server === server)
      .map(({ id }) => ({ do: "detachVolume" as const, volume: id })),
    ...backupsOf(store, server).map(({ id }) => ({ do: "removeSnapshot" as const, image: id })),
    { do: "removeServer", server },
  ],
  effect: (store, { server }) => forgetServer(store, server),
});

const changeProtection = defineWork<{ server: number; protected: boolean }>({
  name: "change_protection/server",
  command: "change_protection",
  effect: (store, { server, protected: value }) => changeServer(store, server, { protected: value }),
});

export const serverWorks: readonly AnyWork[] = [createServer, deleteServer, changeProtection];

export const serverRoutes: readonly Route[] = [
  ...actionRoutes("/servers", "server"),
  ...readRoutes(options),
  { method: "POST", path: "/servers", handle: create },
  updateRoute(options, { schema: z.object({ name: serverName.optional() }), change: rename }),
  { method: "DELETE", path: "/servers/:id", handle: remove },
  { method: "POST", path: "/servers/:id/actions/change_protection", handle: protect },
  dnsPtrRoute("/servers", "server"),
];

function remove(call: Call): Reply {
  const server = ownedByPath(call, "server");
  if (server.protected) throw deleteProtected("Server");
  const action = startAction(call, deleteServer, { server: server.id }, [ref("server", server.id)]);
  return ok({ action: renderAction(action) });
}

function protect(call: Call): Reply {
  const server = ownedByPath(call, "server");
  const schema = z.object({ delete: z.boolean().optional(), rebuild: z.boolean().optional() });
  const body = readBody(call, schema);
  const [deletion, rebuild] = [body.delete ?? server.protected, body.rebuild ?? server.protected];
  if (deletion !== rebuild) throw invalidInput("rebuild", "must have the same value as delete");
  const args = { server: server.id, protected: deletion };
  return actionReply(startAction(call, changeProtection, args, [ref("server", server.id)]));
}

function backupsOf(store: Store, server: number) {
  return store.list("image").filter((image) => image.boundTo === server);
}

/** What a deletion leaves behind: HC-S4. */
function forgetServer(store: Store, id: number) {
  releasePrimaryIps(store, id);
  releaseFloatingIps(store, id);
  for (const volume of store.list("volume")) {
    if (volume.server === id) store.put("volume", { ...volume, server: null });
  }
  for (const firewall of store.list("firewall")) {
    const applied = firewall.applied.filter((entry) => entry.type !== "server" || entry.server !== id);
    if (applied.length < firewall.applied.length) store.put("firewall", { ...firewall, applied });
  }
  for (const balancer of store.list("load_balancer")) {
    const targets = balancer.targets.filter((target) => target.type !== "server" || target.server !== id);
    if (targets.length < balancer.targets.length) store.put("load_balancer", { ...balancer, targets });
  }
  for (const backup of backupsOf(store, id)) store.remove("image", backup.id);
  store.remove("server", id);
}
