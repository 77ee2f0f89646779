// The log of API calls as a table that grows at its end.
/** @import { NumberedRequest } from "../contract/control" */
import { announce, byId, element } from "./dom.js";
import { announcement, clientsOf, everything, kept, merge, passes } from "./requestLog.js";
import { clock } from "./time.js";

/** At most one announcement in so many milliseconds: a client that polls would never let anybody else speak. */
const announceEvery = 5_000;

export function createLogPanel() {
  const scroller = byId("log-scroller", HTMLElement);
  const rows = byId("log-rows", HTMLTableSectionElement);
  const text = byId("log-text", HTMLInputElement);
  const status = byId("log-status", HTMLSelectElement);
  const client = byId("log-client", HTMLSelectElement);
  const pause = byId("log-pause", HTMLButtonElement);
  const count = byId("log-count", HTMLElement);

  /** @type {NumberedRequest[]} */
  let all = [];
  /** What came while nobody wanted to see it move. @type {NumberedRequest[]} */
  let waiting = [];
  /** @type {NumberedRequest[]} */
  let unannounced = [];
  let paused = false;
  let filter = everything;

  const drawAll = () => {
    const shown = all.filter(passes(filter));
    rows.replaceChildren(...shown.map(rowOf));
    scroller.scrollTop = scroller.scrollHeight;
    drawAround();
  };
  const drawAround = () => {
    const clients = clientsOf(all);
    if (clients.length !== client.options.length - 1) {
      const chosen = client.value;
      client.replaceChildren(
        element("option", { value: "" }, "all clients"),
        ...clients.map((name) => element("option", { value: name }, name)),
      );
      client.value = clients.includes(chosen) ? chosen : "";
    }
    const shown = rows.childElementCount;
    const more = waiting.length === 0 ? "" : `, ${waiting.length} waiting`;
    count.textContent =
      shown === all.length ? `${shown} calls${more}` : `${shown} of ${all.length} calls${more}`;
  };
  const take = (/** @type {readonly NumberedRequest[]} */ fresh) => {
    all = merge(all, fresh);
    const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 30;
    rows.append(...fresh.filter(passes(filter)).map(rowOf));
    while (rows.childElementCount > kept) rows.firstElementChild?.remove();
    if (atEnd) scroller.scrollTop = scroller.scrollHeight;
    drawAround();
  };
  const togglePause = () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Go on" : "Pause";
    const held = waiting;
    waiting = [];
    take(held);
    announce(paused ? "The log is paused" : "The log goes on");
  };

  pause.addEventListener("click", togglePause);
  const refilter = () => {
    filter = { text: text.value, status: status.value, client: client.value };
    drawAll();
  };
  for (const control of [text, status, client]) control.addEventListener("input", refilter);
  setInterval(() => {
    if (!paused) announce(announcement(unannounced.filter(passes(filter))));
    unannounced = [];
  }, announceEvery);

  return {
    togglePause,
    /** @param {NumberedRequest} request */
    add(request) {
      if ((all.at(-1)?.number ?? 0) >= request.number) return;
      unannounced.push(request);
      if (!paused) take([request]);
      else {
        waiting = merge(waiting, [request]);
        drawAround();
      }
    },
    /** @param {readonly NumberedRequest[]} requests */
    replace(requests) {
      all = merge([], requests);
      waiting = [];
      drawAll();
    },
    focusFilter() {
      text.focus();
      text.select();
    },
  };
}

/** @param {NumberedRequest} request */
function rowOf({ time, method, path, status, ms, project, client }) {
  const tone = status >= 500 ? "bad" : status >= 400 ? "busy" : "good";
  return element(
    "tr",
    {},
    element("td", { class: "quiet" }, clock(time)),
    element("td", {}, method),
    element("td", { class: "path" }, path),
    element("td", {}, element("span", { class: `status tone-${tone}` }, String(status))),
    element("td", { class: "number" }, `${ms} ms`),
    element("td", {}, project ?? "no token"),
    element("td", { class: "quiet client", title: client ?? "" }, client ?? ""),
  );
}
