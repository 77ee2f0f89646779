// ISO images of servers: which one is in the drive. Nothing boots from it, a machine of the local cloud has no
// firmware that could: it goes on booting from its disk, as Hetzner's does when an ISO cannot be booted.
import { z } from "zod";
import { type AnyWork, defineWork } from "../../../actions/work";
import { catalogue, type Iso, serverTypeNamed } from "../../../catalogue/catalogue";
import type { Server } from "../../../state/rows";
import { actionReply } from "../../calls/actionRoutes";
import {
  type Call,
  matchesIdOrName,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  ref,
  startAction,
} from "../../calls/call";
import { invalidInput } from "../../calls/errors";
import { idOrName } from "../../calls/fields";
import { changeServer, plainAction } from "../serverPower";

const attachIso = defineWork<{ server: number; iso: number }>({
  name: "attach_iso",
  command: "attach_iso",
  effect: (store, { server, iso }) => changeServer(store, server, { iso }),
});

/** Succeeds as well when there is no ISO (HC-A5). */
const detachIso = defineWork<{ server: number }>({
  name: "detach_iso",
  command: "detach_iso",
  effect: (store, { server }) => changeServer(store, server, { iso: null }),
});

export const isoWorks: readonly AnyWork[] = [attachIso, detachIso];

export const isoRoutes: readonly Route[] = [
  { method: "POST", path: "/servers/:id/actions/attach_iso", handle: attach },
  plainAction("detach_iso", detachIso),
];

/** The ISO in the server's drive. */
export function isoOf({ iso: id }: Pick<Server, "iso">): Iso | undefined {
  return catalogue.isos.find((iso) => iso.id === id);
}

/** An ISO that is attached already gives way to the new one. */
function attach(call: Call): Reply {
  const server = ownedByPath(call, "server");
  const { iso: wanted } = readBody(call, z.object({ iso: idOrName }));
  const iso = catalogue.isos.find((candidate) => matchesIdOrName(wanted, candidate));
  if (iso === undefined) throw invalidInput("iso", `ISO '${wanted}' does not exist`);
  const { architecture } = serverTypeNamed(server.serverType);
  if (iso.architecture !== null && iso.architecture !== architecture) {
    throw invalidInput("iso", `${iso.name} is for ${iso.architecture}, the server is ${architecture}`);
  }
  const args = { server: server.id, iso: iso.id };
  return actionReply(startAction(call, attachIso, args, [ref("server", server.id)]));
}
