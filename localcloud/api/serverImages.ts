// Images of servers and what is made anew from them: rebuild, snapshots, backups; and placement groups.
import { z } from "zod";
import { catalogue, serverTypeNamed } from "../catalogue";
import type { Image, Server } from "../rows";
import { ActionFailure, type AnyWork, defineWork } from "../work";
import { actionReply, renderAction } from "./actionRoutes";
import {
  type Call,
  created,
  idOrName,
  listOwned,
  ownedByField,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  ref,
  startAction,
} from "./call";
import { renderSnapshot } from "./catalogueViews";
import { ApiError, invalidInput } from "./errors";
import { bootImage, forgetImage } from "./images";
import { labelsField } from "./labels";
import { requireUnlocked } from "./locks";
import { newRow } from "./owned";
import { requireRoom } from "./placementGroups";
import { newRootPassword, newSalt, passwordHash } from "./rootPassword";
import { changeServer, plainAction, requireStopped } from "./serverPower";

const BACKUP_SLOTS = 7;
const GB = 2 ** 30;

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
  effect: (store, { server, ...change }) => changeServer(store, server, { ...change, power: "on" }),
});

const createImage = defineWork<{ server: number; image: number }>({
  name: "create_image",
  command: "create_image",
  steps: (_store, { server, image }) => [{ do: "createSnapshot", server, image }],
  effect: (store, { image: id }, { snapshotBytes }) => {
    const image = store.get("image", id);
    if (image === undefined) throw new ActionFailure("action_failed", `image ${id} no longer exists`);
    const imageSizeGb = Math.round(((snapshotBytes ?? 0) / GB) * 100) / 100;
    store.put("image", { ...image, status: "available", imageSizeGb });
  },
});

const setBackups = (command: string) =>
  defineWork<{ server: number; window: string | null }>({
    name: command,
    command,
    effect: (store, { server, window }) => changeServer(store, server, { backupWindow: window }),
  });

const enableBackup = setBackups("enable_backup");
const disableBackup = setBackups("disable_backup");

const setGroup = (command: string) =>
  defineWork<{ server: number; group: number | null }>({
    name: command,
    command,
    effect: (store, { server, group }) => changeServer(store, server, { placementGroup: group }),
  });

const addToGroup = setGroup("add_to_placement_group");
const removeFromGroup = setGroup("remove_from_placement_group");

/** There is never an ISO: succeeds without having anything to do (HC-A5). */
const detachIso = defineWork<{ server: number }>({ name: "detach_iso", command: "detach_iso" });
const disableRescue = defineWork<{ server: number }>({ name: "disable_rescue", command: "disable_rescue" });

export const serverImageWorks: readonly AnyWork[] = [
  rebuildServer,
  createImage,
  enableBackup,
  disableBackup,
  addToGroup,
  removeFromGroup,
  detachIso,
  disableRescue,
];

export const serverImageRoutes: readonly Route[] = [
  { method: "POST", path: "/servers/:id/actions/rebuild", handle: rebuild },
  { method: "POST", path: "/servers/:id/actions/create_image", handle: snapshot },
  { method: "POST", path: "/servers/:id/actions/enable_backup", handle: enableBackups },
  { method: "POST", path: "/servers/:id/actions/disable_backup", handle: disableBackups },
  { method: "POST", path: "/servers/:id/actions/add_to_placement_group", handle: join },
  { method: "POST", path: "/servers/:id/actions/remove_from_placement_group", handle: leave },
  plainAction("detach_iso", detachIso),
  plainAction("disable_rescue", disableRescue),
  unsupported("POST", "actions/attach_iso", "boot from an ISO"),
  unsupported("POST", "actions/enable_rescue", "boot a rescue system"),
  unsupported("POST", "actions/request_console", "show a console"),
  unsupported("POST", "actions/reset_password", "set a root password"),
  unsupported("GET", "metrics", "measure servers"),
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
    rootPasswordHash: password && passwordHash(password, newSalt()),
  };
  const action = startAction(call, rebuildServer, args, [ref("server", server.id)]);
  return created({ root_password: password, action: renderAction(action) });
}

