// Networks: create, read, update, delete. Subnets and routes change through actions (networkActions.ts).
import { z } from "zod";
import { isPrivate, range4 } from "../../addresses/ip";
import type { Network, Subnet } from "../../state/rows";
import {
  type Call,
  created,
  listOwned,
  noContent,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  ref,
  requireUniqueName,
} from "../calls/call";
import { ApiError, invalidInput } from "../calls/errors";
import { labelsField, rangeField } from "../calls/fields";
import { filterByName, sortByIdNameCreated } from "../calls/lists";
import { requireFree } from "../calls/locks";
import { nameField, newRow, type OwnedOptions, readRoutes, updateRoute } from "../calls/owned";
import { gatewayOf } from "./gateway";
import { addRoute, addSubnet, routeSchema, subnetSchema } from "./networkRules";

const createSchema = z.object({
  name: nameField,
  ip_range: rangeField,
  labels: labelsField.optional(),
  subnets: z.array(subnetSchema).optional(),
  routes: z.array(routeSchema).optional(),
  expose_routes_to_vswitch: z.boolean().optional(),
});

const updateSchema = z.object({
  name: nameField.optional(),
  expose_routes_to_vswitch: z.boolean().optional(),
});

export const networkOptions: OwnedOptions<"network"> = {
  kind: "network",
  path: "/networks",
  render: renderNetwork,
  list: { sort: sortByIdNameCreated, filters: filterByName },
  repeatable: true,
};

export const networkRoutes: readonly Route[] = [
  ...readRoutes(networkOptions),
  { method: "POST", path: "/networks", handle: create },
  updateRoute(networkOptions, {
    schema: updateSchema,
    change: (row, body) => ({
      ...row,
      name: body.name ?? row.name,
      exposeRoutesToVswitch: body.expose_routes_to_vswitch ?? row.exposeRoutesToVswitch,
    }),
  }),
  { method: "DELETE", path: "/networks/:id", handle: remove },
];

function renderNetwork(call: Call, network: Network) {
  return {
    id: network.id,
    name: network.name,
    ip_range: network.ipRange,
    subnets: network.subnets.map((subnet) => renderSubnet(network, subnet)),
    routes: network.routes,
    servers: listOwned(call, "server")
      .filter(({ privateNets }) => privateNets.some((net) => net.network === network.id))
      .map(({ id }) => id),
    load_balancers: listOwned(call, "load_balancer")
      .filter(({ privateNets }) => privateNets.some((net) => net.network === network.id))
      .map(({ id }) => id),
    protection: { delete: network.protected },
    labels: network.labels,
    created: network.created,
    expose_routes_to_vswitch: network.exposeRoutesToVswitch,
  };
}

function renderSubnet(network: Network, { type, ipRange, networkZone, vswitchId }: Subnet) {
  return {
    type,
    ip_range: ipRange,
    network_zone: networkZone,
    gateway: gatewayOf(network.ipRange),
    vswitch_id: vswitchId,
  };
}

function create(call: Call): Reply {
  const body = readBody(call, createSchema);
  const range = range4(body.ip_range);
  if (!isPrivate(range)) {
    throw invalidInput("ip_range", "must lie in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16");
  }
  if (range.prefix > 24) throw invalidInput("ip_range", "must be /24 or larger");
  requireUniqueName(call, "network", body.name);
  let network: Network = {
    ...newRow(call, call.store.nextId(), body),
    ipRange: body.ip_range,
    subnets: [],
    routes: [],
    exposeRoutesToVswitch: body.expose_routes_to_vswitch ?? false,
    protected: false,
  };
  for (const [index, subnet] of (body.subnets ?? []).entries()) {
    network = addSubnet(network, subnet, `subnets.${index}.`);
  }
  for (const [index, route] of (body.routes ?? []).entries()) {
    network = addRoute(network, route, `routes.${index}.`);
  }
  call.store.put("network", network);
  call.networkChanged();
  return created({ network: renderNetwork(call, network) });
}

/** Attached servers and load balancers are detached (HC-S5). */
function remove(call: Call): Reply {
  const network = ownedByPath(call, "network");
  if (network.protected) throw new ApiError("protected", "network is delete protected");
  requireFree(call.store, ref("network", network.id));
  for (const server of listOwned(call, "server")) {
    const privateNets = server.privateNets.filter((net) => net.network !== network.id);
    if (privateNets.length < server.privateNets.length) call.store.put("server", { ...server, privateNets });
  }
  for (const balancer of listOwned(call, "load_balancer")) {
    const privateNets = balancer.privateNets.filter((net) => net.network !== network.id);
    if (privateNets.length < balancer.privateNets.length) {
      call.store.put("load_balancer", { ...balancer, privateNets });
    }
  }
  call.store.remove("network", network.id);
  call.networkChanged();
  return noContent();
}
