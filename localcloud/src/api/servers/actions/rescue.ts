// The rescue system: armed by an action, booted once by whatever boots the server next (HC-S21).
import { z } from "zod";
import { type AnyWork, defineWork } from "../../../actions/work";
import type { Rescue, Server } from "../../../state/rows";
import type { Store } from "../../../state/store";
import { renderAction } from "../../calls/actionRoutes";
import {
  type Call,
  created,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  ref,
  startAction,
} from "../../calls/call";
import { publicKeyOf } from "../../sshKeys/sshKeys";
import { newRootPassword, rootPasswordHash } from "../rootPassword";
import { changeServer, plainAction } from "../serverPower";

/** A rescue system that nobody boots is disabled after this time. */
const waitsMs = 60 * 60_000;

// Both change what the machine room boots when the guest reboots by itself, so it is told.
const enableRescue = defineWork<{ server: number; rescue: Rescue }>({
  name: "enable_rescue",
  command: "enable_rescue",
  network: true,
  effect: (store, { server, rescue }) => changeServer(store, server, { rescue }),
});

const disableRescue = defineWork<{ server: number }>({
  name: "disable_rescue",
  command: "disable_rescue",
  network: true,
  effect: (store, { server }) => changeServer(store, server, { rescue: null }),
});

export const rescueWorks: readonly AnyWork[] = [enableRescue, disableRescue];

export const rescueRoutes: readonly Route[] = [
  { method: "POST", path: "/servers/:id/actions/enable_rescue", handle: enable },
  plainAction("disable_rescue", disableRescue),
];

export const isRescueEnabled = ({ rescue }: Pick<Server, "rescue">): boolean =>
  rescue !== undefined && rescue !== null;

/** The password is answered with keys as well; only its hash is kept. Enabling again replaces both. */
function enable(call: Call): Reply {
  const server = ownedByPath(call, "server");
  const schema = z.object({
    type: z.literal("linux64").optional(),
    ssh_keys: z.array(z.int().positive()).optional(),
  });
  const body = readBody(call, schema);
  const publicKeys = (body.ssh_keys ?? []).map((id) => publicKeyOf(call, id));
  const password = newRootPassword();
  const rescue: Rescue = {
    publicKeys,
    rootPasswordHash: rootPasswordHash(password),
    until: new Date(call.settings.clock().getTime() + waitsMs).toISOString(),
  };
  const action = startAction(call, enableRescue, { server: server.id, rescue }, [ref("server", server.id)]);
  return created({ root_password: password, action: renderAction(action) });
}

/** Disables what was not booted in time. @returns whether there was any */
export function expireRescue(store: Store, now: number): boolean {
  const expired = store
    .list("server")
    .filter(({ rescue }) => rescue !== undefined && rescue !== null && Date.parse(rescue.until) <= now);
  for (const server of expired) store.put("server", { ...server, rescue: null });
  return expired.length > 0;
}
