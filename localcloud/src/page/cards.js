// What stands in each box of the map.
/** @import { CloudState, FaultStatus } from "../contract/control" */
/** @import { Thing } from "./state.js" */
import { element } from "./dom.js";
import { badgeWords } from "./faultForms.js";
import { icon } from "./icons.js";
import { actionsOf, actionWords, faultsOf, hasSeveralProjects, healthWords, toneOf } from "./state.js";

/** @param {string} status */
export const statusPill = (status) => element("span", { class: `pill tone-${toneOf(status)}` }, status);

/**
 * The rest of a fault's time; main.js writes it again each second.
 *
 * @param {FaultStatus} fault
 */
export const countdown = ({ ends }) => element("span", { class: "countdown", "data-ends": ends });

/**
 * @param {CloudState} state
 * @param {Thing} thing
 * @returns {Node[]}
 */
export function contentsOf(state, thing) {
  switch (thing.kind) {
    case "server": {
      const { serverType, location, publicIpv4, publicIpv6 } = thing.of;
      return [
        heading(thing, thing.of.status),
        line("meta", ...withProject(state, thing, `${serverType} · ${location}`)),
        line("address", publicIpv4 ?? publicIpv6 ?? element("i", {}, "no public address")),
        ...privateLines(state, thing.of.privateNets),
        strip(state, thing, faultsOf(state, thing.of)),
        ...progress(state, thing.key),
      ];
    }
    case "load_balancer":
      return [
        heading(thing, thing.of.status),
        line("meta", ...withProject(state, thing, "Load Balancer")),
        line("address", thing.of.publicIpv4 ?? element("i", {}, "no public address")),
        ...privateLines(state, thing.of.privateNets),
        strip(state, thing, [], healthWords(thing.of)),
        ...progress(state, thing.key),
      ];
    case "network":
      return tab(state, thing, thing.of.name, thing.of.ipRange);
    case "floating_ip":
    case "primary_ip":
      return tab(state, thing, thing.of.address, thing.of.name);
    case "volume":
      return tab(state, thing, thing.of.name, `${thing.of.sizeGb} GB`);
    default:
      return tab(state, thing, thing.of.name, thing.of.status);
  }
}

/** @param {Thing} thing @param {string} status */
const heading = (thing, status) =>
  element(
    "span",
    { class: "heading" },
    icon(thing.kind),
    element("span", { class: "name" }, thing.of.name),
    statusPill(status),
  );

/** @param {string} kind @param {...(Node | string)} children */
const line = (kind, ...children) => element("span", { class: `line ${kind}` }, ...children);

/** @param {CloudState} state @param {Thing} thing @param {string} text */
const withProject = (state, thing, text) =>
  hasSeveralProjects(state)
    ? [`${text} · `, element("span", { class: "project" }, thing.of.project)]
    : [text];

/**
 * @param {CloudState} state
 * @param {readonly { networkId: number, ip: string, aliasIps?: readonly string[] }[]} nets
 */
function privateLines(state, nets) {
  if (nets.length === 0) return [line("address", element("i", {}, "no private network"))];
  return nets.map(({ networkId, ip, aliasIps = [] }) => {
    const position = state.networks.findIndex(({ id }) => id === networkId);
    const name = state.networks[position]?.name ?? String(networkId);
    const more = aliasIps.length === 0 ? "" : ` +${aliasIps.length}`;
    return line(
      "address private",
      element("span", { class: `dot ${hueClass(position)}` }),
      `${ip}${more} `,
      element("span", { class: "of" }, name),
    );
  });
}

/** Each network has one of six hues, in turn. @param {number} position */
export const hueClass = (position) => `hue-${Math.max(0, position) % 6}`;

/**
 * The last line of a card: faults, else the running action, else something quiet.
 *
 * @param {CloudState} state
 * @param {Thing} thing
 * @param {readonly FaultStatus[]} faults
 * @param {string} [quiet]
 */
function strip(state, thing, faults, quiet = "") {
  const [first, ...more] = faults;
  const action = actionsOf(state, thing.key)[0];
  return element(
    "span",
    { class: "strip" },
    first === undefined
      ? null
      : element(
          "span",
          { class: "badge" },
          icon("bolt"),
          element("span", { class: "what" }, badgeWords(first.fault)),
          countdown(first),
          more.length === 0 ? null : `+${more.length}`,
        ),
    action === undefined ? quiet : element("span", { class: "doing" }, actionWords(action)),
  );
}

/** @param {CloudState} state @param {string} key */
function progress(state, key) {
  return actionsOf(state, key)
    .slice(0, 1)
    .map((action) => {
      const bar = element("span", { class: "bar" });
      bar.style.width = `${Math.max(6, action.progress)}%`;
      return element("span", { class: "progress" }, bar);
    });
}

/** @param {CloudState} state @param {Thing} thing @param {string} first @param {string} second */
const tab = (state, thing, first, second) => [
  icon(thing.kind),
  element("span", { class: "name" }, first),
  // Without it the two are one word to who hears them.
  document.createTextNode(" "),
  element("span", { class: "second" }, second),
  ...progress(state, thing.key),
];
