// A request's address, as it stands in the first line of the request.
import type { Query } from "./call";

/** The path, without the query. */
export function pathOf(url = ""): string {
  const end = url.indexOf("?");
  return end < 0 ? url : url.slice(0, end);
}

/** Parameters by name; a name may come several times. */
export function readQuery(text: string): Query {
  const query: Record<string, string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) query[name] = [...(query[name] ?? []), value];
  return query;
}

export function queryOf(url = ""): Query {
  const start = url.indexOf("?");
  return readQuery(start < 0 ? "" : url.slice(start + 1));
}
