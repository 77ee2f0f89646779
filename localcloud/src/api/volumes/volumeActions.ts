// Actions of volumes. A volume is a block file of the host; attaching makes it appear in the guest (HC-D1).
import { z } from "zod";
import { type AnyWork, defineWork, gone } from "../../actions/work";
import type { Server, Volume } from "../../state/rows";
import type { Store } from "../../state/store";
import { actionReply } from "../calls/actionRoutes";
import {
  type Call,
  listOwned,
  ownedByField,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  ref,
  startAction,
} from "../calls/call";
import { ApiError, invalidInput, limitExceeded } from "../calls/errors";
import { requireUnlocked } from "../calls/locks";
import { protectionOf } from "../calls/protection";

export const volumesPerServer = 16;

interface VolumeArgs {
  readonly volume: number;
}

interface AttachArgs extends VolumeArgs {
  readonly server: number;
  readonly automount: boolean;
}

function volumeOf(store: Store, id: number): Volume {
  const volume = store.get("volume", id);
  if (volume === undefined) throw gone("volume", id);
  return volume;
}

export const createVolume = defineWork<VolumeArgs>({
  name: "create_volume",
  command: "create_volume",
  steps: (_store, { volume }) => [{ do: "createVolume", volume }],
  effect: (store, { volume }) => store.put("volume", { ...volumeOf(store, volume), status: "available" }),
});

export const attachVolume = defineWork<AttachArgs>({
  name: "attach_volume",
  command: "attach_volume",
  steps: (_store, { volume, server, automount }) => [{ do: "attachVolume", volume, server, automount }],
  effect: (store, { volume, server }) => {
    if (store.get("server", server) === undefined) {
      throw gone("server", server);
    }
    store.put("volume", { ...volumeOf(store, volume), server });
  },
});

const detachVolume = defineWork<VolumeArgs>({
  name: "detach_volume",
  command: "detach_volume",
  steps: (_store, { volume }) => [{ do: "detachVolume", volume }],
  effect: (store, { volume }) => store.put("volume", { ...volumeOf(store, volume), server: null }),
});

const resizeVolume = defineWork<VolumeArgs & { size: number }>({
  name: "resize_volume",
  command: "resize_volume",
  steps: (_store, { volume }) => [{ do: "resizeVolume", volume }],
  effect: (store, { volume, size }) => store.put("volume", { ...volumeOf(store, volume), size }),
});

/** The API answers a deletion at once; the block file goes with this hidden action. */
const deleteVolume = defineWork<VolumeArgs>({
  name: "delete_volume",
  command: "delete_volume",
  steps: (_store, { volume }) => [{ do: "removeVolume", volume }],
});

const protection = protectionOf("/volumes", "volume");

export const volumeWorks: readonly AnyWork[] = [
  createVolume,
  attachVolume,
  detachVolume,
  resizeVolume,
  deleteVolume,
  protection.work,
];

export const volumeActionRoutes: readonly Route[] = [
  { method: "POST", path: "/volumes/:id/actions/attach", handle: attach },
  { method: "POST", path: "/volumes/:id/actions/detach", handle: detach },
  { method: "POST", path: "/volumes/:id/actions/resize", handle: resize },
  protection.route,
];

export function removeVolumeLater(call: Call, volume: Volume) {
  call.store.remove("volume", volume.id);
  call.begin(deleteVolume, { volume: volume.id }, { resources: [ref("volume", volume.id)], hidden: true });
}

export function requireFewVolumes(call: Call, server: Server) {
  if (listOwned(call, "volume").filter((volume) => volume.server === server.id).length >= volumesPerServer) {
    throw limitExceeded(`a server has at most ${volumesPerServer} volumes`, "volume_limit");
  }
}

/** Refuses what cannot be attached to a server of this location. */
export function requireAttachable(volume: Volume, location: string, field: string) {
  if (volume.server !== null) {
    throw new ApiError("volume_already_attached", `volume is attached to server ${volume.server}`);
  }
  if (volume.location !== location) {
    throw invalidInput(field, `volume ${volume.id} is in ${volume.location}, the server in ${location}`);
  }
}

function attach(call: Call): Reply {
  const volume = ownedByPath(call, "volume");
  const body = readBody(call, z.object({ server: z.int().positive(), automount: z.boolean().optional() }));
  const server = ownedByField(call, "server", body.server);
  const resources = [ref("server", server.id), ref("volume", volume.id)];
  requireUnlocked(call.store, "attach_volume", resources);
  requireAttachable(volume, server.location, "server");
  requireFewVolumes(call, server);
  const args = { volume: volume.id, server: server.id, automount: body.automount ?? false };
  return actionReply(startAction(call, attachVolume, args, resources));
}

function detach(call: Call): Reply {
  const volume = ownedByPath(call, "volume");
  requireUnlocked(call.store, detachVolume.command, [ref("volume", volume.id)]);
  if (volume.server === null) throw new ApiError("service_error", "volume is not attached to a server");
  const resources = [ref("server", volume.server), ref("volume", volume.id)];
  return actionReply(startAction(call, detachVolume, { volume: volume.id }, resources));
}

function resize(call: Call): Reply {
  const volume = ownedByPath(call, "volume");
  const body = readBody(call, z.object({ size: z.int().min(10).max(10_240) }));
  if (body.size <= volume.size) {
    throw invalidInput("size", `must be greater than ${volume.size}, volumes only grow; got ${body.size}`);
  }
  const args = { volume: volume.id, size: body.size };
  return actionReply(startAction(call, resizeVolume, args, [ref("volume", volume.id)]));
}
