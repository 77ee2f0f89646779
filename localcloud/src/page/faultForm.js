// A form for one kind of fault, from its description in faultForms.js.
/** @import { FaultRequest } from "../contract/control" */
/** @import { FaultForm, Field } from "./faultForms.js" */
import { announce, element } from "./dom.js";

/**
 * @typedef {object} FaultFormOptions
 * @property {FaultForm} form
 * @property {string} server name or id; empty for faults of no server
 * @property {readonly { server: string, name: string }[]} others servers to choose from
 * @property {() => number} seconds how long it lasts
 * @property {(request: FaultRequest) => Promise<unknown>} send
 */

let made = 0;

/**
 * @param {FaultFormOptions} options
 */
export function createFaultForm({ form, server, others, seconds, send }) {
  made += 1;
  const prefix = `fault${made}`;
  const controls = new Map(form.fields.map((field) => [field.name, controlOf(field, prefix, others)]));
  const error = element("p", { class: "error", role: "alert" });
  const explanation = element("span", { class: "explains", id: `${prefix}-explains` }, form.explains);
  const submit = element(
    "button",
    { type: "submit", "data-key": `fault-${form.id}`, "aria-describedby": explanation.id },
    form.label,
  );
  const root = element(
    "form",
    { class: `fault-form ${form.fields.length === 0 ? "simple" : "with-fields"}`, novalidate: "" },
    element(
      "div",
      { class: "fields" },
      ...form.fields.map((field) => {
        const control = controls.get(field.name) ?? null;
        return element("label", { "data-field": field.name }, element("span", {}, field.label), control);
      }),
    ),
    element("div", { class: "act" }, submit, explanation),
    error,
  );
  const showFitting = () => {
    for (const { name, only } of form.fields) {
      const label = root.querySelector(`[data-field="${name}"]`);
      const effect = controls.get("effect")?.value ?? "";
      if (only !== undefined && label instanceof HTMLElement) label.hidden = !only.includes(effect);
    }
  };
  showFitting();
  root.addEventListener("change", showFitting);
  root.addEventListener("submit", (event) => {
    event.preventDefault();
    error.textContent = "";
    const values = Object.fromEntries([...controls].map(([name, control]) => [name, control.value.trim()]));
    send({ fault: form.fault(server, values), seconds: seconds() }).then(
      () => announce(`${form.label}: in force`),
      (/** @type {Error} */ problem) => {
        error.textContent = problem.message;
      },
    );
  });
  return root;
}

/**
 * @param {Field} field
 * @param {string} prefix
 * @param {readonly { server: string, name: string }[]} others
 */
function controlOf(field, prefix, others) {
  const attributes = { id: `${prefix}-${field.name}`, name: field.name };
  if (field.type === "select" || field.type === "server") {
    const options =
      field.type === "select"
        ? (field.options ?? [])
        : others.map(({ server, name }) => /** @type {const} */ ([server, name]));
    const made = element(
      "select",
      attributes,
      ...options.map(([value, label]) => element("option", { value }, label)),
    );
    if (field.value !== "") made.value = field.value;
    return made;
  }
  return element("input", {
    ...attributes,
    type: field.type,
    value: field.value,
    placeholder: field.hint ?? "",
    autocomplete: "off",
    spellcheck: "false",
    ...(field.type === "number" && { step: field.step ?? "any", inputmode: "decimal" }),
  });
}

/**
 * How long the faults of a form last.
 *
 * @param {string} id
 * @param {number} seconds
 */
export function createDuration(id, seconds) {
  const input = element("input", {
    id,
    type: "number",
    value: String(seconds),
    min: "1",
    max: "86400",
    inputmode: "numeric",
    autocomplete: "off",
  });
  const root = element("label", { class: "duration" }, element("span", {}, "Lasts, in seconds"), input);
  return { root, seconds: () => Number(input.value) };
}
