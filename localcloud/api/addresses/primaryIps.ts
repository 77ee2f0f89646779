// Primary IPs: the public addresses that servers are born with (HC-S6, HC-S7).
import { z } from "zod";
import { catalogue, locationNamed } from "../../catalogue";
import type { PrimaryIp, Server } from "../../rows";
import type { Store } from "../../store";
import { ActionFailure, type AnyWork, defineWork } from "../../work";
import { actionReply, actionRoutes, renderAction } from "../actionRoutes";
import {
  type Call,
  created,
  listOwned,
  matchesIdOrName,
  noContent,
  ownedByField,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  ref,
  requireUniqueName,
  startAction,
} from "../call";
import { renderDatacenter, renderLocation } from "../catalogue/catalogueViews";
import { ApiError, deleteProtected, invalidFields, invalidInput } from "../errors";
import { idOrName, labelsField } from "../fields";
import { filterByName, sortByIdCreated } from "../lists";
import { requireFree } from "../locks";
import { nameField, newRow, type OwnedOptions, readRoutes, updateRoute } from "../owned";
import { protectionOf } from "../protection";
import { primaryIpOf, takePublicAddress } from "./publicAddresses";
import { dnsPtrRoute, dnsPtrsOf } from "./reverseDns";

const createSchema = z.object({
  name: nameField,
  type: z.enum(["ipv4", "ipv6"]),
  location: idOrName.optional(),
  datacenter: idOrName.optional(),
  assignee_type: z.enum(["server", "unassigned"]).optional(),
  assignee_id: z.int().positive().nullish(),
  auto_delete: z.boolean().optional(),
  labels: labelsField.optional(),
});

const options: OwnedOptions<"primary_ip"> = {
  kind: "primary_ip",
  path: "/primary_ips",
  render: renderPrimaryIp,
  list: { sort: sortByIdCreated, filters: { ...filterByName, ip: (row, value) => row.ip === value } },
  repeatable: true,
};

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
      if (row === undefined)
        throw new ActionFailure("action_failed", `primary IP ${primaryIp} no longer exists`);
      store.put("primary_ip", { ...row, assignee: server });
    },
  });
}

const assignWork = moveTo("assign_primary_ip");
const unassignWork = moveTo("unassign_primary_ip");
/** What goes with its server cannot be protected (HC-S7). */
const protection = protectionOf("/primary_ips", "primary_ip", ({ autoDelete }, wanted) => {
  if (wanted && autoDelete) throw invalidInput("delete", "set auto_delete to false before protecting it");
});

export const primaryIpWorks: readonly AnyWork[] = [assignWork, unassignWork, protection.work];

export const primaryIpRoutes: readonly Route[] = [
  ...actionRoutes("/primary_ips", "primary_ip"),
  ...readRoutes(options),
  { method: "POST", path: "/primary_ips", handle: create },
  updateRoute(options, {
    schema: z.object({ name: nameField.optional(), auto_delete: z.boolean().optional() }),
    change: (row, body) => {
      if (body.auto_delete && row.protected) {
        throw invalidInput(
          "auto_delete",
          "is not possible while the primary IP is protected: unprotect it first",
        );
      }
      return {
        ...row,
        name: body.name ?? row.name,
        autoDelete: body.auto_delete ?? row.autoDelete,
      };
    },
  }),
  { method: "DELETE", path: "/primary_ips/:id", handle: remove },
  { method: "POST", path: "/primary_ips/:id/actions/assign", handle: assign },
  { method: "POST", path: "/primary_ips/:id/actions/unassign", handle: unassign },
  dnsPtrRoute("/primary_ips", "primary_ip"),
  protection.route,
];

function renderPrimaryIp({ settings }: Call, row: PrimaryIp) {
  const location = locationNamed(row.location);
  const free = row.assignee === null && settings.assigneeTypeUnassigned;
  return {
    id: row.id,
    name: row.name,
    labels: row.labels,
    created: row.created,
    blocked: false,
    ...(settings.datacenterFields && { datacenter: renderDatacenter(location, settings) }),
    location: renderLocation(location),
    ip: row.ip,
    dns_ptr: dnsPtrsOf(row),
    protection: { delete: row.protected },
    type: row.type,
    auto_delete: row.autoDelete,
    assignee_type: free ? "unassigned" : "server",
    assignee_id: row.assignee,
  };
}

function create(call: Call): Reply {
  const body = readBody(call, createSchema);
  const server = body.assignee_id ? ownedByField(call, "server", body.assignee_id) : null;
  if (server !== null) requireAssignable(call, server, body.type);
  const location = locationFor(server, body);
  requireUniqueName(call, "primary_ip", body.name);
  const row = addPrimaryIp(call, {
    ...body,
    location,
    autoDelete: body.auto_delete ?? false,
    assignee: null,
  });
  // Without an assignee there is no key `action`: the description knows no null here.
  const action = server === null ? {} : { action: renderAction(begin(call, row, server.id)) };
  return created({ primary_ip: renderPrimaryIp(call, row), ...action });
}

