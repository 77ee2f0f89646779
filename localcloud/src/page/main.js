// Wires the page: state comes in, the map, the panels and the log are drawn, keys and buttons go out.
/** @import { CloudState, FaultStatus } from "../contract/control" */
/** @import { Layout } from "./layout.js" */
import { connect, endFault, postFault } from "./controlApi.js";
import { createDetails } from "./details.js";
import { neighbour } from "./direction.js";
import { announce, byId, element } from "./dom.js";
import { drawEmptyCloud } from "./emptyCloud.js";
import { createFaultsPanel } from "./faultsPanel.js";
import { keyHelp, listenToKeys } from "./keys.js";
import { layoutOf } from "./layout.js";
import { createLogPanel } from "./logPanel.js";
import { createMap } from "./map.js";
import { isEmpty, thingsOf } from "./state.js";
import { summaryOf } from "./summary.js";
import { remaining } from "./time.js";

const mapArea = byId("map", HTMLElement);
const emptyCloud = byId("empty", HTMLElement);
const canvas = byId("canvas", HTMLElement);
const dialog = byId("keys", HTMLDialogElement);

/** @type {CloudState | null} */
let state = null;
/** @type {Layout | null} */
let layout = null;
/** @type {string | null} */
let selected = null;
/** The daemon's clock minus ours, milliseconds. */
let clockAhead = 0;

const map = createMap(canvas, (key) => select(key, "details"));
const details = createDetails(byId("details", HTMLElement), {
  select: (key) => select(key, "details"),
  close: () => backToMap(),
  send: postFault,
  end,
});
const faults = createFaultsPanel({ send: postFault, end });
const log = createLogPanel();

function render() {
  if (state === null) return;
  const things = thingsOf(state);
  const thing = things.find(({ key }) => key === selected);
  if (thing === undefined && selected !== null) {
    selected = null;
    announce("What was selected is gone");
  }
  const empty = isEmpty(state);
  emptyCloud.hidden = !empty;
  canvas.hidden = empty;
  if (empty) drawEmptyCloud(emptyCloud, state.endpoint);
  layout = layoutOf(state, Math.max(320, mapArea.clientWidth));
  map.render({ state, layout, selected });
  details.render(state, thing);
  faults.render(state);
  byId("endpoint", HTMLElement).textContent = state.endpoint;
  byId("summary", HTMLElement).textContent = summaryOf(state);
  tick();
}

function tick() {
  const now = Date.now() + clockAhead;
  for (const node of document.querySelectorAll("[data-ends]")) {
    if (node instanceof HTMLElement) node.textContent = remaining(node.dataset.ends ?? "", now);
  }
}

/** @param {string} key @param {"details" | "map"} focus */
function select(key, focus) {
  selected = key;
  render();
  if (focus === "details") details.heading.focus();
  else map.focus(key);
}

/** @param {FaultStatus} fault */
function end(fault) {
  endFault(fault.id).then(
    () => announce(`Ended: ${fault.summary}`),
    (/** @type {Error} */ problem) => faults.fail(problem.message),
  );
}

/** Escape: out of the panel to its thing on the map; on the map it selects nothing. */
function backToMap() {
  const key = selected ?? map.reachable();
  if (canvas.contains(document.activeElement)) {
    selected = null;
    render();
  }
  if (key !== null) map.focus(key);
}

const places = () => layout?.boxes.filter(({ key }) => /:\d+$/.test(key) && !key.startsWith("band:")) ?? [];

listenToKeys(canvas, {
  move(direction) {
    const key = neighbour(places(), map.reachable() ?? "", direction);
    if (key !== undefined) map.focus(key);
  },
  jump(where) {
    const key = places().at(where === "first" ? 0 : -1)?.key;
    if (key !== undefined) map.focus(key);
  },
  back: backToMap,
  filterLog: log.focusFilter,
  pauseLog: log.togglePause,
  breakApi: faults.focus,
  showKeys: () => dialog.showModal(),
});

byId("key-list", HTMLElement).append(
  ...keyHelp.flatMap(([keys, does]) => [
    element("dt", {}, element("kbd", {}, keys)),
    element("dd", {}, does),
  ]),
);
byId("show-keys", HTMLButtonElement).addEventListener("click", () => dialog.showModal());
byId("close-keys", HTMLButtonElement).addEventListener("click", () => dialog.close());

const connection = byId("connection", HTMLElement);
/** @param {"live" | "lost"} how @param {string} words */
function showConnection(how, words) {
  document.body.dataset.connection = how;
  if (connection.textContent !== words) connection.textContent = words;
}

connect({
  onState(fresh) {
    state = fresh;
    clockAhead = Date.parse(fresh.at) - Date.now();
    render();
  },
  onRequest: log.add,
  onAllRequests: log.replace,
  onOpen: () => showConnection("live", "Live"),
  onLost: () => showConnection("lost", "Connection lost. What you see may be old. Trying again…"),
});

setInterval(tick, 1000);
new ResizeObserver(render).observe(mapArea);
