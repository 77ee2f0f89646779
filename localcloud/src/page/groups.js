// Which machine belongs into which band of the map, and what belongs to no machine.
/** @import { CloudState, LoadBalancerState, NetworkState, ServerState } from "../contract/control" */
/** @import { Kind } from "./state.js" */
import { keyOf, serverById } from "./state.js";

/**
 * A card of the map with what stands on it and hangs below it.
 *
 * @typedef {object} Machine
 * @property {string} key
 * @property {"server" | "load_balancer"} kind
 * @property {number} privateLines
 * @property {string[]} flags keys of its floating IPs
 * @property {string[]} volumes keys
 */

/** @typedef {{ key: string, title: string, network: NetworkState | null, machines: Machine[] }} Group */

/** @typedef {{ key: string, title: string, keys: { key: string, kind: Kind }[] }} Shelf */

/**
 * One band for each network, after one for machines without any. Who is in several networks lies in the first
 * of them.
 *
 * @param {CloudState} state
 * @returns {Group[]}
 */
export function groupsOf(state) {
  /** @type {Group} */
  const outside = { key: "band:none", title: "Without a private network", network: null, machines: [] };
  const groups = state.networks.map((network) => ({
    key: `band:${network.id}`,
    title: "",
    network,
    machines: /** @type {Machine[]} */ ([]),
  }));
  const byNetwork = new Map(groups.map((group) => [group.network.id, group]));
  const home = (/** @type {ServerState | LoadBalancerState} */ { privateNets }) =>
    privateNets.flatMap(({ networkId }) => byNetwork.get(networkId) ?? [])[0] ?? outside;
  for (const balancer of state.loadBalancers) home(balancer).machines.push(balancerCard(balancer));
  for (const server of state.servers) home(server).machines.push(serverCard(state, server));
  return outside.machines.length > 0 ? [outside, ...groups] : groups;
}

/**
 * @param {LoadBalancerState} balancer
 * @returns {Machine}
 */
const balancerCard = ({ id, privateNets }) => ({
  key: keyOf("load_balancer", id),
  kind: "load_balancer",
  privateLines: privateNets.length,
  flags: [],
  volumes: [],
});

/**
 * @param {CloudState} state
 * @param {ServerState} server
 * @returns {Machine}
 */
const serverCard = (state, { id, privateNets }) => ({
  key: keyOf("server", id),
  kind: "server",
  privateLines: privateNets.length,
  flags: state.floatingIps.filter(({ serverId }) => serverId === id).map((ip) => keyOf("floating_ip", ip.id)),
  volumes: state.volumes
    .filter(({ serverId }) => serverId === id)
    .map((volume) => keyOf("volume", volume.id)),
});

/**
 * What has no machine. A primary IP with a machine needs no place: the card shows its address.
 *
 * @param {CloudState} state
 * @returns {Record<"addresses" | "volumes" | "storageBoxes" | "zones", Shelf>}
 */
export function loose(state) {
  const free = (/** @type {{ serverId: number | null }} */ { serverId }) =>
    serverId === null || serverById(state, serverId) === undefined;
  const shelf = (
    /** @type {string} */ key,
    /** @type {string} */ title,
    /** @type {Shelf["keys"]} */ ...keys
  ) => ({
    key: `shelf:${key}`,
    title,
    keys,
  });
  const named = (/** @type {Kind} */ kind, /** @type {readonly { id: number }[]} */ things) =>
    things.map(({ id }) => ({ key: keyOf(kind, id), kind }));
  return {
    addresses: shelf(
      "addresses",
      "Assigned to nothing, so they lead nowhere",
      ...named("floating_ip", state.floatingIps.filter(free)),
      ...named("primary_ip", state.primaryIps.filter(free)),
    ),
    volumes: shelf("volumes", "Volumes without a server", ...named("volume", state.volumes.filter(free))),
    storageBoxes: shelf("storageBoxes", "Storage boxes", ...named("storage_box", state.storageBoxes)),
    zones: shelf("zones", "DNS zones", ...named("zone", state.zones)),
  };
}