function snapshot(call: Call): Reply {
  const server = ownedByPath(call, "server");
  const schema = z.object({
    // hcloud-go sends null for what it was not given.
    description: z.string().nullish(),
    type: z.enum(["snapshot", "backup"]).nullish(),
    labels: labelsField.optional(),
  });
  const body = readBody(call, schema);
  requireUnlocked(call.store, "create_image", [ref("server", server.id)]);
  if (body.type === "backup") makeRoomForBackup(call, server);
  const image: Image = {
    ...newRow(call, call.store.nextId(), { name: "", labels: body.labels }),
    type: body.type ?? "snapshot",
    status: "creating",
    description: body.description ?? `${server.name} ${new Date().toISOString()}`,
    imageSizeGb: null,
    diskGb: server.diskGb,
    createdFrom: { id: server.id, name: server.name },
    boundTo: body.type === "backup" ? server.id : null,
    ...systemOf(call, server),
    architecture: call.settings.architecture,
    protected: false,
  };
  call.store.put("image", image);
  const resources = [ref("server", server.id), ref("image", image.id)];
  const action = startAction(call, createImage, { server: server.id, image: image.id }, resources);
  return created({ image: renderSnapshot(image), action: renderAction(action) });
}

function systemOf(call: Call, server: Server): Pick<Image, "osFlavor" | "osVersion"> {
  const system = catalogue.images.find(({ id }) => id === server.image);
  if (system !== undefined) return { osFlavor: system.os_flavor, osVersion: system.os_version };
  const source = server.image === null ? undefined : call.store.get("image", server.image);
  return { osFlavor: source?.osFlavor ?? "unknown", osVersion: source?.osVersion ?? null };
}

/** Seven slots: the oldest backup makes room. */
function makeRoomForBackup(call: Call, server: Server) {
  if (server.backupWindow === null) {
    throw new ApiError(
      "unsupported_error",
      `backups of server ${server.name} are disabled: enable them first`,
    );
  }
  const backups = listOwned(call, "image").filter(({ boundTo }) => boundTo === server.id);
  for (const backup of backups.slice(0, Math.max(0, backups.length - BACKUP_SLOTS + 1)))
    forgetImage(call, backup);
}

function enableBackups(call: Call): Reply {
  const server = ownedByPath(call, "server");
  const args = { server: server.id, window: server.backupWindow ?? "22-02" };
  return actionReply(startAction(call, enableBackup, args, [ref("server", server.id)]));
}

/** Takes all backups with it (HC-S21). */
function disableBackups(call: Call): Reply {
  const server = ownedByPath(call, "server");
  const resources = [ref("server", server.id)];
  requireUnlocked(call.store, "disable_backup", resources);
  for (const image of listOwned(call, "image")) if (image.boundTo === server.id) forgetImage(call, image);
  return actionReply(startAction(call, disableBackup, { server: server.id, window: null }, resources));
}

function join(call: Call): Reply {
  const server = ownedByPath(call, "server");
  const body = readBody(call, z.object({ placement_group: z.int().positive() }));
  const group = ownedByField(call, "placement_group", body.placement_group);
  if (server.placementGroup !== null) {
    throw new ApiError("already_in_placement_group", `server ${server.name} is in a placement group already`);
  }
  requireStopped(server);
  requireRoom(call, group);
  const args = { server: server.id, group: group.id };
  return actionReply(startAction(call, addToGroup, args, [ref("server", server.id)]));
}

function leave(call: Call): Reply {
  const server = ownedByPath(call, "server");
  const args = { server: server.id, group: null };
  return actionReply(startAction(call, removeFromGroup, args, [ref("server", server.id)]));
}
