// Subaccounts of a storage box: logins with a home directory of their own (HC-D7).
import { z } from "zod";
import { type AnyWork, defineWork, gone, type Work } from "../../actions/work";
import { storageBoxTypeNamed } from "../../catalogue/catalogue";
import type { StorageBoxSubaccount, SubaccountAccess } from "../../state/rows";
import type { Store } from "../../state/store";
import { actionReply, renderAction } from "../calls/actionRoutes";
import {
  type Call,
  created,
  ok,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  ref,
  startAction,
} from "../calls/call";
import { limitExceeded } from "../calls/errors";
import { labelsField } from "../calls/fields";
import { filterByName, listReply, sortByIdCreated } from "../calls/lists";
import { requireUnlocked } from "../calls/locks";
import { newRow } from "../calls/owned";
import { newSalt, passwordHash } from "../servers/rootPassword";
import {
  descriptionField,
  homeDirectoryField,
  passwordField,
  subaccountAccessFields,
  subaccountNameField,
  withAccess,
} from "./fields";
import { activeBoxByPath, type BoxArgs, boxOf, childByPath, childrenOf, requireUniqueInBox } from "./shared";
import { renderSubaccount } from "./views";

interface SubaccountArgs extends BoxArgs {
  readonly subaccount: number;
}

const noAccess: SubaccountAccess = {
  reachable_externally: false,
  samba_enabled: false,
  ssh_enabled: false,
  webdav_enabled: false,
  readonly: false,
};

function subaccountOf(store: Store, { box, subaccount }: SubaccountArgs): StorageBoxSubaccount {
  boxOf(store, box);
  const row = store.get("storage_box_subaccount", subaccount);
  if (row !== undefined) return row;
  throw gone("subaccount", subaccount);
}

/** A work that changes the subaccount's row and brings the host to it. */
function changeOfSubaccount<A extends SubaccountArgs>(
  command: string,
  change: (row: StorageBoxSubaccount, args: A) => Partial<StorageBoxSubaccount>,
  more: Partial<Work<A>> = {},
): Work<A> {
  return defineWork<A>({
    name: `${command}/storage_box_subaccount`,
    command,
    steps: (_store, { box }) => [{ do: "settleStorageBox", box }],
    effect: (store, args) => {
      const row = subaccountOf(store, args);
      store.put("storage_box_subaccount", { ...row, ...change(row, args) });
    },
    ...more,
  });
}

// The firewall in front of a box depends on whether any account may come from outside.
const network = { network: true };

const createSubaccount = changeOfSubaccount("create_subaccount", () => ({ ready: true }), network);

const deleteSubaccount = changeOfSubaccount<SubaccountArgs>("delete_subaccount", () => ({}), {
  ...network,
  effect: (store, args) => store.remove("storage_box_subaccount", subaccountOf(store, args).id),
});

const changeHome = changeOfSubaccount<SubaccountArgs & { readonly homeDirectory: string }>(
  "change_home_directory",
  (_row, { homeDirectory }) => ({ homeDirectory }),
);

const resetPassword = changeOfSubaccount<SubaccountArgs & { readonly passwordHash: string }>(
  "reset_subaccount_password",
  (_row, args) => ({ passwordHash: args.passwordHash }),
);

const updateAccess = changeOfSubaccount<SubaccountArgs & { readonly access: Partial<SubaccountAccess> }>(
  "update_access_settings",
  (row, { access }) => ({ accessSettings: withAccess(row.accessSettings, access) }),
  network,
);

export const subaccountWorks: readonly AnyWork[] = [
  createSubaccount,
  deleteSubaccount,
  changeHome,
  resetPassword,
  updateAccess,
];

const many = "/storage_boxes/:id/subaccounts";
const one = `${many}/:subaccount_id`;

