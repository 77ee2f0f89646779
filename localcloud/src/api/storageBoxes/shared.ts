// What the routes of boxes, subaccounts and snapshots have in common.

import { defineWork, gone, type Work } from "../../actions/work";
import type { Rows, StorageBox } from "../../state/rows";
import type { Store } from "../../state/store";
import { type Call, findOwned, humanName, ownedByPath, readId } from "../calls/call";
import { ApiError, notFound, notUnique } from "../calls/errors";

export type BoxChild = "storage_box_subaccount" | "storage_box_snapshot";

export interface BoxArgs {
  readonly box: number;
}

export function boxOf(store: Store, id: number): StorageBox {
  const box = store.get("storage_box", id);
  if (box === undefined) throw gone("storage box", id);
  return box;
}

/** The box that the path names, when it can be changed. */
export function activeBoxByPath(call: Call): StorageBox {
  const box = ownedByPath(call, "storage_box");
  if (box.status === "active") return box;
  throw new ApiError("locked", "storage box is locked: it is being created");
}

/** What belongs to a box and is there for clients. */
export function childrenOf<K extends BoxChild>(store: Store, kind: K, box: number): Rows[K][] {
  return store.list(kind).filter((row) => row.storageBox === box && row.ready);
}

/** The row that the last part of a path such as `/storage_boxes/1/snapshots/2` names. */
export function childByPath<K extends BoxChild>(call: Call, kind: K): Rows[K] {
  const box = ownedByPath(call, "storage_box");
  const field = kind === "storage_box_subaccount" ? "subaccount_id" : "snapshot_id";
  const id = readId(call.params[field], field);
  const row = findOwned(call, kind, id);
  if (row?.storageBox === box.id && row.ready) return row;
  throw notFound(humanName(kind), id);
}

/** Names of subaccounts are unique in their box. */
export function requireUniqueInBox(call: Call, box: number, name: string, id?: number) {
  const taken = call.store
    .list("storage_box_subaccount")
    .some((row) => row.storageBox === box && row.name === name && row.id !== id);
  if (taken) throw notUnique("name is already used");
}

/** A work that changes the box's row and brings the host to it. */
export function changeOfBox<A extends BoxArgs>(
  command: string,
  change: (box: StorageBox, args: A) => Partial<StorageBox>,
  more: Partial<Work<A>> = {},
): Work<A> {
  return defineWork<A>({
    name: `${command}/storage_box`,
    command,
    steps: (_store, { box }) => [{ do: "settleStorageBox", box }],
    effect: (store, args) => {
      const box = boxOf(store, args.box);
      store.put("storage_box", { ...box, ...change(box, args) });
    },
    ...more,
  });
}
