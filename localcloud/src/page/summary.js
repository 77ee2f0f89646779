/** @import { CloudState } from "../contract/control" */

/**
 * What the cloud has, in one line.
 *
 * @param {CloudState} state
 */
export function summaryOf(state) {
  const running = state.servers.filter(({ status }) => status === "running").length;
  return [
    count(state.servers.length, "server", "servers", running === 0 ? "" : ` (${running} running)`),
    count(state.networks.length, "network", "networks"),
    count(state.floatingIps.length, "floating IP", "floating IPs"),
    count(state.volumes.length, "volume", "volumes"),
    count(state.loadBalancers.length, "Load Balancer", "Load Balancers"),
    count(state.actions.length, "action running", "actions running"),
    count(state.faults.length, "fault", "faults"),
  ]
    .filter((part) => part !== "")
    .join(" · ");
}

/** @param {number} number @param {string} one @param {string} many @param {string} [more] */
const count = (number, one, many, more = "") =>
  number === 0 ? "" : `${number} ${number === 1 ? one : many}${more}`;
