// Draws the layout: surroundings and things as elements that stay the same while they move, lines as SVG.
/** @import { CloudState } from "../contract/control" */
/** @import { Box, Layout } from "./layout.js" */
/** @import { Line } from "./lines.js" */
/** @import { Thing } from "./state.js" */
import { contentsOf, hueClass } from "./cards.js";
import { describe } from "./describe.js";
import { button, element } from "./dom.js";
import { icon } from "./icons.js";
import { thingsOf } from "./state.js";

/** What an element shows, so that nothing is drawn again without need. @type {WeakMap<HTMLElement, string>} */
const signatures = new WeakMap();

const svgNamespace = "http://www.w3.org/2000/svg";

/**
 * @typedef {object} MapView
 * @property {CloudState} state
 * @property {Layout} layout
 * @property {string | null} selected key
 */

/**
 * @param {HTMLElement} root
 * @param {(key: string) => void} select
 */
export function createMap(root, select) {
  const svg = document.createElementNS(svgNamespace, "svg");
  svg.setAttribute("aria-hidden", "true");
  root.append(svg);
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Map of the cloud: arrow keys move, Enter shows details");
  /** @type {Map<string, HTMLElement>} */
  const drawn = new Map();
  /** Which thing the Tab key reaches; arrows move it. @type {string | null} */
  let reachable = null;

  const make = (/** @type {Box} */ box, /** @type {Thing | undefined} */ thing) => {
    const made =
      thing === undefined
        ? element("div", { class: `surrounding ${box.kind}`, "data-box": box.key })
        : button(box.key, null, () => select(box.key), { "data-box": box.key, tabindex: "-1" });
    if (thing !== undefined) made.addEventListener("focus", () => reach(box.key));
    // Surroundings lie below all things, whenever they were made.
    if (thing === undefined) svg.before(made);
    else root.append(made);
    drawn.set(box.key, made);
    return made;
  };

  const reach = (/** @type {string | null} */ key) => {
    if (reachable !== null) drawn.get(reachable)?.setAttribute("tabindex", "-1");
    reachable = key;
    if (key !== null) drawn.get(key)?.setAttribute("tabindex", "0");
  };

  return {
    /** @param {MapView} view */
    render(view) {
      const { state, layout, selected } = view;
      const things = new Map(thingsOf(state).map((thing) => [thing.key, thing]));
      const keys = new Set(layout.boxes.map(({ key }) => key));
      for (const [key, old] of drawn) if (!keys.has(key)) forget(key, old);
      for (const box of layout.boxes) {
        const thing = things.get(box.key);
        const made = drawn.get(box.key) ?? make(box, thing);
        place(made, box);
        if (thing === undefined) fillSurrounding(made, box, state);
        else fillThing(made, view, thing, selected === box.key);
      }
      root.style.width = `${layout.width}px`;
      root.style.height = `${layout.height}px`;
      drawLines(svg, layout, state, selected);
      if (reachable === null || !keys.has(reachable)) {
        reach(
          layout.boxes.find(({ key }) => key.startsWith("server:"))?.key ?? [...things.keys()][0] ?? null,
        );
      }
    },
    /** @param {string} key */
    focus(key) {
      const found = drawn.get(key);
      found?.focus();
      found?.scrollIntoView({ block: "nearest", inline: "nearest" });
    },
    reachable: () => reachable,
  };

  /** @param {string} key @param {HTMLElement} old */
  function forget(key, old) {
    const hadFocus = old === document.activeElement;
    old.remove();
    drawn.delete(key);
    if (reachable === key) reachable = null;
    if (hadFocus) root.parentElement?.focus();
  }
}

/** @param {HTMLElement} made @param {Box} box */
function place(made, { x, y, width, height }) {
  made.style.transform = `translate(${x}px, ${y}px)`;
  made.style.width = `${width}px`;
  made.style.height = `${height}px`;
}

/** @param {HTMLElement} made @param {Box} box @param {CloudState} state */
function fillSurrounding(made, box, state) {
  const network = state.networks.findIndex(({ id }) => box.key === `band:${id}`);
  made.className = `surrounding ${box.kind}${network < 0 ? "" : ` ${hueClass(network)}`}`;
  if (signatures.get(made) === box.title) return;
  signatures.set(made, box.title);
  const known = box.kind === "internet" || box.kind === "router";
  made.replaceChildren(
    ...(known ? [icon(box.kind)] : []),
    ...(box.title === "" ? [] : [element("span", { class: "title" }, box.title)]),
  );
}

/** @param {HTMLElement} made @param {MapView} view @param {Thing} thing @param {boolean} isSelected */
function fillThing(made, { state }, thing, isSelected) {
  const isCard = thing.kind === "server" || thing.kind === "load_balancer";
  const network = thing.kind === "network" ? state.networks.findIndex(({ id }) => id === thing.of.id) : -1;
  const status =
    "status" in thing.of ? ` is-${/^[a-z_]+$/.test(thing.of.status) ? thing.of.status : "unknown"}` : "";
  made.className = `${isCard ? "card" : "tab"} ${thing.kind}${status}${network < 0 ? "" : ` ${hueClass(network)}`}`;
  if (isSelected) made.setAttribute("aria-current", "true");
  else made.removeAttribute("aria-current");
  const label = describe(state, thing);
  const contents = contentsOf(state, thing);
  const signature = `${label}${contents.map((node) => /** @type {Element} */ (node).outerHTML).join("")}`;
  if (signatures.get(made) === signature) return;
  signatures.set(made, signature);
  // The name is what is seen, so that people can speak it (WCAG 2.5.3); this is what else there is to say.
  made.setAttribute("aria-description", label);
  made.replaceChildren(...contents);
}

/** @param {SVGSVGElement} svg @param {Layout} layout @param {CloudState} state @param {string | null} selected */
function drawLines(svg, layout, state, selected) {
  svg.setAttribute("width", String(layout.width));
  svg.setAttribute("height", String(layout.height));
  svg.replaceChildren(
    ...layout.lines.flatMap((line) => {
      const chosen = line.end === selected;
      if (line.kind === "target" && !chosen) return [];
      const path = document.createElementNS(svgNamespace, "path");
      const position = state.networks.findIndex(({ id }) => id === line.network);
      path.setAttribute("class", `link ${line.kind} ${hueClass(position)}${chosen ? " chosen" : ""}`);
      path.setAttribute("d", pathOf(line));
      return [path];
    }),
  );
}

/** @param {Line} line */
function pathOf({ kind, points }) {
  if (kind !== "target") return points.map(([x, y], index) => `${index === 0 ? "M" : "L"}${x} ${y}`).join("");
  const [[x1, y1] = [0, 0], [x2, y2] = [0, 0]] = points;
  const bend = Math.max(30, Math.abs(y2 - y1) / 2);
  return `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`;
}