function locationFor(server: Server | null, { location, datacenter }: z.output<typeof createSchema>): string {
  if (server === null) return wantedLocation(location, datacenter);
  const named = location !== undefined || datacenter !== undefined;
  if (named && wantedLocation(location, datacenter) !== server.location) {
    const field = location === undefined ? "datacenter" : "location";
    throw invalidInput(field, `must be the server's location ${server.location} or absent`);
  }
  return server.location;
}

function wantedLocation(wanted?: string | number, datacenter?: string | number): string {
  if (wanted && datacenter) {
    const messages = ["location and datacenter exclude each other"];
    throw invalidFields([
      { name: "location", messages },
      { name: "datacenter", messages },
    ]);
  }
  const found = catalogue.locations.find((candidate) =>
    datacenter
      ? matchesIdOrName(datacenter, candidate.datacenter)
      : wanted
        ? matchesIdOrName(wanted, candidate)
        : false,
  );
  if (found !== undefined) return found.name;
  if (datacenter) throw invalidInput("datacenter", `datacenter '${datacenter}' does not exist`);
  throw invalidInput(
    "location",
    wanted ? `location '${wanted}' does not exist` : "either location or assignee_id is required",
  );
}

export interface NewPrimaryIp extends Pick<PrimaryIp, "type" | "location" | "autoDelete" | "assignee"> {
  readonly name?: string | undefined;
  readonly labels?: Record<string, string> | undefined;
}

/** Takes an address and stores the row. Also used by servers that ask for an address of their own. */
export function addPrimaryIp(call: Call, wanted: NewPrimaryIp): PrimaryIp {
  const id = call.store.nextId();
  const row: PrimaryIp = {
    ...newRow(call, id, { name: wanted.name ?? `primary_ip-${id}`, labels: wanted.labels }),
    type: wanted.type,
    ip: takePublicAddress(call, wanted.type),
    location: wanted.location,
    assignee: wanted.assignee,
    autoDelete: wanted.autoDelete,
    dnsPtr: {},
    protected: false,
  };
  call.store.put("primary_ip", row);
  return row;
}

/** A machine's public interface is set up at boot, so the server must be off. */
function requireAssignable(call: Call, server: Server, type: PrimaryIp["type"]) {
  requireOff(server);
  if (primaryIpOf(call.store, server.id, type) !== undefined) {
    throw new ApiError(`server_has_${type}`, `server ${server.name} already has an ${type} address`);
  }
}

function requireOff(server: Server) {
  if (server.power === "on")
    throw new ApiError("server_not_stopped", `server ${server.name} must be powered off`);
}

function begin(call: Call, row: PrimaryIp, server: number) {
  const resources = [ref("server", server), ref("primary_ip", row.id)];
  return startAction(call, assignWork, { primaryIp: row.id, server }, resources);
}

function assign(call: Call): Reply {
  const row = ownedByPath(call, "primary_ip");
  const schema = z.object({ assignee_type: z.literal("server"), assignee_id: z.int().positive() });
  const server = ownedByField(call, "server", readBody(call, schema).assignee_id);
  if (row.assignee !== null) {
    throw new ApiError("primary_ip_already_assigned", `primary IP is assigned to server ${row.assignee}`);
  }
  if (row.location !== server.location) {
    throw invalidInput("assignee_id", `server is in ${server.location}, the primary IP in ${row.location}`);
  }
  requireAssignable(call, server, row.type);
  return actionReply(begin(call, row, server.id));
}

function unassign(call: Call): Reply {
  const row = ownedByPath(call, "primary_ip");
  const server = row.assignee === null ? undefined : call.store.get("server", row.assignee);
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

function remove(call: Call): Reply {
  const row = ownedByPath(call, "primary_ip");
  if (row.protected) throw deleteProtected("Primary IP");
  if (row.assignee !== null) {
    throw new ApiError(
      "must_be_unassigned",
      `primary IP is assigned to server ${row.assignee}: unassign it first`,
    );
  }
  requireFree(call.store, ref("primary_ip", row.id));
  call.store.remove("primary_ip", row.id);
  call.networkChanged();
  return noContent();
}

/** When a server goes, its primary IPs go with it or become free (HC-S4). */
export function releasePrimaryIps(store: Store, server: number) {
  for (const row of store.list("primary_ip")) {
    if (row.assignee !== server) continue;
    if (row.autoDelete) store.remove("primary_ip", row.id);
    else store.put("primary_ip", { ...row, assignee: null });
  }
}
