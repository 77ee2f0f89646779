// Power of servers. `power` in the row is what was last reached and what a restart of the local cloud restores.
import { z } from "zod";
import { type AnyWork, defineWork, gone, type Work } from "../../actions/work";
import { catalogue, serverTypeNamed } from "../../catalogue/catalogue";
import type { Server } from "../../state/rows";
import type { Store } from "../../state/store";
import { primaryIpOf } from "../addresses/publicAddresses";
import { actionReply } from "../calls/actionRoutes";
import {
  type Call,
  matchesIdOrName,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  ref,
  startAction,
} from "../calls/call";
import { ApiError, invalidInput } from "../calls/errors";
import { idOrName } from "../calls/fields";
import { requireUnlocked } from "../calls/locks";
import { isSoldOut } from "../catalogue/catalogueViews";

interface ServerArgs {
  readonly server: number;
}

export function serverOf(store: Store, id: number): Server {
  const server = store.get("server", id);
  if (server === undefined) throw gone("server", id);
  return server;
}

/** Changes the row of a server when its action succeeds. */
export function changeServer(store: Store, id: number, change: Partial<Server>) {
  store.put("server", { ...serverOf(store, id), ...change });
}

/** What a boot makes of a server: whichever system it started, the rescue system is used up. */
export const booted = { power: "on", rescue: null } as const;

export const startServer = defineWork<ServerArgs>({
  name: "start_server",
  command: "start_server",
  steps: (_store, { server }) => [{ do: "start", server }],
  effect: (store, { server }) => {
    // A server that runs is not booted by this, so its rescue system waits on.
    if (serverOf(store, server).power === "off") changeServer(store, server, booted);
  },
});

const stopServer = defineWork<ServerArgs>({
  name: "stop_server",
  command: "stop_server",
  steps: (_store, { server }) => [{ do: "powerOff", server }],
  effect: (store, { server }) => changeServer(store, server, { power: "off" }),
});

/** Ends when the guest was asked; the row follows when the machine really ends (HC-A8). */
const shutdownServer = defineWork<ServerArgs>({
  name: "shutdown_server",
  command: "shutdown_server",
  steps: (store, { server }) =>
    serverOf(store, server).power === "on" ? [{ do: "requestShutdown", server }] : [],
});

const rebootServer = defineWork<ServerArgs>({
  name: "reboot_server",
  command: "reboot_server",
  steps: (store, { server }) =>
    serverOf(store, server).power === "on" ? [{ do: "requestReboot", server }] : [],
});

const resetServer = defineWork<ServerArgs>({
  name: "reset_server",
  command: "reset_server",
  steps: (_store, { server }) => [
    { do: "powerOff", server },
    { do: "start", server },
  ],
  effect: (store, { server }) => changeServer(store, server, booted),
});

interface ChangeTypeArgs extends ServerArgs {
  readonly serverType: string;
  readonly diskGb: number;
}

/** The server starts again by itself: the provider does not power it on (HC-S9). */
const changeType = defineWork<ChangeTypeArgs>({
  name: "change_server_type",
  command: "change_server_type",
  steps: (_store, { server }) => [{ do: "start", server }],
  effect: (store, { server, serverType, diskGb }) =>
    changeServer(store, server, { serverType, diskGb, ...booted }),
});

export const serverPowerWorks: readonly AnyWork[] = [
  startServer,
  stopServer,
  shutdownServer,
  rebootServer,
  resetServer,
  changeType,
];

/** An action of a server that takes no parameters. */
export function plainAction(
  name: string,
  work: Work<ServerArgs>,
  check?: (call: Call, server: Server) => void,
): Route {
  return {
    method: "POST",
    path: `/servers/:id/actions/${name}`,
    handle: (call) => {
      const server = ownedByPath(call, "server");
      check?.(call, server);
      return actionReply(startAction(call, work, { server: server.id }, [ref("server", server.id)]));
    },
  };
}

export const serverPowerRoutes: readonly Route[] = [
  plainAction("poweron", startServer, requireInterface),
  plainAction("poweroff", stopServer),
  plainAction("shutdown", shutdownServer),
  plainAction("reboot", rebootServer),
  plainAction("reset", resetServer, requireInterface),
  { method: "POST", path: "/servers/:id/actions/change_type", handle: change },
];

export function hasInterface(store: Store, server: Server): boolean {
  const isPublic = primaryIpOf(store, server.id, "ipv4") ?? primaryIpOf(store, server.id, "ipv6");
  return isPublic !== undefined || server.privateNets.length > 0;
}

/** HC-S3. */
function requireInterface(call: Call, server: Server) {
  if (!hasInterface(call.store, server)) {
    throw new ApiError(
      "unsupported_error",
      `server ${server.name} has neither a public address nor a network: attach one before it is started`,
    );
  }
}

export function requireStopped(server: Server) {
  if (server.power === "on") {
    throw new ApiError("server_not_stopped", `server ${server.name} must be powered off`);
  }
}

function change(call: Call): Reply {
  const server = ownedByPath(call, "server");
  const body = readBody(call, z.object({ upgrade_disk: z.boolean(), server_type: idOrName }));
  requireUnlocked(call.store, "change_server_type", [ref("server", server.id)]);
  const type = catalogue.serverTypes.find((candidate) => matchesIdOrName(body.server_type, candidate));
  if (type === undefined)
    throw invalidInput("server_type", `server type '${body.server_type}' does not exist`);
  const misfit = (why: string) => new ApiError("invalid_server_type", `${type.name} does not fit: ${why}`);
  const old = serverTypeNamed(server.serverType);
  if (type.retired) throw misfit("it is deprecated");
  if (type.name === old.name) throw misfit("the server has this type already");
  if (type.architecture !== old.architecture) throw misfit(`its architecture is ${type.architecture}`);
  if (type.diskGb < server.diskGb) throw misfit(`its disk is smaller than the server's ${server.diskGb} GB`);
  if (!type.locations.includes(server.location)) throw misfit(`it is not offered in ${server.location}`);
  requireStopped(server);
  if (isSoldOut(call.settings, type.name, server.location)) {
    throw new ApiError("resource_unavailable", "error during placement");
  }
  const diskGb = body.upgrade_disk ? type.diskGb : server.diskGb;
  const args = { server: server.id, serverType: type.name, diskGb };
  return actionReply(startAction(call, changeType, args, [ref("server", server.id)]));
}
