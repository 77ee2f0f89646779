// Domain names as zone files and the API write them.
import { domainToUnicode } from "node:url";

/** A name in a record is wrong; the message says how. */
export class DomainNameError extends Error {}

const labelsForm = /(?:[^.\\]|\\.)+/g;
// `\.` is a dot inside of a label, as mailboxes of SOA and RP have it.
const labelForm = /^(?:[A-Za-z0-9_-]|\\\.)+$/;
/** Of the text without the final dot (RFC 1035, section 2.3.4). */
const maximumLength = 253;

/**
 * A name in a record's data as an absolute one in lower case: `www` in example.com is `www.example.com.`, `@` is
 * `example.com.`.
 *
 * @param origin the zone, without final dot
 * @throws DomainNameError
 */
export function absoluteName(text: string, origin: string): string {
  if (text === "@") return `${origin}.`;
  if (text === ".") return ".";
  const name = (text.endsWith(".") ? text.slice(0, -1) : `${text}.${origin}`).toLowerCase();
  requireName(name, text);
  return `${name}.`;
}

function requireName(name: string, text: string) {
  const labels = name.match(labelsForm) ?? [];
  if (labels.join(".") !== name || labels.length === 0) throw new DomainNameError(`'${text}' is no name`);
  if (name.replaceAll("\\.", ".").length > maximumLength) {
    throw new DomainNameError(`name '${text}' is longer than ${maximumLength} characters`);
  }
  for (const [index, label] of labels.entries()) {
    if (label === "*" && index === 0) continue;
    if (!labelForm.test(label)) throw new DomainNameError(`'${text}' is no name: label '${label}'`);
    if (label.replaceAll("\\.", ".").length > 63) {
      throw new DomainNameError(`label '${label}' is longer than 63 characters`);
    }
  }
}

/** Owner of a record set as an absolute name: `@` and `www` in `example.com`. */
export const ownerName = (name: string, zone: string) => (name === "@" ? `${zone}.` : `${name}.${zone}.`);

/** What is wrong with the labels of a name in lower case, or null; labels begin and end with a letter or digit. */
export function labelProblem(labels: readonly string[], underscore: boolean): string | null {
  const pattern = underscore ? /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/ : /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
  for (const label of labels) {
    if (label === "") return "must not have empty labels";
    if (label.length > 63) return `label '${label}' is longer than 63 characters`;
    if (/\P{ASCII}/u.test(label)) return "must be transcribed to Punycode, such as xn--mnchen-3ya.de";
    if (/[A-Z]/.test(label)) return "must be in lower case";
    if (!pattern.test(label)) return `label '${label}' is not valid`;
    // What cannot be read stays as it is.
    if (label.startsWith("xn--") && domainToUnicode(label) === label)
      return `label '${label}' is no Punycode`;
  }
  return null;
}

/** What is wrong with the name of a record set, or null. */
export function recordSetNameProblem(name: string, zone: string): string | null {
  if (name === "@") return null;
  if (name.endsWith(".")) return "must not end with a dot";
  if (name === zone || name.endsWith(`.${zone}`)) return `must not end with the zone name '${zone}'`;
  const labels = name.split(".");
  const problem = labelProblem(labels[0] === "*" ? labels.slice(1) : labels, true);
  if (problem !== null) return problem;
  const { length } = ownerName(name, zone);
  return length - 1 > maximumLength ? `is longer than ${maximumLength} characters with its zone` : null;
}
