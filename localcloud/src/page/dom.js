// Elements without markup: whatever the API's clients chose as a name stays text.

/** @typedef {Node | string | null} Child */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Readonly<Record<string, string>>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/**
 * A button that keeps the keyboard's focus when its surroundings are drawn again.
 *
 * @param {string} key
 * @param {Child} label
 * @param {() => void} press
 * @param {Readonly<Record<string, string>>} [attributes]
 */
export function button(key, label, press, attributes = {}) {
  const made = element("button", { type: "button", "data-key": key, ...attributes }, label);
  made.addEventListener("click", press);
  return made;
}

/**
 * Puts new contents in. The element with the focus has it again afterwards if its `data-key` is still there;
 * else the fallback gets it, so that the keyboard is never thrown to the top of the page.
 *
 * @param {HTMLElement} root
 * @param {HTMLElement} fallback
 * @param {readonly Child[]} children
 */
export function replaceContents(root, fallback, children) {
  const focused = document.activeElement;
  const within = focused instanceof HTMLElement && root.contains(focused);
  const key = within ? focused.dataset.key : undefined;
  root.replaceChildren(...children.filter((child) => child !== null));
  if (!within) return;
  const again =
    key === undefined ? null : root.querySelector(`[data-key="${CSS.escape(key)}"]:not([disabled])`);
  (again instanceof HTMLElement ? again : fallback).focus();
}

/**
 * An element of index.html.
 *
 * @template {Element} E
 * @param {string} id
 * @param {new () => E} type
 * @returns {E}
 * @throws when index.html does not have it
 */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`index.html has no ${type.name} with the id ${id}`);
}

const announcer = () => byId("announcer", HTMLElement);

/** Says something to who hears the page, when nothing else is being said. @param {string} text */
export function announce(text) {
  if (text !== "") announcer().textContent = text;
}
