// Volumes: create, read, update, delete. Attaching and resizing are in volumeActions.ts.
import { z } from "zod";
import { catalogue, locationNamed } from "../../catalogue/catalogue";
import type { Server, Volume } from "../../state/rows";
import { actionRoutes, renderAction } from "../calls/actionRoutes";
import {
  type Call,
  created,
  matchesIdOrName,
  noContent,
  ownedByField,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  ref,
  requireUniqueName,
} from "../calls/call";
import { ApiError, deleteProtected, invalidInput } from "../calls/errors";
import { idOrName, labelsField } from "../calls/fields";
import { filterByName, sortByIdNameCreated } from "../calls/lists";
import { requireFree } from "../calls/locks";
import { newRow, type OwnedOptions, readRoutes, rename, updateRoute } from "../calls/owned";
import { renderLocation } from "../catalogue/catalogueViews";
import { attachVolume, createVolume, removeVolumeLater, requireFewVolumes } from "./volumeActions";

const volumeNameForm = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/;

const volumeName = z.string().regex(volumeNameForm, {
  message: "must have at most 64 letters, digits, dashes, underscores and dots, alphanumeric at both ends",
});

const sizeField = z.int().min(10).max(10_240);

const createSchema = z.object({
  size: sizeField,
  name: volumeName,
  labels: labelsField.optional(),
  automount: z.boolean().optional(),
  format: z.enum(["ext4", "xfs"]).optional(),
  location: idOrName.optional(),
  server: z.int().positive().optional(),
});

const options: OwnedOptions<"volume"> = {
  kind: "volume",
  path: "/volumes",
  render: (_call, row) => renderVolume(row),
  list: {
    sort: sortByIdNameCreated,
    filters: { ...filterByName, status: (row, value) => row.status === value },
    allowed: { status: ["creating", "available"] },
  },
  repeatable: true,
};

export const volumeRoutes: readonly Route[] = [
  ...actionRoutes("/volumes", "volume"),
  ...readRoutes(options),
  { method: "POST", path: "/volumes", handle: create },
  updateRoute(options, { schema: z.object({ name: volumeName.optional() }), change: rename }),
  { method: "DELETE", path: "/volumes/:id", handle: remove },
];

function renderVolume(row: Volume) {
  return {
    id: row.id,
    name: row.name,
    created: row.created,
    server: row.server,
    location: renderLocation(locationNamed(row.location)),
    size: row.size,
    linux_device: `/dev/disk/by-id/scsi-0HC_Volume_${row.id}`,
    protection: { delete: row.protected },
    labels: row.labels,
    status: row.status,
    format: row.format,
  };
}

function create(call: Call): Reply {
  const body = readBody(call, createSchema);
  const server = body.server === undefined ? null : ownedByField(call, "server", body.server);
  const location = locationFor(body.location, server);
  if (server === null && body.automount) throw invalidInput("automount", "needs a server to mount on");
  requireUniqueName(call, "volume", body.name);
  if (server !== null) {
    requireFree(call.store, ref("server", server.id));
    requireFewVolumes(call, server);
  }
  const row: Volume = {
    ...newRow(call, call.store.nextId(), body),
    size: body.size,
    location,
    server: null,
    format: body.format ?? null,
    status: "creating",
    protected: false,
  };
  call.store.put("volume", row);
  const action = call.begin(createVolume, { volume: row.id }, { resources: [ref("volume", row.id)] });
  const automount = body.automount ?? false;
  const next = server === null ? [] : [attachLater(call, row.id, server.id, automount, action.id)];
  return created({
    volume: renderVolume(row),
    action: renderAction(action),
    next_actions: next.map(renderAction),
  });
}

export function attachLater(call: Call, volume: number, server: number, automount: boolean, after: number) {
  const resources = [ref("server", server), ref("volume", volume)];
  return call.begin(attachVolume, { volume, server, automount }, { resources, after });
}

function locationFor(wanted: number | string | undefined, server: Server | null): string {
  if (server !== null) {
    const same = wanted === undefined || matchesIdOrName(wanted, locationNamed(server.location));
    if (!same) throw invalidInput("location", `must be the server's location ${server.location} or absent`);
    return server.location;
  }
  if (wanted === undefined) throw invalidInput("location", "either location or server is required");
  const location = catalogue.locations.find((candidate) => matchesIdOrName(wanted, candidate));
  if (location === undefined) throw invalidInput("location", `location '${wanted}' does not exist`);
  return location.name;
}

function remove(call: Call): Reply {
  const row = ownedByPath(call, "volume");
  if (row.protected) throw deleteProtected("Volume");
  requireFree(call.store, ref("volume", row.id));
  if (row.server !== null) {
    throw new ApiError("service_error", `volume is attached to server ${row.server}: detach it first`);
  }
  removeVolumeLater(call, row);
  return noContent();
}
