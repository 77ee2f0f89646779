// Floating IPs: an address that follows an API call from server to server (HC-V2).
import { z } from "zod";
import { type AnyWork, defineWork, gone } from "../../actions/work";
import { freeIpv4, freeIpv6Network } from "../../addresses/ip";
import { catalogue, locationNamed } from "../../catalogue/catalogue";
import type { Action, FloatingIp } from "../../state/rows";
import type { Store } from "../../state/store";
import { actionReply, actionRoutes, renderAction } from "../calls/actionRoutes";
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
  startAction,
} from "../calls/call";
import { ApiError, deleteProtected, invalidInput, notAssigned } from "../calls/errors";
import { idOrName, labelsField } from "../calls/fields";
import { filterByName, sortByIdCreated } from "../calls/lists";
import { requireFree, requireUnlocked } from "../calls/locks";
import { nameField, newRow, type OwnedOptions, readRoutes, updateRoute } from "../calls/owned";
import { protectionOf } from "../calls/protection";
import { renderLocation } from "../catalogue/catalogueViews";
import { dnsPtrRoute, dnsPtrsOf } from "./reverseDns";

const createSchema = z.object({
  type: z.enum(["ipv4", "ipv6"]),
  server: z.int().positive().nullish(),
  home_location: idOrName.optional(),
  description: z.string().nullish(),
  name: nameField.optional(),
  labels: labelsField.optional(),
});

const updateSchema = z.object({ name: nameField.optional(), description: z.string().nullish() });

const options: OwnedOptions<"floating_ip"> = {
  kind: "floating_ip",
  path: "/floating_ips",
  render: (_call, row) => renderFloatingIp(row),
  list: { sort: sortByIdCreated, filters: filterByName },
  repeatable: true,
};

interface AssignArgs {
  readonly floatingIp: number;
  readonly server: number | null;
}

function moveTo(command: string) {
  return defineWork<AssignArgs>({
    name: command,
    command,
    network: true,
    effect: (store, { floatingIp, server }) => {
      const row = store.get("floating_ip", floatingIp);
      if (row === undefined) throw gone("floating IP", floatingIp);
      if (server !== null && store.get("server", server) === undefined) throw gone("server", server);
      store.put("floating_ip", { ...row, server });
    },
  });
}

const assignWork = moveTo("assign_floating_ip");
const unassignWork = moveTo("unassign_floating_ip");
const protection = protectionOf("/floating_ips", "floating_ip");

export const floatingIpWorks: readonly AnyWork[] = [assignWork, unassignWork, protection.work];

export const floatingIpRoutes: readonly Route[] = [
  ...actionRoutes("/floating_ips", "floating_ip"),
  ...readRoutes(options),
  { method: "POST", path: "/floating_ips", handle: create },
  updateRoute(options, {
    schema: updateSchema,
    change: (row, body) => ({
      ...row,
      name: body.name ?? row.name,
      description: body.description ?? row.description,
    }),
  }),
  { method: "DELETE", path: "/floating_ips/:id", handle: remove },
  { method: "POST", path: "/floating_ips/:id/actions/assign", handle: assign },
  { method: "POST", path: "/floating_ips/:id/actions/unassign", handle: unassign },
  dnsPtrRoute("/floating_ips", "floating_ip"),
  protection.route,
];

function renderFloatingIp(row: FloatingIp) {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    ip: row.ip,
    type: row.type,
    server: row.server,
    dns_ptr: dnsPtrsOf(row),
    home_location: renderLocation(locationNamed(row.homeLocation)),
    blocked: false,
    protection: { delete: row.protected },
    labels: row.labels,
    created: row.created,
  };
}

function create(call: Call): Reply {
  const body = readBody(call, createSchema);
  const server = body.server ? ownedByField(call, "server", body.server) : null;
  if (server === null && !body.home_location) {
    throw invalidInput("home_location", "either server or home_location is required");
  }
  const wanted = body.home_location ?? server?.location ?? "";
  const location = catalogue.locations.find((candidate) => matchesIdOrName(wanted, candidate));
  if (location === undefined) throw invalidInput("home_location", `location '${wanted}' does not exist`);
  const id = call.store.nextId();
  const name = body.name ?? `floating-ip-${id}`;
  requireUniqueName(call, "floating_ip", name);
  const row: FloatingIp = {
    ...newRow(call, id, { name, labels: body.labels }),
    description: body.description ?? "",
    type: body.type,
    ip: takeAddress(call, body.type),
    server: null,
    dnsPtr: {},
    homeLocation: location.name,
    protected: false,
  };
  call.store.put("floating_ip", row);
  if (server === null) call.networkChanged();
  const action = server === null ? null : begin(call, row, server.id);
  return created({ floating_ip: renderFloatingIp(row), ...(action && { action: renderAction(action) }) });
}

function takeAddress(call: Call, type: FloatingIp["type"]): string {
  const { floatingIpv4, floatingIpv6, reserved } = call.settings.ranges;
  const used = new Set([...reserved, ...call.store.list("floating_ip").map(({ ip }) => ip)]);
  const address = type === "ipv4" ? freeIpv4(floatingIpv4, used) : freeIpv6Network(floatingIpv6, used);
  if (address === null) throw new ApiError("resource_unavailable", `no floating ${type} address is left`);
  return address;
}

function begin(call: Call, row: FloatingIp, server: number): Action {
  const resources = [ref("server", server), ref("floating_ip", row.id)];
  return startAction(call, assignWork, { floatingIp: row.id, server }, resources);
}

/** The last assignment wins, as the provider and Hetzner's failover tutorial rely on. */
function assign(call: Call): Reply {
  const row = ownedByPath(call, "floating_ip");
  const body = readBody(call, z.object({ server: z.int().positive() }));
  const server = ownedByField(call, "server", body.server);
  requireFree(call.store, ref("floating_ip", row.id));
  const taken = row.server !== null && call.settings.strictFloatingIpAssignment;
  if (taken || row.server === server.id) {
    throw new ApiError("floating_ip_assigned", `floating IP is already assigned to server ${row.server}`);
  }
  return actionReply(begin(call, row, server.id));
}

function unassign(call: Call): Reply {
  const row = ownedByPath(call, "floating_ip");
  // Before the question whether it is assigned: what is running may decide that.
  requireUnlocked(call.store, unassignWork.command, [ref("floating_ip", row.id)]);
  if (row.server === null) throw notAssigned("Floating IP");
  const resources = [ref("server", row.server), ref("floating_ip", row.id)];
  return actionReply(startAction(call, unassignWork, { floatingIp: row.id, server: null }, resources));
}

function remove(call: Call): Reply {
  const row = ownedByPath(call, "floating_ip");
  if (row.protected) throw deleteProtected("Floating IP");
  if (row.server !== null) {
    throw new ApiError(
      "must_be_unassigned",
      `floating IP is assigned to server ${row.server}: unassign it first`,
    );
  }
  requireFree(call.store, ref("floating_ip", row.id));
  call.store.remove("floating_ip", row.id);
  call.networkChanged();
  return noContent();
}

/** Floating IPs of a deleted server stay, unassigned (HC-S4). */
export function releaseFloatingIps(store: Store, server: number) {
  for (const row of store.list("floating_ip")) {
    if (row.server === server) store.put("floating_ip", { ...row, server: null });
  }
}
