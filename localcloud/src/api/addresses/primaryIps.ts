// Primary IPs: the public addresses that servers are born with (HC-S6, HC-S7).
import { z } from "zod";
import type { AnyWork } from "../../actions/work";
import { canonicalAddress, canonicalCidr } from "../../addresses/ip";
import { catalogue, locationNamed } from "../../catalogue/catalogue";
import type { Settings } from "../../settings/api";
import type { PrimaryIp, Server } from "../../state/rows";
import type { Store } from "../../state/store";
import { actionRoutes, renderAction } from "../calls/actionRoutes";
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
} from "../calls/call";
import { ApiError, deleteProtected, invalidFields, invalidInput } from "../calls/errors";
import { idOrName, labelsField } from "../calls/fields";
import { filterByName, sortByIdCreated } from "../calls/lists";
import { requireFree } from "../calls/locks";
import { nameField, newRow, type OwnedOptions, readRoutes, updateRoute } from "../calls/owned";
import { protectionOf } from "../calls/protection";
import { renderDatacenter, renderLocation } from "../catalogue/catalogueViews";
import {
  assigneeOf,
  assignmentRoutes,
  assignmentWorks,
  beginAssignment,
  isOfLoadBalancer,
  requireAssignable,
} from "./primaryIpAssignment";
import { takePublicAddress } from "./publicAddresses";
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
  list: { sort: sortByIdCreated, filters: { ...filterByName, ip: hasAddress } },
  repeatable: true,
};

/** `2001:DB8:1:1::` and `2001:db8:1:1::/64` are the same filter. */
function hasAddress({ ip }: PrimaryIp, value: string): boolean {
  const wanted = canonicalCidr(value) ?? canonicalAddress(value);
  return ip === wanted || ip === `${wanted}/64`;
}

/** What goes with its server cannot be protected (HC-S7). */
const protection = protectionOf("/primary_ips", "primary_ip", ({ autoDelete }, wanted) => {
  if (wanted && autoDelete) throw invalidInput("delete", "set auto_delete to false before protecting it");
});

export const primaryIpWorks: readonly AnyWork[] = [...assignmentWorks, protection.work];

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
  ...assignmentRoutes,
  dnsPtrRoute("/primary_ips", "primary_ip"),
  protection.route,
];

function renderPrimaryIp({ settings, store }: Call, row: PrimaryIp) {
  const location = locationNamed(row.location);
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
    assignee_type: assigneeType(store, settings, row),
    assignee_id: row.assignee,
  };
}

function assigneeType(store: Store, settings: Settings, row: PrimaryIp) {
  if (row.assignee === null && settings.assigneeTypeUnassigned) return "unassigned";
  return isOfLoadBalancer(store, row) ? "load_balancer" : "server";
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
  const action = server === null ? {} : { action: renderAction(beginAssignment(call, row, server.id)) };
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

function remove(call: Call): Reply {
  const row = ownedByPath(call, "primary_ip");
  if (row.protected) throw deleteProtected("Primary IP");
  if (row.assignee !== null) {
    throw new ApiError(
      "must_be_unassigned",
      `primary IP is assigned to ${assigneeOf(call.store, row)}: unassign it first`,
    );
  }
  requireFree(call.store, ref("primary_ip", row.id));
  call.store.remove("primary_ip", row.id);
  call.networkChanged();
  return noContent();
}

/** When a server or a load balancer goes, its primary IPs go with it or become free (HC-S4). */
export function releasePrimaryIps(store: Store, owner: number) {
  for (const row of store.list("primary_ip")) {
    if (row.assignee !== owner) continue;
    if (row.autoDelete) store.remove("primary_ip", row.id);
    else store.put("primary_ip", { ...row, assignee: null });
  }
}
