// Attaching servers to private networks, and their alias addresses.
import { z } from "zod";
import { type AnyWork, defineWork, gone } from "../../actions/work";
import { macAddress, overlaps, range4 } from "../../addresses/ip";
import type { Network, PrivateNet, Server } from "../../state/rows";
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
import { ApiError, limitExceeded } from "../calls/errors";
import { ipv4Field, rangeField } from "../calls/fields";
import { requireUnlocked } from "../calls/locks";
import {
  type AddressWish,
  addressesInUse,
  aliasLimit,
  chooseAddress,
  requireAvailable,
  requireRoomInNetwork,
} from "../networks/privateAddresses";
import { changeServer, serverOf } from "./serverPower";

const networksPerServer = 3;

const aliasesField = z.array(ipv4Field);

interface AttachArgs extends PrivateNet {
  readonly server: number;
}

export const attachNetwork = defineWork<AttachArgs>({
  name: "attach_to_network",
  command: "attach_to_network",
  network: true,
  effect: (store, { server: id, ...privateNet }) => {
    const server = serverOf(store, id);
    if (store.get("network", privateNet.network) === undefined) {
      throw gone("network", privateNet.network);
    }
    changeServer(store, id, { privateNets: [...server.privateNets, privateNet] });
  },
});

const detachNetwork = defineWork<{ server: number; network: number }>({
  name: "detach_from_network",
  command: "detach_from_network",
  network: true,
  effect: (store, { server, network }) => {
    const privateNets = serverOf(store, server).privateNets.filter((net) => net.network !== network);
    changeServer(store, server, { privateNets });
  },
});

const changeAliases = defineWork<{ server: number; network: number; aliasIps: readonly string[] }>({
  name: "change_alias_ips",
  command: "change_alias_ips",
  network: true,
  effect: (store, { server, network, aliasIps }) => {
    const privateNets = serverOf(store, server).privateNets.map((net) =>
      net.network === network ? { ...net, aliasIps } : net,
    );
    changeServer(store, server, { privateNets });
  },
});

export const serverNetworkWorks: readonly AnyWork[] = [attachNetwork, detachNetwork, changeAliases];

export const serverNetworkRoutes: readonly Route[] = [
  { method: "POST", path: "/servers/:id/actions/attach_to_network", handle: attach },
  { method: "POST", path: "/servers/:id/actions/detach_from_network", handle: detach },
  { method: "POST", path: "/servers/:id/actions/change_alias_ips", handle: alias },
];

/** Checks an attachment and chooses its addresses, which the running action then reserves. */
export function newAttachment(
  call: Call,
  server: Server,
  network: Network,
  wish: AddressWish & { readonly aliasIps?: readonly string[] | undefined },
): AttachArgs {
  requireRoom(call, server, network);
  const used = addressesInUse(call.store, listOwned(call, "server"), network.id);
  const ip = chooseAddress(network, server.location, used, wish);
  const aliasIps = wish.aliasIps ?? [];
  requireAliases(network, new Set([...used, ip]), aliasIps);
  const id = call.store.nextId();
  return { server: server.id, network: network.id, ip, aliasIps, macAddress: macAddress("86:00", id) };
}

function requireRoom(call: Call, server: Server, network: Network) {
  if (server.privateNets.some((net) => net.network === network.id)) {
    throw new ApiError("server_already_attached", "server is already attached to this network");
  }
  for (const net of server.privateNets) {
    const other = call.store.get("network", net.network);
    if (other !== undefined && overlaps(range4(other.ipRange), range4(network.ipRange))) {
      throw new ApiError(
        "networks_overlap",
        `network overlaps ${other.name} (${other.ipRange}) of this server`,
      );
    }
  }
  if (server.privateNets.length >= networksPerServer) {
    throw limitExceeded(`a server has at most ${networksPerServer} networks`, "server_network_limit");
  }
  requireRoomInNetwork(call.store, network);
}

function requireAliases(network: Network, used: ReadonlySet<string>, aliasIps: readonly string[]) {
  if (aliasIps.length > aliasLimit) {
    throw limitExceeded(`a server has at most ${aliasLimit} alias IPs in a network`, "alias_ip_limit");
  }
  const taken = new Set(used);
  const ranges = network.subnets.map(({ ipRange }) => ipRange);
  for (const ip of aliasIps) {
    requireAvailable(network, ranges, taken, ip);
    taken.add(ip);
  }
}

function attach(call: Call): Reply {
  const server = ownedByPath(call, "server");
  const schema = z.object({
    network: z.int().positive(),
    ip: ipv4Field.optional(),
    alias_ips: aliasesField.optional(),
    ip_range: rangeField.optional(),
  });
  const body = readBody(call, schema);
  const network = ownedByField(call, "network", body.network);
  const resources = [ref("server", server.id), ref("network", network.id)];
  requireUnlocked(call.store, "attach_to_network", resources);
  const wish = { ip: body.ip, ipRange: body.ip_range, aliasIps: body.alias_ips ?? [] };
  return actionReply(startAction(call, attachNetwork, newAttachment(call, server, network, wish), resources));
}

function attachment(server: Server, network: number): PrivateNet {
  const found = server.privateNets.find((net) => net.network === network);
  if (found !== undefined) return found;
  throw new ApiError("not_found", `server ${server.name} is not attached to network ${network}`);
}

function detach(call: Call): Reply {
  const server = ownedByPath(call, "server");
  const { network } = readBody(call, z.object({ network: z.int().positive() }));
  ownedByField(call, "network", network);
  const resources = [ref("server", server.id), ref("network", network)];
  requireUnlocked(call.store, "detach_from_network", resources);
  attachment(server, network);
  return actionReply(startAction(call, detachNetwork, { server: server.id, network }, resources));
}

function alias(call: Call): Reply {
  const server = ownedByPath(call, "server");
  const body = readBody(call, z.object({ network: z.int().positive(), alias_ips: aliasesField }));
  const network = ownedByField(call, "network", body.network);
  const resources = [ref("server", server.id), ref("network", network.id)];
  requireUnlocked(call.store, "change_alias_ips", resources);
  const own = attachment(server, network.id).aliasIps;
  const used = addressesInUse(call.store, listOwned(call, "server"), network.id);
  for (const ip of own) used.delete(ip);
  requireAliases(network, used, body.alias_ips);
  const args = { server: server.id, network: network.id, aliasIps: body.alias_ips };
  return actionReply(startAction(call, changeAliases, args, resources));
}
