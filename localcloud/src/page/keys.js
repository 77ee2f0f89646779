// What the keyboard does, for the listener and for the dialog that explains it.

/** @type {readonly (readonly [keys: string, does: string])[]} */
export const keyHelp = [
  ["Tab", "go through the controls; the map is one stop"],
  ["← ↑ → ↓", "on the map: to the next thing in that direction"],
  ["Home, End", "on the map: the first and the last thing"],
  ["Enter", "details of the thing"],
  ["Escape", "from details back to the map; there: select nothing"],
  ["/", "filter the log of API calls"],
  ["p", "pause the log, or let it go on"],
  ["b", "break the API: to its form"],
  ["?", "show these keys"],
];

/**
 * @typedef {object} KeyActions
 * @property {(direction: import("./direction.js").Direction) => void} move
 * @property {(end: "first" | "last") => void} jump
 * @property {() => void} back
 * @property {() => void} filterLog
 * @property {() => void} pauseLog
 * @property {() => void} breakApi
 * @property {() => void} showKeys
 */

/**
 * @param {HTMLElement} map
 * @param {KeyActions} actions
 */
export function listenToKeys(map, actions) {
  map.addEventListener("keydown", (event) => {
    if (hasModifier(event)) return;
    if (
      event.key === "ArrowUp" ||
      event.key === "ArrowDown" ||
      event.key === "ArrowLeft" ||
      event.key === "ArrowRight"
    )
      actions.move(event.key);
    else if (event.key === "Home") actions.jump("first");
    else if (event.key === "End") actions.jump("last");
    else return;
    event.preventDefault();
  });
  /** @type {Readonly<Record<string, () => void>>} */
  const anywhere = {
    "/": actions.filterLog,
    p: actions.pauseLog,
    b: actions.breakApi,
    "?": actions.showKeys,
  };
  document.addEventListener("keydown", (event) => {
    if (hasModifier(event) || document.querySelector("dialog[open]") !== null) return;
    if (event.key === "Escape") {
      actions.back();
      return;
    }
    const action = isTyping(event.target) ? undefined : anywhere[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}

/** @param {KeyboardEvent} event */
const hasModifier = (event) => event.ctrlKey || event.altKey || event.metaKey;

/** @param {EventTarget | null} target */
const isTyping = (target) =>
  target instanceof HTMLInputElement ||
  target instanceof HTMLSelectElement ||
  target instanceof HTMLTextAreaElement;
