// Storage boxes: create, read, update, delete, folders. Their actions are in boxActions.ts.
import { z } from "zod";
import { type AnyWork, defineWork } from "../../actions/work";
import { freeIpv4 } from "../../addresses/ip";
import { catalogue, type StorageBoxType } from "../../catalogue/catalogue";
import type { StorageBox } from "../../state/rows";
import { partsOf } from "../../storageBoxes/paths";
import { takenPublicAddresses } from "../addresses/publicAddresses";
import { actionReply, actionRoutes, renderAction } from "../calls/actionRoutes";
import {
  type Call,
  created,
  matchesIdOrName,
  ok,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  ref,
  requireUniqueName,
  startAction,
} from "../calls/call";
import { ApiError, deleteProtected, invalidInput } from "../calls/errors";
import { idOrName, labelsField } from "../calls/fields";
import { filterByName, sortByIdNameCreated } from "../calls/lists";
import {
  nameField,
  newRow,
  type OwnedOptions,
  readRoutes,
  rename,
  renameSchema,
  updateRoute,
} from "../calls/owned";
import { newSalt, passwordHash } from "../servers/rootPassword";
import { fingerprintOf } from "../sshKeys/sshKeys";
import { boxAccessFields, passwordField, withAccess } from "./fields";
import { type BoxArgs, boxOf, changeOfBox } from "./shared";
import { withUsage } from "./usage";
import { renderStorageBox, sizeOf } from "./views";

const createSchema = z.object({
  name: nameField,
  location: idOrName,
  storage_box_type: idOrName,
  password: passwordField,
  labels: labelsField.optional(),
  ssh_keys: z
    .array(
      z.string().refine((key) => fingerprintOf(key) !== null, {
        message: "must be a public key in OpenSSH form",
      }),
    )
    .optional(),
  access_settings: boxAccessFields.optional(),
});

const noAccess: StorageBox["accessSettings"] = {
  reachable_externally: false,
  samba_enabled: false,
  ssh_enabled: false,
  webdav_enabled: false,
  zfs_enabled: false,
};

const options: OwnedOptions<"storage_box"> = {
  kind: "storage_box",
  path: "/storage_boxes",
  render: (_call, row) => renderStorageBox(row),
  list: {
    sort: {
      ...sortByIdNameCreated,
      "stats.size": sizeOf,
      // The description names this field, which no storage box shows: taken as what the file system uses.
      "stats.size_filesystem": sizeOf,
    },
    filters: filterByName,
  },
};

const createBox = changeOfBox<BoxArgs>("create", () => ({ status: "active" }), { network: true });

const deleteBox = defineWork<BoxArgs>({
  name: "delete/storage_box",
  command: "delete",
  network: true,
  steps: (_store, { box }) => [{ do: "removeStorageBox", box }],
  effect: (store, { box }) => {
    boxOf(store, box);
    for (const kind of ["storage_box_subaccount", "storage_box_snapshot"] as const) {
      for (const row of store.list(kind)) if (row.storageBox === box) store.remove(kind, row.id);
    }
    store.remove("storage_box", box);
  },
});

export const boxWorks: readonly AnyWork[] = [createBox, deleteBox];

export const boxRoutes: readonly Route[] = [
  ...actionRoutes("/storage_boxes", "storage_box"),
  ...readRoutes(options).map(withUsage),
  { method: "POST", path: "/storage_boxes", handle: create },
  withUsage(updateRoute(options, { schema: renameSchema, change: rename })),
  { method: "DELETE", path: "/storage_boxes/:id", handle: remove },
  {
    method: "GET",
    path: "/storage_boxes/:id/folders",
    handle: ({ params }) => {
      throw new Error(`folders of storage box ${params.id} are known by the host only`);
    },
    ask: async (call, host) => {
      const box = ownedByPath(call, "storage_box");
      const path = call.query.path?.at(-1) ?? ".";
      const parts = partsOf(path);
      if (parts === undefined) throw invalidInput("path", "must be a path inside the storage box");
      const folders = await host.storageBoxFolders(box.id, parts);
      if (folders === undefined) throw new ApiError("not_found", `folder '${path}' not found`);
      return () => ok({ folders });
    },
  },
];

function create(call: Call): Reply {
  const body = readBody(call, createSchema);
  const location = catalogue.locations.find((candidate) => matchesIdOrName(body.location, candidate));
  if (location === undefined) throw invalidInput("location", `location '${body.location}' does not exist`);
  const type = typeByField(body.storage_box_type);
  if (!type.locations.includes(location.name)) {
    throw invalidInput("location", `storage box type ${type.name} is in ${type.locations.join(", ")}`);
  }
  requireUniqueName(call, "storage_box", body.name);
  const { publicIpv4, reserved } = call.settings.ranges;
  const ip = freeIpv4(publicIpv4, takenPublicAddresses(call.store, reserved));
  if (ip === null) throw new ApiError("resource_unavailable", "no public ipv4 address is left");
  const id = call.store.nextId();
  const row: StorageBox = {
    ...newRow(call, id, body),
    storageBoxType: type.name,
    location: location.name,
    status: "initializing",
    username: `u${id}`,
    passwordHash: passwordHash(body.password, newSalt()),
    publicKeys: body.ssh_keys ?? [],
    ip,
    accessSettings: withAccess(noAccess, body.access_settings ?? {}),
    snapshotPlan: null,
    planCheckedUntil: null,
    sizeData: 0,
    sizeSnapshots: 0,
    subaccountCount: 0,
    protected: false,
  };
  call.store.put("storage_box", row);
  const action = startAction(call, createBox, { box: id }, [ref("storage_box", id)]);
  return created({ storage_box: renderStorageBox(row), action: renderAction(action) });
}

export function typeByField(wanted: number | string): StorageBoxType {
  const type = catalogue.storageBoxTypes.find((candidate) => matchesIdOrName(wanted, candidate));
  if (type !== undefined) return type;
  throw invalidInput("storage_box_type", `storage box type '${wanted}' does not exist`);
}

function remove(call: Call): Reply {
  const row = ownedByPath(call, "storage_box");
  if (row.protected) throw deleteProtected("Storage Box");
  return actionReply(startAction(call, deleteBox, { box: row.id }, [ref("storage_box", row.id)]));
}
