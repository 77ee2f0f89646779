// Images that servers leave: snapshots and backups on request, and one backup a day by the clock (HC-S21).
import { z } from "zod";
import { type AnyWork, defineWork, gone } from "../../../actions/work";
import { catalogue } from "../../../catalogue/catalogue";
import type { Action, Image, Server } from "../../../state/rows";
import type { Store } from "../../../state/store";
import { actionReply, renderAction } from "../../calls/actionRoutes";
import {
  type Call,
  created,
  listOwned,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  ref,
  startAction,
} from "../../calls/call";
import { ApiError } from "../../calls/errors";
import { labelsField } from "../../calls/fields";
import { isLocked, requireUnlocked } from "../../calls/locks";
import { newRow } from "../../calls/owned";
import { renderSnapshot } from "../../catalogue/catalogueViews";
import { forgetImage } from "../../images/images";
import { changeServer } from "../serverPower";
import { defaultWindow, dueSince } from "./backupWindow";

const backupSlots = 7;
const gb = 2 ** 30;

const createImage = defineWork<{ server: number; image: number }>({
  name: "create_image",
  command: "create_image",
  steps: (_store, { server, image }) => [{ do: "createSnapshot", server, image }],
  effect: (store, { image: id }, { snapshotBytes }) => {
    const image = store.get("image", id);
    if (image === undefined) throw gone("image", id);
    const imageSizeGb = Math.round(((snapshotBytes ?? 0) / gb) * 100) / 100;
    store.put("image", { ...image, status: "available", imageSizeGb });
  },
  failed: (store, { image: id }) => {
    const image = store.get("image", id);
    if (image !== undefined) store.put("image", { ...image, status: "unavailable" });
  },
});

const enableBackup = defineWork<{ server: number; window: string | null }>({
  name: "enable_backup",
  command: "enable_backup",
  effect: (store, { server, window }) => changeServer(store, server, { backupWindow: window }),
});

const disableBackup = defineWork<{ server: number; window: string | null }>({
  name: "disable_backup",
  command: "disable_backup",
  effect: (store, { server, window }) =>
    changeServer(store, server, { backupWindow: window, lastBackup: null }),
});

export const backupWorks: readonly AnyWork[] = [createImage, enableBackup, disableBackup];

export const backupRoutes: readonly Route[] = [
  { method: "POST", path: "/servers/:id/actions/create_image", handle: create },
  { method: "POST", path: "/servers/:id/actions/enable_backup", handle: enable },
  { method: "POST", path: "/servers/:id/actions/disable_backup", handle: disable },
];

function create(call: Call): Reply {
  const server = ownedByPath(call, "server");
  const schema = z.object({
    // hcloud-go sends null for what it was not given.
    description: z.string().nullish(),
    type: z.enum(["snapshot", "backup"]).nullish(),
    labels: labelsField.optional(),
  });
  const { type, description, labels } = readBody(call, schema);
  requireUnlocked(call.store, "create_image", [ref("server", server.id)]);
  const { image, action } = beginImage(call, server, type ?? "snapshot", description, labels ?? {});
  return created({ image: renderSnapshot(image), action: renderAction(action) });
}

function beginImage(
  call: Call,
  server: Server,
  type: Image["type"],
  description?: string | null,
  labels: Record<string, string> = {},
): { image: Image; action: Action } {
  if (type === "backup") makeRoomForBackup(call, server);
  const image: Image = {
    ...newRow(call, call.store.nextId(), { name: "", labels }),
    type,
    status: "creating",
    description: description ?? `${server.name} ${new Date().toISOString()}`,
    imageSizeGb: null,
    diskGb: server.diskGb,
    createdFrom: { id: server.id, name: server.name },
    boundTo: type === "backup" ? server.id : null,
    ...systemOf(call, server),
    architecture: call.settings.architecture,
    protected: false,
  };
  call.store.put("image", image);
  const resources = [ref("server", server.id), ref("image", image.id)];
  const action = startAction(call, createImage, { server: server.id, image: image.id }, resources);
  return { image, action };
}

function systemOf(call: Call, server: Server): Pick<Image, "osFlavor" | "osVersion"> {
  const system = catalogue.images.find(({ id }) => id === server.image);
  if (system !== undefined) return { osFlavor: system.os_flavor, osVersion: system.os_version };
  const source = server.image === null ? undefined : call.store.get("image", server.image);
  return { osFlavor: source?.osFlavor ?? "unknown", osVersion: source?.osVersion ?? null };
}

const backupsOf = (call: Call, server: Server) =>
  listOwned(call, "image").filter(({ boundTo }) => boundTo === server.id);

/** Seven slots: the oldest backup makes room. */
function makeRoomForBackup(call: Call, server: Server) {
  if (server.backupWindow === null) {
    throw new ApiError(
      "unsupported_error",
      `backups of server ${server.name} are disabled: enable them first`,
    );
  }
  const backups = backupsOf(call, server);
  for (const backup of backups.slice(0, Math.max(0, backups.length - backupSlots + 1)))
    forgetImage(call, backup);
}

function enable(call: Call): Reply {
  const server = ownedByPath(call, "server");
  const args = { server: server.id, window: server.backupWindow ?? defaultWindow };
  return actionReply(startAction(call, enableBackup, args, [ref("server", server.id)]));
}

/** Takes all backups with it. */
function disable(call: Call): Reply {
  const server = ownedByPath(call, "server");
  const resources = [ref("server", server.id)];
  requireUnlocked(call.store, "disable_backup", resources);
  for (const image of backupsOf(call, server)) forgetImage(call, image);
  return actionReply(startAction(call, disableBackup, { server: server.id, window: null }, resources));
}

/** Servers whose daily backup should begin now; one that is locked waits for the next look. */
export function serversToBackUp(store: Store, now: number): Server[] {
  return store.list("server").filter((server) => {
    if (server.backupWindow === null || isLocked(store, ref("server", server.id))) return false;
    const since = dueSince(server.backupWindow, server.id, now);
    return since !== null && Date.parse(server.lastBackup ?? "1970-01-01") < since;
  });
}

/** Begins the daily backup of one server. */
export function beginDailyBackup(call: Call, server: Server) {
  const lastBackup = call.settings.clock().toISOString();
  call.store.put("server", { ...server, lastBackup });
  beginImage(call, server, "backup", `Backup ${lastBackup.slice(0, 10)}`);
}