export const subaccountRoutes: readonly Route[] = [
  { method: "GET", path: many, handle: list },
  { method: "POST", path: many, handle: create },
  {
    method: "GET",
    path: one,
    handle: (call) => ok({ subaccount: renderSubaccount(childByPath(call, "storage_box_subaccount")) }),
  },
  { method: "PUT", path: one, handle: update },
  { method: "DELETE", path: one, handle: (call) => act(call, deleteSubaccount, {}) },
  {
    method: "POST",
    path: `${one}/actions/change_home_directory`,
    handle: (call) => {
      const { home_directory } = readBody(call, z.object({ home_directory: homeDirectoryField }));
      return act(call, changeHome, { homeDirectory: home_directory });
    },
  },
  {
    method: "POST",
    path: `${one}/actions/reset_subaccount_password`,
    handle: (call) => {
      const { password } = readBody(call, z.object({ password: passwordField }));
      return act(call, resetPassword, { passwordHash: passwordHash(password, newSalt()) });
    },
  },
  {
    method: "POST",
    path: `${one}/actions/update_access_settings`,
    handle: (call) => {
      const access = withAccess<Record<string, boolean>>({}, readBody(call, subaccountAccessFields));
      return act(call, updateAccess, { access });
    },
  },
];

const resources = ({ box, subaccount }: SubaccountArgs) => [
  ref("storage_box", box),
  ref("storage_box_subaccount", subaccount),
];

function act<A extends object>(call: Call, work: Work<SubaccountArgs & A>, more: A): Reply {
  const row = childByPath(call, "storage_box_subaccount");
  const args = { box: row.storageBox, subaccount: row.id, ...more };
  return actionReply(startAction(call, work, args, resources(args)));
}

function list(call: Call): Reply {
  return listReply(call, {
    key: "subaccounts",
    rows: childrenOf(call.store, "storage_box_subaccount", ownedByPath(call, "storage_box").id),
    render: renderSubaccount,
    sort: sortByIdCreated,
    filters: { ...filterByName, username: (row, value) => row.username === value },
    unpaged: true,
  });
}

const createSchema = z.object({
  home_directory: homeDirectoryField,
  password: passwordField,
  access_settings: subaccountAccessFields.optional(),
  name: subaccountNameField.optional(),
  description: descriptionField.optional(),
  labels: labelsField.optional(),
});

function create(call: Call): Reply {
  const box = activeBoxByPath(call);
  const body = readBody(call, createSchema);
  requireUnlocked(call.store, createSubaccount.command, [ref("storage_box", box.id)]);
  const { subaccounts_limit: limit, name: type } = storageBoxTypeNamed(box.storageBoxType);
  if (childrenOf(call.store, "storage_box_subaccount", box.id).length >= limit) {
    throw limitExceeded(`${type} has at most ${limit} subaccounts`, "storage_box_subaccount_limit");
  }
  const number = box.subaccountCount + 1;
  const username = `${box.username}-sub${number}`;
  const name = body.name ?? username;
  requireUniqueInBox(call, box.id, name);
  const row: StorageBoxSubaccount = {
    ...newRow(call, call.store.nextId(), { name, labels: body.labels }),
    storageBox: box.id,
    ready: false,
    username,
    passwordHash: passwordHash(body.password, newSalt()),
    homeDirectory: body.home_directory,
    accessSettings: withAccess(noAccess, body.access_settings ?? {}),
    description: body.description ?? "",
  };
  call.store.put("storage_box_subaccount", row);
  call.store.put("storage_box", { ...box, subaccountCount: number });
  const args = { box: box.id, subaccount: row.id };
  const action = startAction(call, createSubaccount, args, resources(args));
  return created({ subaccount: { id: row.id, storage_box: box.id }, action: renderAction(action) });
}

const updateSchema = z.object({
  name: subaccountNameField.optional(),
  description: descriptionField.optional(),
  labels: labelsField.optional(),
});

function update(call: Call): Reply {
  const row = childByPath(call, "storage_box_subaccount");
  const body = readBody(call, updateSchema);
  const name = body.name ?? row.name;
  requireUniqueInBox(call, row.storageBox, name, row.id);
  const changed: StorageBoxSubaccount = {
    ...row,
    name,
    description: body.description ?? row.description,
    labels: body.labels ?? row.labels,
  };
  call.store.put("storage_box_subaccount", changed);
  return ok({ subaccount: renderSubaccount(changed) });
}
