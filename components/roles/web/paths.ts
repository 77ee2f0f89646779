import { text } from "../../settings/leaves";

const longest = 255;
const pattern = /^\/(?:[A-Za-z0-9._~-]+(?:\/[A-Za-z0-9._~-]+)*)?$/;

// Clients and proxies resolve dots before they compare paths.
function isPrefix(value: string): boolean {
  return (
    pattern.test(value) &&
    value.length <= longest &&
    !value.split("/").some((part) => part === "." || part === "..")
  );
}

/** `/api` covers `/api` and `/api/...`, not `/apiary`. */
export const pathPrefix = text(isPrefix, {
  allowed: `a path of at most ${longest} characters that begins with a slash and does not end with one: /api`,
  remedy: "write the prefix without host, query, trailing slash and the parts . and ..",
});

/** Whether a path is the prefix or lies below it. */
export function covers(prefix: string, path: string): boolean {
  return prefix === "/" || path === prefix || path.startsWith(`${prefix}/`);
}

/** Text for a pattern of nginx in which nothing has a meaning of its own. */
export function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
