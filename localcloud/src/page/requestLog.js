// The log of API calls as data: what is kept, what a filter lets through, what is said about new lines.
/** @import { NumberedRequest } from "../contract/control" */

/** As many as the server keeps. */
export const kept = 500;

/**
 * @typedef {object} LogFilter
 * @property {string} text matched against method, path, project and status
 * @property {string} status first digit of the status, or nothing for all
 * @property {string} client the whole User-Agent, or nothing for all
 */

/** @type {LogFilter} */
export const everything = { text: "", status: "", client: "" };

/**
 * Each number once, in order, the last of them.
 *
 * @param {readonly NumberedRequest[]} known
 * @param {readonly NumberedRequest[]} more
 * @returns {NumberedRequest[]}
 */
export function merge(known, more) {
  const byNumber = new Map([...known, ...more].map((request) => [request.number, request]));
  return [...byNumber.values()].sort((a, b) => a.number - b.number).slice(-kept);
}

/**
 * @param {LogFilter} filter
 * @returns {(request: NumberedRequest) => boolean}
 */
export function passes({ text, status, client }) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return (request) => {
    if (status !== "" && !String(request.status).startsWith(status)) return false;
    if (client !== "" && request.client !== client) return false;
    const line = [request.method, request.path, request.status, request.project ?? ""]
      .join(" ")
      .toLowerCase();
    return words.every((word) => line.includes(word));
  };
}

/**
 * The clients of the log, each once, by name.
 *
 * @param {readonly NumberedRequest[]} requests
 */
export const clientsOf = (requests) =>
  [...new Set(requests.flatMap(({ client }) => client ?? []))].sort((a, b) => a.localeCompare(b));

/**
 * What is said about lines that came since the last announcement; an empty text when nothing came.
 *
 * @param {readonly NumberedRequest[]} fresh
 */
export function announcement(fresh) {
  const last = fresh.at(-1);
  if (last === undefined) return "";
  const failed = fresh.filter(({ status }) => status >= 400).length;
  const calls = fresh.length === 1 ? "1 API call" : `${fresh.length} API calls`;
  const failures = failed === 0 ? "" : `, ${failed} failed`;
  return `${calls}${failures}; last ${last.method} ${last.path} answered ${last.status}`;
}
