// To which server a primary IP belongs.
import { z } from "zod";
import { type AnyWork, defineWork, gone } from "../../actions/work";
import { locationNamed } from "../../catalogue/catalogue";
import type { PrimaryIp, Server } from "../../state/rows";
import type { Store } from "../../state/store";
import { actionReply } from "../calls/actionRoutes";
import {
  type Call,
  findOwned,
  listOwned,
  ownedByField,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  ref,
  startAction,
} from "../calls/call";
import { ApiError, invalidInput, notAssigned } from "../calls/errors";
import { requireFree, requireUnlocked } from "../calls/locks";
import { primaryIpOf } from "./publicAddresses";

interface AssignArgs {
  readonly primaryIp: number;
  readonly server: number | null;
}

function moveTo(command: string) {
  return defineWork<AssignArgs>({
    name: command,
    command,
    network: true,
    effect: (store, { primaryIp, server }) => {
      const row = store.get("primary_ip", primaryIp);
      if (row === undefined) throw gone("primary IP", primaryIp);
      store.put("primary_ip", { ...row, assignee: server });
    },
  });
}

const assignWork = moveTo("assign_primary_ip");
const unassignWork = moveTo("unassign_primary_ip");

export const assignmentWorks: readonly AnyWork[] = [assignWork, unassignWork];

export const assignmentRoutes: readonly Route[] = [
  { method: "POST", path: "/primary_ips/:id/actions/assign", handle: assign },
  { method: "POST", path: "/primary_ips/:id/actions/unassign", handle: unassign },
];

/** A machine's public interface is set up at boot, so the server must be off. */
export function requireAssignable(call: Call, server: Server, type: PrimaryIp["type"]) {
  requireOff(server);
  if (primaryIpOf(call.store, server.id, type) !== undefined) {
    throw new ApiError(`server_has_${type}`, `server ${server.name} already has an ${type} address`);
  }
}

function requireOff(server: Server) {
  if (server.power === "on")
    throw new ApiError("server_not_stopped", `server ${server.name} must be powered off`);
}

/**
 * Gives a primary IP that exists to what is being created, a server or a load balancer.
 *
 * @throws ApiError when there is none, and when it is another's, of another kind or elsewhere
 */
export function takeGiven(
  call: Call,
  owner: { readonly id: number; readonly location: string },
  type: PrimaryIp["type"],
  wanted: number,
): PrimaryIp {
  const row = findOwned(call, "primary_ip", wanted);
  if (row === undefined) throw invalidInput(`public_net.${type}`, `primary IP with ID '${wanted}' not found`);
  if (row.type !== type) {
    throw new ApiError("primary_ip_version_mismatch", `primary IP ${row.id} is an ${row.type} address`);
  }
  if (row.assignee !== null) {
    throw new ApiError(
      "primary_ip_assigned",
      `primary IP ${row.id} is assigned to ${assigneeOf(call.store, row)}`,
    );
  }
  if (row.location !== owner.location) {
    const where = locationNamed(row.location).datacenter.name;
    throw new ApiError("primary_ip_datacenter_mismatch", `primary IP ${row.id} is in ${where}`);
  }
  requireFree(call.store, ref("primary_ip", row.id));
  const taken: PrimaryIp = { ...row, assignee: owner.id };
  call.store.put("primary_ip", taken);
  return taken;
}

/** Ids of all kinds are distinct (HC-A3). */
export const isOfLoadBalancer = (store: Store, { assignee }: Pick<PrimaryIp, "assignee">) =>
  assignee !== null && store.get("load_balancer", assignee) !== undefined;

/** As a message names it. */
export const assigneeOf = (store: Store, row: PrimaryIp) =>
  `${isOfLoadBalancer(store, row) ? "load balancer" : "server"} ${row.assignee}`;

export function beginAssignment(call: Call, row: PrimaryIp, server: number) {
  const resources = [ref("server", server), ref("primary_ip", row.id)];
  return startAction(call, assignWork, { primaryIp: row.id, server }, resources);
}

function assign(call: Call): Reply {
  const row = ownedByPath(call, "primary_ip");
  const schema = z.object({ assignee_type: z.literal("server"), assignee_id: z.int().positive() });
  const server = ownedByField(call, "server", readBody(call, schema).assignee_id);
  if (row.assignee !== null) {
    throw new ApiError(
      "primary_ip_already_assigned",
      `primary IP is assigned to ${assigneeOf(call.store, row)}`,
    );
  }
  if (row.location !== server.location) {
    throw invalidInput("assignee_id", `server is in ${server.location}, the primary IP in ${row.location}`);
  }
  requireAssignable(call, server, row.type);
  return actionReply(beginAssignment(call, row, server.id));
}

function unassign(call: Call): Reply {
  const row = ownedByPath(call, "primary_ip");
  requireUnlocked(call.store, unassignWork.command, [ref("primary_ip", row.id)]);
  if (row.assignee === null) throw notAssigned("Primary IP");
  if (isOfLoadBalancer(call.store, row)) {
    throw new ApiError("service_error", "the primary IP of a load balancer stays assigned for its lifetime");
  }
  const server = call.store.get("server", row.assignee);
  if (server !== undefined) {
    requireOff(server);
    if (row.type === "ipv4") requireNoPublicTarget(call, server);
  }
  const resources = [...(server === undefined ? [] : [ref("server", server.id)]), ref("primary_ip", row.id)];
  return actionReply(startAction(call, unassignWork, { primaryIp: row.id, server: null }, resources));
}

/** HC-S7: a load balancer reaches its public targets by this address. */
function requireNoPublicTarget(call: Call, server: Server) {
  const balancer = listOwned(call, "load_balancer").find(({ targets }) =>
    targets.some((target) => target.type === "server" && target.server === server.id && !target.usePrivateIp),
  );
  if (balancer === undefined) return;
  throw new ApiError(
    "server_is_load_balancer_target",
    `server ${server.name} is a target of load balancer ${balancer.name}: remove it there first`,
  );
}
