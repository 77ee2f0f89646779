// Snapshots of a storage box, and going back to one (HC-D6).
import { z } from "zod";
import { type AnyWork, defineWork, gone } from "../../actions/work";
import { storageBoxTypeNamed } from "../../catalogue/catalogue";
import type { StorageBox, StorageBoxSnapshot } from "../../state/rows";
import type { Store } from "../../state/store";
import { actionReply, renderAction } from "../calls/actionRoutes";
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
  startAction,
} from "../calls/call";
import { invalidInput, limitExceeded } from "../calls/errors";
import { idOrName, labelsField } from "../calls/fields";
import { filterByName, listReply, sortByIdNameCreated } from "../calls/lists";
import { requireUnlocked } from "../calls/locks";
import { snapshotDescriptionField } from "./fields";
import { activeBoxByPath, type BoxArgs, boxOf, childByPath, childrenOf } from "./shared";
import { withUsage } from "./usage";
import { renderStorageBoxSnapshot } from "./views";

export interface SnapshotArgs extends BoxArgs {
  readonly snapshot: number;
}

function snapshotOf(store: Store, { box, snapshot }: SnapshotArgs): StorageBoxSnapshot {
  boxOf(store, box);
  const row = store.get("storage_box_snapshot", snapshot);
  if (row !== undefined) return row;
  throw gone("snapshot", snapshot);
}

export const createSnapshot = defineWork<SnapshotArgs>({
  name: "create_snapshot/storage_box",
  command: "create_snapshot",
  steps: (store, args) => [
    { do: "createStorageBoxSnapshot", box: args.box, snapshot: snapshotOf(store, args).name },
  ],
  effect: (store, args) => store.put("storage_box_snapshot", { ...snapshotOf(store, args), ready: true }),
});

export const deleteSnapshot = defineWork<SnapshotArgs>({
  name: "delete_snapshot/storage_box",
  command: "delete_snapshot",
  steps: (store, args) => [
    { do: "removeStorageBoxSnapshot", box: args.box, snapshot: snapshotOf(store, args).name },
  ],
  effect: (store, args) => store.remove("storage_box_snapshot", snapshotOf(store, args).id),
});

const rollback = defineWork<SnapshotArgs>({
  name: "rollback_snapshot/storage_box",
  command: "rollback_snapshot",
  steps: (store, args) => [
    { do: "rollbackStorageBox", box: args.box, snapshot: snapshotOf(store, args).name },
    // Last: until the data is back, a later try must find everything that it needs.
    ...newerThan(store, args).map(
      ({ name }) => ({ do: "removeStorageBoxSnapshot", box: args.box, snapshot: name }) as const,
    ),
  ],
  effect: (store, args) => {
    snapshotOf(store, args);
    for (const { id } of newerThan(store, args)) store.remove("storage_box_snapshot", id);
  },
});

export const snapshotWorks: readonly AnyWork[] = [createSnapshot, deleteSnapshot, rollback];

function newerThan(store: Store, { box, snapshot }: SnapshotArgs): readonly StorageBoxSnapshot[] {
  return store.list("storage_box_snapshot").filter((row) => row.storageBox === box && row.id > snapshot);
}

const many = "/storage_boxes/:id/snapshots";
const one = `${many}/:snapshot_id`;

export const snapshotRoutes: readonly Route[] = [
  withUsage({ method: "GET", path: many, handle: list }),
  { method: "POST", path: many, handle: create },
  withUsage({
    method: "GET",
    path: one,
    handle: (call) => ok({ snapshot: renderStorageBoxSnapshot(childByPath(call, "storage_box_snapshot")) }),
  }),
  withUsage({ method: "PUT", path: one, handle: update }),
  { method: "DELETE", path: one, handle: remove },
  { method: "POST", path: "/storage_boxes/:id/actions/rollback_snapshot", handle: rollbackTo },
];

export const snapshotResources = ({ box, snapshot }: SnapshotArgs) => [
  ref("storage_box", box),
  ref("storage_box_snapshot", snapshot),
];

