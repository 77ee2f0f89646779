import { text } from "./leaves";

export const longestPath = 255;
const pattern = /^\/(?:[A-Za-z0-9._~-]+(?:\/[A-Za-z0-9._~-]+)*)?$/;

// Clients and proxies resolve dots before they compare paths.
export function isPathPrefix(value: string): boolean {
  return (
    pattern.test(value) &&
    value.length <= longestPath &&
    !value.split("/").some((part) => part === "." || part === "..")
  );
}

/** `/api` covers `/api` and `/api/...`, not `/apiary`. */
export const pathPrefix = text(isPathPrefix, {
  allowed: `a path of at most ${longestPath} characters that begins with a slash and does not end with one: /api`,
  remedy: "write the prefix without host, query, trailing slash and the parts . and ..",
});
