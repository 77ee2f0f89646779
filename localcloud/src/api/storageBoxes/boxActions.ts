// Actions of a storage box itself.
import { z } from "zod";
import type { AnyWork } from "../../actions/work";
import { storageBoxTypeNamed } from "../../catalogue/catalogue";
import type { StorageBoxAccess } from "../../state/rows";
import { actionReply } from "../calls/actionRoutes";
import { type Call, type Reply, type Route, readBody, ref, startAction } from "../calls/call";
import { invalidInput } from "../calls/errors";
import { idOrName } from "../calls/fields";
import { protectionOf } from "../calls/protection";
import { newSalt, passwordHash } from "../servers/rootPassword";
import { typeByField } from "./boxes";
import { boxAccessFields, passwordField, withAccess } from "./fields";
import { activeBoxByPath, type BoxArgs, changeOfBox, childrenOf } from "./shared";
import { withUsage } from "./usage";
import { sizeOf } from "./views";

const changeType = changeOfBox<BoxArgs & { readonly type: string }>("change_type", (_box, { type }) => ({
  storageBoxType: type,
}));

const resetPassword = changeOfBox<BoxArgs & { readonly passwordHash: string }>(
  "reset_password",
  (_box, args) => ({ passwordHash: args.passwordHash }),
);

const updateAccess = changeOfBox<BoxArgs & { readonly access: Partial<StorageBoxAccess> }>(
  "update_access_settings",
  (box, { access }) => ({ accessSettings: withAccess(box.accessSettings, access) }),
  { network: true },
);

const protection = protectionOf("/storage_boxes", "storage_box");

export const boxActionWorks: readonly AnyWork[] = [changeType, resetPassword, updateAccess, protection.work];

const path = (command: string) => `/storage_boxes/:id/actions/${command}`;

export const boxActionRoutes: readonly Route[] = [
  withUsage({ method: "POST", path: path("change_type"), handle: changeTypeOf }),
  { method: "POST", path: path("reset_password"), handle: resetPasswordOf },
  { method: "POST", path: path("update_access_settings"), handle: updateAccessOf },
  protection.route,
];

function changeTypeOf(call: Call): Reply {
  const box = activeBoxByPath(call);
  const type = typeByField(readBody(call, z.object({ storage_box_type: idOrName })).storage_box_type);
  if (!type.locations.includes(box.location)) {
    throw invalidInput("storage_box_type", `${type.name} is not available in ${box.location}`);
  }
  if (type.size < sizeOf(box)) {
    const used = `${sizeOf(box)} bytes are used and ${type.name} has ${type.size}`;
    throw invalidInput("storage_box_type", `${used}: delete data or snapshots, or take a larger type`);
  }
  const subaccounts = childrenOf(call.store, "storage_box_subaccount", box.id).length;
  if (type.subaccounts_limit < subaccounts) {
    throw invalidInput("storage_box_type", `${type.name} has at most ${type.subaccounts_limit} subaccounts`);
  }
  const plan = box.snapshotPlan?.max_snapshots ?? 0;
  if (plan > type.automatic_snapshot_limit && isSmaller(type.name, box.storageBoxType)) {
    throw invalidInput("storage_box_type", `the snapshot plan keeps ${plan}, more than ${type.name} allows`);
  }
  return act(call, box.id, changeType, { box: box.id, type: type.name });
}

const isSmaller = (one: string, other: string) =>
  storageBoxTypeNamed(one).size < storageBoxTypeNamed(other).size;

function resetPasswordOf(call: Call): Reply {
  const { id } = activeBoxByPath(call);
  const { password } = readBody(call, z.object({ password: passwordField }));
  return act(call, id, resetPassword, { box: id, passwordHash: passwordHash(password, newSalt()) });
}

function updateAccessOf(call: Call): Reply {
  const { id } = activeBoxByPath(call);
  const access = withAccess<Record<string, boolean>>({}, readBody(call, boxAccessFields));
  return act(call, id, updateAccess, { box: id, access });
}

function act<A extends BoxArgs>(call: Call, id: number, work: Parameters<typeof startAction<A>>[1], args: A) {
  return actionReply(startAction(call, work, args, [ref("storage_box", id)]));
}
