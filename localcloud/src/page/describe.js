// One line about a thing for who hears the page instead of seeing it.
/** @import { CloudState } from "../contract/control" */
/** @import { Thing } from "./state.js" */
import { actionsOf, actionWords, faultsOf, healthWords, kindWords, serverById } from "./state.js";

/**
 * @param {CloudState} state
 * @param {Thing} thing
 */
export function describe(state, thing) {
  const faults = thing.kind === "server" ? faultsOf(state, thing.of) : [];
  return [
    title(thing),
    ...particulars(state, thing),
    ...actionsOf(state, thing.key).map((action) => `action ${actionWords(action)}`),
    ...faults.map(({ summary }) => `fault: ${summary}`),
  ].join(", ");
}

/**
 * An address stands before its name, as it is drawn: what is seen must be part of what is heard (WCAG 2.5.3).
 *
 * @param {Thing} thing
 */
function title(thing) {
  const { name } = thing.of;
  const isAddress = thing.kind === "floating_ip" || thing.kind === "primary_ip";
  return isAddress
    ? `${thing.of.address} ${name}, ${kindWords[thing.kind]}`
    : `${kindWords[thing.kind]} ${name}`;
}

/**
 * @param {CloudState} state
 * @param {Thing} thing
 * @returns {string[]}
 */
function particulars(state, thing) {
  const at = (/** @type {number | null} */ id, /** @type {string} */ word) =>
    id === null ? `not ${word}` : `${word} to ${serverById(state, id)?.name ?? id}`;
  switch (thing.kind) {
    case "server": {
      const { status, serverType, location, publicIpv4, publicIpv6, privateNets } = thing.of;
      return [
        status,
        `${serverType} in ${location}`,
        publicIpv4 ?? publicIpv6 ?? "no public address",
        ...privateNets.map(({ ip }) => `private ${ip}`),
      ];
    }
    case "load_balancer":
      return [thing.of.status, thing.of.publicIpv4 ?? "no public address", healthWords(thing.of)];
    case "network":
      return [thing.of.ipRange];
    case "floating_ip":
    case "primary_ip":
      return [at(thing.of.serverId, "assigned")];
    case "volume":
      return [`${thing.of.sizeGb} GB`, thing.of.status, at(thing.of.serverId, "attached")];
    default:
      return [thing.of.status];
  }
}
