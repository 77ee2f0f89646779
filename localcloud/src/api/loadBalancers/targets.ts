// Targets as requests carry them, and which ones a load balancer can have.
import { z } from "zod";
import { isPrivate, parseIpv4, range4 } from "../../addresses/ip";
import type { LoadBalancer, LoadBalancerTarget, Server } from "../../state/rows";
import { primaryIpOf } from "../addresses/publicAddresses";
import { type Call, ownedByField } from "../calls/call";
import { ApiError, invalidInput } from "../calls/errors";
import { addressField } from "../calls/fields";
import { parseSelector } from "../calls/labels";
import { isSameTarget } from "./changes";
import { addressOf } from "./spec";

export const targetSchema = z.object({
  type: z.enum(["server", "label_selector", "ip"]),
  server: z.object({ id: z.int().positive() }).optional(),
  label_selector: z.object({ selector: z.string().min(1).max(1000) }).optional(),
  ip: z.object({ ip: addressField }).optional(),
  use_private_ip: z.boolean().optional(),
});

/** @param path prefix of the field names in errors, such as `targets.0.` */
export function readTarget(body: z.output<typeof targetSchema>, path = ""): LoadBalancerTarget {
  const missing = (field: string) => invalidInput(`${path}${field}`, `is required for type ${body.type}`);
  const usePrivateIp = body.use_private_ip ?? false;
  switch (body.type) {
    case "server":
      if (!body.server) throw missing("server");
      return { type: "server", server: body.server.id, usePrivateIp };
    case "label_selector": {
      if (!body.label_selector) throw missing("label_selector");
      const { selector } = body.label_selector;
      parseSelector(selector, `${path}label_selector.selector`);
      return { type: "label_selector", selector, usePrivateIp };
    }
    case "ip":
      if (!body.ip) throw missing("ip");
      return { type: "ip", ip: body.ip.ip };
  }
}

/** Refuses a target that the load balancer, as it will be, cannot have. */
export function requirePossible(call: Call, balancer: LoadBalancer, target: LoadBalancerTarget) {
  if (balancer.targets.some(isSameTarget(target))) {
    throw new ApiError("target_already_defined", "target is already defined for this load balancer");
  }
  if (target.type === "ip") requireOwned(call, balancer, target.ip);
  else requireReachable(call, balancer, target);
}

function requireReachable(
  call: Call,
  balancer: LoadBalancer,
  target: Exclude<LoadBalancerTarget, { type: "ip" }>,
) {
  const server = target.type === "server" ? ownedByField(call, "server", target.server) : null;
  if (target.usePrivateIp) {
    requireNetwork(balancer);
    if (server !== null && addressOf(call.store, balancer, server, true) === null) {
      throw new ApiError(
        "resolve_cloud_private_targets_error",
        `server ${server.name} is not attached to the network of the load balancer`,
      );
    }
    return;
  }
  requirePublicInterface(balancer);
  if (server !== null && !hasPublicIpv4(call, server)) {
    throw new ApiError(
      "resolve_cloud_public_targets_error",
      `server ${server.name} has no public IPv4 address: give it one or set use_private_ip`,
    );
  }
}

const hasPublicIpv4 = (call: Call, server: Server) =>
  primaryIpOf(call.store, server.id, "ipv4") !== undefined;

export function requireNetwork({ privateNets }: LoadBalancer) {
  if (privateNets.length > 0) return;
  throw new ApiError(
    "load_balancer_not_attached_to_network",
    "load balancer is not attached to a network: attach it first",
  );
}

function requirePublicInterface({ publicInterface }: LoadBalancer) {
  if (publicInterface) return;
  throw new ApiError(
    "load_balancer_public_interface_disabled",
    "load balancer public interface is disabled, cannot add target using public IP",
  );
}

/** IP targets are dedicated servers of the project's owner; addresses of the cloud are not among them. */
function requireOwned(call: Call, balancer: LoadBalancer, ip: string) {
  if (parseIpv4(ip) !== null && isPrivate(range4(`${ip}/32`))) {
    requireNetwork(balancer);
    const network = call.store.get("network", balancer.privateNets[0]?.network ?? 0);
    if (!network?.subnets.some(({ type }) => type === "vswitch")) {
      throw new ApiError("network_has_no_vswitch_subnet", `the network has no vSwitch subnet for IP ${ip}`);
    }
    throw new ApiError("ip_not_in_vswitch_subnet", `IP ${ip} is in no vSwitch subnet of the network`);
  }
  requirePublicInterface(balancer);
  if (call.settings.dedicatedServerIps.includes(ip)) return;
  throw new ApiError("ip_not_owned", `IP ${ip} is no dedicated server of this project's owner`);
}

/** Whether the target is reached through the public interface. */
export const isPublicTarget = (target: LoadBalancerTarget) => target.type === "ip" || !target.usePrivateIp;
