// The panel of the selected thing: facts, commands to copy, its actions and what can be broken about it.
/** @import { CloudState, FaultRequest, FaultStatus } from "../contract/control" */
/** @import { Thing } from "./state.js" */
import { countdown, statusPill } from "./cards.js";
import { commandsFor } from "./commands.js";
import { copyButton } from "./copy.js";
import { button, element, replaceContents } from "./dom.js";
import { factsOf } from "./facts.js";
import { createDuration, createFaultForm } from "./faultForm.js";
import { serverFaults, usualSeconds } from "./faultForms.js";
import { actionsOf, actionWords, faultName, faultsOf, kindWords } from "./state.js";

/**
 * @typedef {object} DetailsOptions
 * @property {(key: string) => void} select
 * @property {() => void} close
 * @property {(request: FaultRequest) => Promise<unknown>} send
 * @property {(fault: FaultStatus) => void} end
 */

/**
 * @param {HTMLElement} root
 * @param {DetailsOptions} options
 */
export function createDetails(root, options) {
  const heading = element("h2", { tabindex: "-1" });
  const facts = element("div", { class: "facts" });
  const breaking = element("div", { class: "breaking" });
  root.append(heading, facts, breaking);
  let shown = "";
  let builtFor = "";

  return {
    heading,
    /** @param {CloudState} state @param {Thing | undefined} thing */
    render(state, thing) {
      root.hidden = thing === undefined;
      if (thing === undefined) {
        shown = "";
        builtFor = "";
        return;
      }
      const own = { thing, actions: actionsOf(state, thing.key), facts: factsOf(state, thing) };
      const faults = thing.kind === "server" ? faultsOf(state, thing.of) : [];
      const now = JSON.stringify([own, faults]);
      if (now !== shown) {
        shown = now;
        heading.replaceChildren(
          element("span", { class: "kind" }, kindWords[thing.kind]),
          element("span", { class: "name" }, thing.of.name),
        );
        replaceContents(facts, heading, factsContents(state, thing, faults, options));
      }
      // Built once, so that what somebody types is not taken away by the next state.
      const formsFor = JSON.stringify([thing.key, thing.kind === "server" ? otherServers(state, thing) : []]);
      if (
        formsFor !== builtFor &&
        !(builtFor.startsWith(`["${thing.key}"`) && breaking.contains(document.activeElement))
      ) {
        builtFor = formsFor;
        breaking.replaceChildren(...(thing.kind === "server" ? breakingContents(state, thing, options) : []));
      }
    },
  };
}

/** @param {CloudState} state @param {Thing} thing @param {readonly FaultStatus[]} faults @param {DetailsOptions} options */
function factsContents(state, thing, faults, { select, close, end }) {
  const commands = commandsFor(thing);
  const actions = actionsOf(state, thing.key);
  return [
    button("close", "Close", close, { class: "close", "aria-label": "Close details" }),
    "status" in thing.of ? statusPill(thing.of.status) : null,
    element(
      "dl",
      {},
      ...factsOf(state, thing).flatMap(({ label, value, copy, key }) => [
        element("dt", {}, label),
        element(
          "dd",
          {},
          key === undefined
            ? element("span", { class: copy ? "mono" : "" }, value)
            : button(`go-${label}-${key}`, value, () => select(key), { class: "link-button" }),
          copy ? copyButton(value, `${label} ${value}`) : null,
        ),
      ]),
    ),
    ...section(
      "Commands",
      commands.map(({ does, command }) =>
        element(
          "li",
          { class: "command" },
          element("span", { class: "does" }, does),
          element("code", {}, command),
          copyButton(command, `command: ${does}`),
        ),
      ),
    ),
    ...section(
      "Running actions",
      actions.map((action) =>
        element(
          "li",
          {},
          actionWords(action),
          element("progress", { max: "100", value: String(action.progress), "aria-label": action.command }),
        ),
      ),
    ),
    ...section("Faults in force", faultItems(faults, end)),
  ];
}

/** @param {readonly FaultStatus[]} faults @param {(fault: FaultStatus) => void} end */
export const faultItems = (faults, end) =>
  faults.map((fault) =>
    element(
      "li",
      { class: "fault", "data-fault": String(fault.id) },
      element("span", { class: "summary" }, fault.summary),
      element("span", { class: "rest" }, countdown(fault), ` left${hitWords(fault)}`),
      button(`end-${fault.id}`, "End now", () => end(fault), { "aria-label": `End now: ${fault.summary}` }),
    ),
  );

/** Only requests are hit more than once. @param {FaultStatus} fault */
const hitWords = ({ fault, hits }) =>
  fault.kind === "api" ? `, ${hits} ${hits === 1 ? "hit" : "hits"}` : "";

/** @param {string} title @param {readonly Node[]} items */
const section = (title, items) =>
  items.length === 0 ? [] : [element("h3", {}, title), element("ul", { class: "plain" }, ...items)];

/** @param {CloudState} state @param {Thing} thing */
const otherServers = (state, thing) =>
  state.servers
    .filter(({ id }) => id !== thing.of.id)
    .map((server) => ({ server: faultName(state, server), name: server.name }));

/** @param {CloudState} state @param {Thing} thing @param {DetailsOptions} options */
function breakingContents(state, thing, { send }) {
  const server = thing.kind === "server" ? faultName(state, thing.of) : "";
  const duration = createDuration("duration", usualSeconds);
  const others = otherServers(state, thing);
  const make = (/** @type {(typeof serverFaults)[number]} */ form) =>
    createFaultForm({ form, server, others, seconds: duration.seconds, send });
  const simple = serverFaults.filter(({ fields }) => fields.length === 0);
  const more = serverFaults.filter(
    ({ id, fields }) => fields.length > 0 && (id !== "partition-server" || others.length > 0),
  );
  return [
    element("h3", {}, "Break it"),
    duration.root,
    element("div", { class: "simple-faults" }, ...simple.map(make)),
    ...more.map((form) => element("details", {}, element("summary", {}, `${form.label}…`), make(form))),
  ];
}
