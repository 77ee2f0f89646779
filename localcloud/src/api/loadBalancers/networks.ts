// The private network of a load balancer, and its public interface.
import { z } from "zod";
import { includes, parseIpv4, range4 } from "../../addresses/ip";
import type { LoadBalancer, Network } from "../../state/rows";
import { actionReply } from "../calls/actionRoutes";
import {
  type Call,
  listOwned,
  ownedByField,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  ref,
  startAction,
} from "../calls/call";
import { ApiError, invalidInput } from "../calls/errors";
import { ipv4Field, rangeField } from "../calls/fields";
import { requireUnlocked } from "../calls/locks";
import {
  type AddressWish,
  addressesInUse,
  chooseAddress,
  requireRoomInNetwork,
} from "../networks/privateAddresses";
import {
  attachNetwork,
  detachNetwork,
  disablePublicInterface,
  enablePublicInterface,
  pendingRow,
} from "./changes";
import { isPublicTarget, requireNetwork } from "./targets";

export const loadBalancerNetworkRoutes: readonly Route[] = [
  { method: "POST", path: "/load_balancers/:id/actions/attach_to_network", handle: attach },
  { method: "POST", path: "/load_balancers/:id/actions/detach_from_network", handle: detach },
  { method: "POST", path: "/load_balancers/:id/actions/enable_public_interface", handle: enable },
  { method: "POST", path: "/load_balancers/:id/actions/disable_public_interface", handle: disable },
];

/** The address that a load balancer of this location gets in the network. */
export function chooseNetworkAddress(
  call: Call,
  network: Network,
  location: string,
  wish: AddressWish,
): string {
  requireRoomInNetwork(call.store, network);
  const used = addressesInUse(call.store, listOwned(call, "server"), network.id);
  return chooseAddress(network, location, used, wish);
}

function attach(call: Call): Reply {
  const balancer = ownedByPath(call, "load_balancer");
  const schema = z.object({
    network: z.int().positive(),
    ip: ipv4Field.optional(),
    ip_range: rangeField.optional(),
  });
  const body = readBody(call, schema);
  const network = ownedByField(call, "network", body.network);
  const resources = [ref("load_balancer", balancer.id)];
  requireUnlocked(call.store, "attach_to_network", resources);
  // One network at most: Hetzner's own acceptance tests expect this code for a second one.
  if (balancer.privateNets.length > 0) {
    throw new ApiError("load_balancer_already_attached", "load balancer is already attached to a network");
  }
  if (body.ip && body.ip_range && !includes(range4(body.ip_range), parseIpv4(body.ip) ?? -1)) {
    throw invalidInput("ip", `must lie in ip_range ${body.ip_range}`);
  }
  const wish = { ip: body.ip ?? undefined, ipRange: body.ip_range ?? undefined };
  const ip = chooseNetworkAddress(call, network, balancer.location, wish);
  const args = { loadBalancer: balancer.id, network: network.id, ip };
  return actionReply(startAction(call, attachNetwork, args, resources));
}

function detach(call: Call): Reply {
  const balancer = ownedByPath(call, "load_balancer");
  const { network } = readBody(call, z.object({ network: z.int().positive() }));
  ownedByField(call, "network", network);
  const resources = [ref("load_balancer", balancer.id)];
  requireUnlocked(call.store, "detach_from_network", resources);
  if (!balancer.privateNets.some((net) => net.network === network)) {
    throw new ApiError("not_found", `load balancer ${balancer.name} is not attached to network ${network}`);
  }
  return actionReply(startAction(call, detachNetwork, { loadBalancer: balancer.id, network }, resources));
}

function enable(call: Call): Reply {
  const { id } = ownedByPath(call, "load_balancer");
  return actionReply(
    startAction(call, enablePublicInterface, { loadBalancer: id }, [ref("load_balancer", id)]),
  );
}

function disable(call: Call): Reply {
  const balancer = ownedByPath(call, "load_balancer");
  const resources = [ref("load_balancer", balancer.id)];
  requireUnlocked(call.store, "disable_public_interface", resources);
  requireNoPublicTargets(pendingRow(call.store, balancer));
  return actionReply(startAction(call, disablePublicInterface, { loadBalancer: balancer.id }, resources));
}

function requireNoPublicTargets(balancer: LoadBalancer) {
  requireNetwork(balancer);
  if (!balancer.targets.some(isPublicTarget)) return;
  throw new ApiError(
    "targets_without_use_private_ip",
    "load balancer has targets that use the public IP: remove them or let them use the private IP",
  );
}
