// What drawing, details and keyboard ask about a CloudState alike.
/**
 * @import {
 *   ActionState, AddressState, CloudState, FaultStatus, LoadBalancerState, NamedState, NetworkState, ServerState,
 *   VolumeState
 * } from "../contract/control"
 */

/**
 * One thing that can be selected. The kinds are the resource types of the API.
 *
 * @typedef {{ key: string, kind: "server", of: ServerState }
 *   | { key: string, kind: "load_balancer", of: LoadBalancerState }
 *   | { key: string, kind: "network", of: NetworkState }
 *   | { key: string, kind: "floating_ip" | "primary_ip", of: AddressState }
 *   | { key: string, kind: "volume", of: VolumeState }
 *   | { key: string, kind: "storage_box" | "zone", of: NamedState }} Thing
 */

/** @typedef {Thing["kind"]} Kind */

/** @type {Readonly<Record<Kind, string>>} */
export const kindWords = {
  server: "server",
  load_balancer: "Load Balancer",
  network: "network",
  floating_ip: "floating IP",
  primary_ip: "primary IP",
  volume: "volume",
  storage_box: "storage box",
  zone: "DNS zone",
};

/**
 * @param {Kind} kind
 * @param {number} id
 */
export const keyOf = (kind, id) => `${kind}:${id}`;

/**
 * Everything of the state in reading order.
 *
 * @param {CloudState} state
 * @returns {Thing[]}
 */
export function thingsOf(state) {
  return [
    ...state.floatingIps.map((of) => thing("floating_ip", of)),
    ...state.primaryIps.map((of) => thing("primary_ip", of)),
    ...state.networks.map((of) => thing("network", of)),
    ...state.loadBalancers.map((of) => thing("load_balancer", of)),
    ...state.servers.map((of) => thing("server", of)),
    ...state.volumes.map((of) => thing("volume", of)),
    ...state.storageBoxes.map((of) => thing("storage_box", of)),
    ...state.zones.map((of) => thing("zone", of)),
  ];
}

/**
 * @template {Kind} K
 * @template {{ id: number }} T
 * @param {K} kind
 * @param {T} of
 */
const thing = (kind, of) => ({ key: keyOf(kind, of.id), kind, of });

/** @param {CloudState} state */
export const isEmpty = (state) => thingsOf(state).length === 0;

/**
 * Every thing shows its project as soon as there are two.
 *
 * @param {CloudState} state
 */
export const hasSeveralProjects = (state) =>
  new Set(thingsOf(state).map((thing) => thing.of.project)).size > 1;

/**
 * @param {CloudState} state
 * @param {number | null} id
 */
export const serverById = (state, id) => state.servers.find((server) => server.id === id);

/**
 * How a fault names this server: by its name where that means only one, because people read it again.
 *
 * @param {CloudState} state
 * @param {ServerState} server
 */
export function faultName(state, { id, name }) {
  const meant = state.servers.filter((other) => other.name === name || String(other.id) === name);
  return meant.length === 1 ? name : String(id);
}

/**
 * @param {CloudState} state
 * @param {string} key
 * @returns {readonly ActionState[]}
 */
export const actionsOf = (state, key) =>
  state.actions.filter(({ resources }) => resources.some(({ type, id }) => `${type}:${id}` === key));

/**
 * Faults name a server by its name or its id.
 *
 * @param {CloudState} state
 * @param {ServerState} server
 * @returns {readonly FaultStatus[]}
 */
export function faultsOf(state, server) {
  const meant = (/** @type {string} */ text) => text === server.name || text === String(server.id);
  return state.faults.filter(({ fault }) => {
    if (!("server" in fault)) return false;
    if (meant(fault.server)) return true;
    return fault.kind === "partition" && typeof fault.from === "object" && meant(fault.from.server);
  });
}

/**
 * Tone of a status: colour and shape in the page, always beside the word itself.
 *
 * @param {string} status
 * @returns {"good" | "idle" | "busy" | "bad"}
 */
export function toneOf(status) {
  if (["running", "available", "active", "healthy", "ok", "verified"].includes(status)) return "good";
  if (["off", "detached", "unassigned", "disabled"].includes(status)) return "idle";
  if (["unknown", "error", "unhealthy", "failed", "unavailable"].includes(status)) return "bad";
  return "busy";
}

/**
 * @param {ActionState} action
 */
export const actionWords = ({ command, progress }) => `${command.replaceAll("_", " ")}, ${progress} %`;

/**
 * @param {LoadBalancerState} balancer
 */
export function healthWords({ targets }) {
  if (targets.length === 0) return "no targets";
  const healthy = targets.filter(({ health }) => health === "healthy").length;
  return `${healthy} of ${targets.length} targets healthy`;
}
