// Labels and label selectors (HC-L4, HC-L5).
import type { Labels } from "../../state/rows";
import { invalidInput } from "./errors";

const nameForm = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const prefixForm =
  /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

function isKey(key: string): boolean {
  const slash = key.indexOf("/");
  if (slash < 0) return nameForm.test(key);
  const prefix = key.slice(0, slash);
  return prefix.length <= 253 && prefixForm.test(prefix) && nameForm.test(key.slice(slash + 1));
}

const isValue = (value: string) => value === "" || nameForm.test(value);

/** What is wrong with a label, the key first; null when nothing is. */
export function labelProblem(key: string, value: string): string | null {
  return keyProblem(key) ?? (isValue(value) ? null : `label value '${value}' is not valid`);
}

function keyProblem(key: string): string | null {
  if (!isKey(key)) return `label key '${key}' is not valid`;
  return key.startsWith("hetzner.cloud/")
    ? `label key '${key}' has the reserved prefix hetzner.cloud/`
    : null;
}

export type Selector = (labels: Labels) => boolean;

const setForm = /^(\S+?)\s+(in|notin)\s*\(([^()]*)\)$/;
const equalityForm = /^([^=!\s]+)\s*(==|=|!=)\s*([^=!\s]*)$/;

/** @throws invalid_input on `field` when the text is no selector. */
export function parseSelector(text: string, field = "label_selector"): Selector {
  // A comma separates terms unless it stands between parentheses.
  const terms = text.split(/,(?![^(]*\))/).map((term) => term.trim());
  const selectors = terms.map((term) => parseTerm(term, field));
  return (labels) => selectors.every((selector) => selector(labels));
}

function parseTerm(term: string, field: string): Selector {
  const set = setForm.exec(term);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    if (isKey(key) && values.every(isValue)) {
      return (labels) => has(labels, key, (value) => values.includes(value)) === (operator === "in");
    }
  }
  const equality = equalityForm.exec(term);
  if (equality !== null) {
    const [, key = "", operator, wanted = ""] = equality;
    if (isKey(key) && isValue(wanted)) {
      return (labels) => has(labels, key, (value) => value === wanted) === (operator !== "!=");
    }
  }
  const negated = term.startsWith("!");
  const key = negated ? term.slice(1).trim() : term;
  if (isKey(key)) return (labels) => has(labels, key, () => true) !== negated;
  throw invalidInput(field, `label selector term '${term}' is not valid`);
}

/** Own keys only: a label may be called `constructor`. */
function has(labels: Labels, key: string, test: (value: string) => boolean): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  return value !== undefined && test(value);
}
