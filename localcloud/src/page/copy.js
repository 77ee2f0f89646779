import { announce, button } from "./dom.js";

/**
 * A button that puts a text on the clipboard and says whether it did.
 *
 * @param {string} text
 * @param {string} what for who hears the page
 */
export function copyButton(text, what) {
  const made = button(
    `copy-${what}`,
    "Copy",
    () => {
      navigator.clipboard.writeText(text).then(
        () => say("Copied"),
        () => say("Not allowed here"),
      );
    },
    { class: "copy", "aria-label": `Copy ${what}` },
  );
  const say = (/** @type {string} */ result) => {
    made.textContent = result;
    announce(`${result}: ${what}`);
    setTimeout(() => {
      made.textContent = "Copy";
    }, 1500);
  };
  return made;
}
