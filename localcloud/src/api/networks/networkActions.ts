// Actions of networks: subnets, routes, range, protection.
import { z } from "zod";
import { defineWork, gone, type Work } from "../../actions/work";
import { includes, parseIpv4, range4 } from "../../addresses/ip";
import type { Network } from "../../state/rows";
import type { Store } from "../../state/store";
import { actionReply, actionRoutes } from "../calls/actionRoutes";
import {
  type Call,
  listOwned,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  ref,
  startAction,
} from "../calls/call";
import { ApiError, notFound } from "../calls/errors";
import { rangeField } from "../calls/fields";
import { requireUnlocked } from "../calls/locks";
import { protectionOf } from "../calls/protection";
import { addRoute, addSubnet, extendRange, routeSchema, subnetSchema } from "./networkRules";
import { addressesInUse } from "./privateAddresses";

interface ReplaceArgs {
  readonly network: number;
  /** What the action makes of the network; nothing else can change it meanwhile, it is locked. */
  readonly change: Partial<Pick<Network, "ipRange" | "subnets" | "routes">>;
}

function networkWork(command: string): Work<ReplaceArgs> {
  return defineWork<ReplaceArgs>({
    name: command,
    command,
    network: true,
    effect: (store, { network: id, change }) => {
      store.put("network", { ...networkOf(store, id), ...change });
    },
  });
}

function networkOf(store: Store, id: number): Network {
  const network = store.get("network", id);
  if (network === undefined) throw gone("network", id);
  return network;
}

type Change = (call: Call, network: Network) => ReplaceArgs["change"];

function networkAction(command: string, change: Change) {
  const work = networkWork(command);
  const handle = (call: Call): Reply => {
    const network = ownedByPath(call, "network");
    // Refused before the change is looked at: what is running may decide whether it is valid.
    requireUnlocked(call.store, command, [ref("network", network.id)]);
    const args = { network: network.id, change: change(call, network) };
    return actionReply(startAction(call, work, args, [ref("network", network.id)]));
  };
  const route: Route = { method: "POST", path: `/networks/:id/actions/${command}`, handle };
  return { work, route };
}

const actions = [
  networkAction("add_subnet", (call, network) => {
    const { subnets } = addSubnet(network, readBody(call, subnetSchema));
    return { subnets };
  }),
  networkAction("delete_subnet", (call, network) => {
    const body = readBody(call, z.object({ ip_range: rangeField }));
    const subnets = network.subnets.filter(({ ipRange }) => ipRange !== body.ip_range);
    if (subnets.length === network.subnets.length) throw notFound("subnet", body.ip_range);
    requireNothingIn(call, network, body.ip_range);
    return { subnets };
  }),
  networkAction("add_route", (call, network) => {
    const { routes } = addRoute(network, readBody(call, routeSchema));
    return { routes };
  }),
  networkAction("delete_route", (call, network) => {
    const body = readBody(call, routeSchema);
    const routes = network.routes.filter(
      ({ destination, gateway }) => destination !== body.destination || gateway !== body.gateway,
    );
    if (routes.length === network.routes.length) throw notFound("route", body.destination);
    return { routes };
  }),
  networkAction("change_ip_range", (call, network) => {
    const body = readBody(call, z.object({ ip_range: rangeField }));
    return { ipRange: extendRange(network, body.ip_range).ipRange };
  }),
];

const protection = protectionOf("/networks", "network");

export const networkActionRoutes: readonly Route[] = [
  ...actionRoutes("/networks", "network"),
  ...actions.map(({ route }) => route),
  protection.route,
];

export const networkWorks = [...actions.map(({ work }) => work), protection.work];

/** The provider matches either text and tries again while they leave (HC-E1). */
function requireNothingIn(call: Call, network: Network, ipRange: string) {
  const range = range4(ipRange);
  const isInside = (address: string) => includes(range, parseIpv4(address) ?? -1);
  const used = [...addressesInUse(call.store, listOwned(call, "server"), network.id)];
  if (!used.some(isInside)) return;
  const balanced = listOwned(call, "load_balancer")
    .flatMap(({ privateNets }) => privateNets)
    .some((net) => net.network === network.id && isInside(net.ip));
  throw new ApiError(
    "service_error",
    balanced
      ? "network has attached resources in this subnet: detach them first"
      : "servers are attached to this subnet: detach them first",
  );
}
