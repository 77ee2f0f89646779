// Servers made anew from an image, and their placement groups. Snapshots and backups: actions/backups.ts.
import { z } from "zod";
import { type AnyWork, defineWork } from "../../actions/work";
import { serverTypeNamed } from "../../catalogue/catalogue";
import { actionReply, renderAction } from "../calls/actionRoutes";
import {
  type Call,
  created,
  ownedByField,
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
import { bootImage } from "../images/images";
import { requireRoom } from "../placement/placementGroups";
import { newRootPassword, rootPasswordHash } from "./rootPassword";
import { booted, changeServer, hasInterface, requireStopped, serverOf } from "./serverPower";

interface RebuildArgs {
  readonly server: number;
  readonly image: number;
  readonly userData: string;
  readonly rootPasswordHash: string | null;
}

/** The server powers off by itself and runs afterwards (HC-S21). */
const rebuildServer = defineWork<RebuildArgs>({
  name: "rebuild_server",
  command: "rebuild_server",
  steps: (_store, { server }) => [
    { do: "powerOff", server },
    { do: "rebuildServer", server },
    { do: "start", server },
  ],
  effect: (store, { server, ...change }) => changeServer(store, server, { ...change, ...booted }),
});

interface GroupArgs {
  readonly server: number;
  readonly group: number | null;
}

/**
 * The server must be off and runs afterwards: Hetzner starts it on its new host, the provider does not. One without
 * any interface cannot be started (HC-S3) and stays off.
 */
const addToGroup = defineWork<GroupArgs>({
  name: "add_to_placement_group",
  command: "add_to_placement_group",
  steps: (store, { server }) =>
    hasInterface(store, serverOf(store, server)) ? [{ do: "start", server }] : [],
  effect: (store, { server, group }) => {
    const power = hasInterface(store, serverOf(store, server)) ? booted : {};
    changeServer(store, server, { placementGroup: group, ...power });
  },
});

const removeFromGroup = defineWork<GroupArgs>({
  name: "remove_from_placement_group",
  command: "remove_from_placement_group",
  effect: (store, { server, group }) => changeServer(store, server, { placementGroup: group }),
});

export const serverImageWorks: readonly AnyWork[] = [rebuildServer, addToGroup, removeFromGroup];

export const serverImageRoutes: readonly Route[] = [
  { method: "POST", path: "/servers/:id/actions/rebuild", handle: rebuild },
  { method: "POST", path: "/servers/:id/actions/add_to_placement_group", handle: join },
  { method: "POST", path: "/servers/:id/actions/remove_from_placement_group", handle: leave },
  unsupported("POST", "actions/request_console", "show a console"),
];

/** Honest about what is not there yet: never a success without an effect. */
function unsupported(method: "GET" | "POST", path: string, what: string): Route {
  return {
    method,
    path: `/servers/:id/${path}`,
    handle: (call) => {
      ownedByPath(call, "server");
      throw new ApiError("unsupported_error", `the local cloud cannot ${what}`);
    },
  };
}

function rebuild(call: Call): Reply {
  const server = ownedByPath(call, "server");
  const body = readBody(
    call,
    z.object({
      image: idOrName,
      user_data: z
        .string()
        .max(32 * 1024)
        .optional(),
    }),
  );
  if (server.protected) throw new ApiError("protected", "Server rebuild is protected");
  requireUnlocked(call.store, "rebuild_server", [ref("server", server.id)]);
  const { architecture } = serverTypeNamed(server.serverType);
  const image = bootImage(call, body.image, architecture);
  if (image === null) {
    throw invalidInput("image", `image '${body.image}' does not exist for architecture ${architecture}`);
  }
  if (image.diskGb > server.diskGb) {
    throw invalidInput(
      "image",
      `image needs a disk of ${image.diskGb} GB, the server has ${server.diskGb} GB`,
    );
  }
  const password = server.publicKeys.length > 0 ? null : newRootPassword();
  const args = {
    server: server.id,
    image: image.id,
    userData: body.user_data ?? server.userData,
    rootPasswordHash: password && rootPasswordHash(password),
  };
  const action = startAction(call, rebuildServer, args, [ref("server", server.id)]);
  return created({ root_password: password, action: renderAction(action) });
}

function join(call: Call): Reply {
  const server = ownedByPath(call, "server");
  const body = readBody(call, z.object({ placement_group: z.int().positive() }));
  const group = ownedByField(call, "placement_group", body.placement_group);
  if (server.placementGroup !== null) {
    throw new ApiError("already_in_placement_group", `server ${server.name} is in a placement group already`);
  }
  requireStopped(server);
  requireRoom(call, group, server.location);
  const args = { server: server.id, group: group.id };
  return actionReply(startAction(call, addToGroup, args, [ref("server", server.id)]));
}

function leave(call: Call): Reply {
  const server = ownedByPath(call, "server");
  const args = { server: server.id, group: null };
  return actionReply(startAction(call, removeFromGroup, args, [ref("server", server.id)]));
}