function list(call: Call): Reply {
  return listReply(call, {
    key: "snapshots",
    rows: childrenOf(call.store, "storage_box_snapshot", ownedByPath(call, "storage_box").id),
    render: renderStorageBoxSnapshot,
    sort: sortByIdNameCreated,
    filters: {
      ...filterByName,
      is_automatic: (row, value) => String(row.isAutomatic) === value.toLowerCase(),
    },
    flags: ["is_automatic"],
    unpaged: true,
  });
}

const fields = z.object({
  description: snapshotDescriptionField.optional(),
  labels: labelsField.optional(),
});

function create(call: Call): Reply {
  const box = activeBoxByPath(call);
  const body = readBody(call, fields);
  requireUnlocked(call.store, createSnapshot.command, [ref("storage_box", box.id)]);
  const { snapshot_limit: limit, name: type } = storageBoxTypeNamed(box.storageBoxType);
  const manual = childrenOf(call.store, "storage_box_snapshot", box.id).filter((row) => !row.isAutomatic);
  if (manual.length >= limit) {
    throw limitExceeded(`${type} has at most ${limit} snapshots: delete one`, "storage_box_snapshot_limit");
  }
  const row = newSnapshot(call.store, box, { at: call.settings.clock(), prefix: "", ...body });
  const args = { box: box.id, snapshot: row.id };
  const action = startAction(call, createSnapshot, args, snapshotResources(args));
  return created({ snapshot: { id: row.id, storage_box: box.id }, action: renderAction(action) });
}

interface NewSnapshot {
  readonly at: Date;
  /** Of the name; empty for one that a client asked for. */
  readonly prefix: string;
  readonly description?: string | undefined;
  readonly labels?: Record<string, string> | undefined;
}

/** Stores the row of a snapshot that is about to be taken. */
export function newSnapshot(store: Store, box: StorageBox, wanted: NewSnapshot): StorageBoxSnapshot {
  const row: StorageBoxSnapshot = {
    id: store.nextId(),
    project: box.project,
    name: freeName(store, box.id, wanted),
    labels: wanted.labels ?? {},
    created: wanted.at.toISOString(),
    storageBox: box.id,
    ready: false,
    description: wanted.description ?? "",
    isAutomatic: wanted.prefix !== "",
    size: 0,
    sizeFilesystem: 0,
  };
  store.put("storage_box_snapshot", row);
  return row;
}

/** `2025-02-12T11-35-19`; the next second that is free when two fall into one. */
function freeName(store: Store, box: number, { at, prefix }: NewSnapshot): string {
  const taken = new Set(
    store
      .list("storage_box_snapshot")
      .filter(({ storageBox }) => storageBox === box)
      .map(({ name }) => name),
  );
  for (let time = at.getTime(); ; time += 1000) {
    const name = `${prefix}${new Date(time).toISOString().slice(0, 19).replaceAll(":", "-")}`;
    if (!taken.has(name)) return name;
  }
}

function update(call: Call): Reply {
  const row = childByPath(call, "storage_box_snapshot");
  const body = readBody(call, fields);
  const changed: StorageBoxSnapshot = {
    ...row,
    description: body.description ?? row.description,
    labels: body.labels ?? row.labels,
  };
  call.store.put("storage_box_snapshot", changed);
  return ok({ snapshot: renderStorageBoxSnapshot(changed) });
}

function remove(call: Call): Reply {
  const row = childByPath(call, "storage_box_snapshot");
  const args = { box: row.storageBox, snapshot: row.id };
  return actionReply(startAction(call, deleteSnapshot, args, snapshotResources(args)));
}

function rollbackTo(call: Call): Reply {
  const box = activeBoxByPath(call);
  const { snapshot } = readBody(call, z.object({ snapshot: idOrName }));
  const row = childrenOf(call.store, "storage_box_snapshot", box.id).find((candidate) =>
    matchesIdOrName(snapshot, candidate),
  );
  if (row === undefined) throw invalidInput("snapshot", `snapshot '${snapshot}' does not exist`);
  const args = { box: box.id, snapshot: row.id };
  return actionReply(startAction(call, rollback, args, snapshotResources(args)));
}
