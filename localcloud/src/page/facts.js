// What the panel says about a thing, as lines of label and value.
/** @import { CloudState } from "../contract/control" */
/** @import { Thing } from "./state.js" */
import { healthWords, keyOf, serverById } from "./state.js";

/**
 * @typedef {object} Fact
 * @property {string} label
 * @property {string} value
 * @property {boolean} [copy] something that people paste elsewhere
 * @property {string} [key] of the thing that the value names
 */

/**
 * @param {CloudState} state
 * @param {Thing} thing
 * @returns {Fact[]}
 */
export function factsOf(state, thing) {
  return [
    ...ownFacts(state, thing),
    { label: "Project", value: thing.of.project },
    { label: "Id", value: String(thing.of.id), copy: true },
  ];
}

/** @param {CloudState} state @param {Thing} thing @returns {Fact[]} */
function ownFacts(state, thing) {
  switch (thing.kind) {
    case "server":
      return serverFacts(state, thing.of);
    case "load_balancer":
      return [
        { label: "Public IPv4", value: thing.of.publicIpv4 ?? "none", copy: thing.of.publicIpv4 !== null },
        ...privateFacts(state, thing.of.privateNets),
        { label: "Health", value: healthWords(thing.of) },
        ...thing.of.targets.map(({ serverId, address, health }) => {
          const server = serverById(state, serverId);
          const name = server === undefined ? address : `${server.name} ${address}`;
          return {
            label: "Target",
            value: `${name}, ${health}`,
            ...(server && { key: keyOf("server", server.id) }),
          };
        }),
      ];
    case "network":
      return [{ label: "Range", value: thing.of.ipRange, copy: true }, ...memberFacts(state, thing.of.id)];
    case "floating_ip":
    case "primary_ip":
      return [
        { label: "Address", value: thing.of.address, copy: true },
        serverFact(state, "Assigned to", thing.of.serverId),
      ];
    case "volume":
      return [
        { label: "Size", value: `${thing.of.sizeGb} GB` },
        serverFact(state, "Attached to", thing.of.serverId),
      ];
    default:
      return [];
  }
}

/** @param {CloudState} state @param {CloudState["servers"][number]} server @returns {Fact[]} */
function serverFacts(state, server) {
  const own = (/** @type {{ serverId: number | null }} */ { serverId }) => serverId === server.id;
  const address = (/** @type {string} */ label, /** @type {string | null} */ value) =>
    value === null ? { label, value: "none" } : { label, value, copy: true };
  return [
    { label: "Type", value: server.serverType },
    { label: "Location", value: server.location },
    address("Public IPv4", server.publicIpv4),
    address("Public IPv6", server.publicIpv6),
    ...privateFacts(state, server.privateNets),
    ...state.floatingIps.filter(own).map((ip) => ({ label: "Floating IP", value: ip.address, copy: true })),
    ...state.volumes.filter(own).map((volume) => ({
      label: "Volume",
      value: `${volume.name}, ${volume.sizeGb} GB`,
      key: keyOf("volume", volume.id),
    })),
    ...(server.placementGroup === null ? [] : [{ label: "Placement group", value: server.placementGroup }]),
  ];
}

/**
 * @param {CloudState} state
 * @param {readonly { networkId: number, ip: string, aliasIps?: readonly string[] }[]} nets
 * @returns {Fact[]}
 */
const privateFacts = (state, nets) =>
  nets.flatMap(({ networkId, ip, aliasIps = [] }) => {
    const name = state.networks.find(({ id }) => id === networkId)?.name ?? String(networkId);
    return [
      { label: `In ${name}`, value: ip, copy: true },
      ...aliasIps.map((alias) => ({ label: `Alias in ${name}`, value: alias, copy: true })),
    ];
  });

/** @param {CloudState} state @param {number} network @returns {Fact[]} */
const memberFacts = (state, network) =>
  [
    ...state.loadBalancers.map((of) => ({ of, key: keyOf("load_balancer", of.id) })),
    ...state.servers.map((of) => ({ of, key: keyOf("server", of.id) })),
  ].flatMap(({ of, key }) =>
    of.privateNets
      .filter(({ networkId }) => networkId === network)
      .map(({ ip }) => ({ label: ip, value: of.name, key })),
  );

/** @param {CloudState} state @param {string} label @param {number | null} id @returns {Fact} */
function serverFact(state, label, id) {
  const server = serverById(state, id);
  if (server !== undefined) return { label, value: server.name, key: keyOf("server", server.id) };
  return { label, value: id === null ? "nothing" : String(id) };
}
