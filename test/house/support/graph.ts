import type { Source } from "./sources";

/** Who imports whom, `from -> to`, by a name for each file; files without a name and imports within one are left out. */
export function edges(sources: readonly Source[], nameOf: (path: string) => string | undefined): string[] {
  const found = new Set<string>();
  for (const { path, imports } of sources) {
    const from = nameOf(path);
    for (const target of imports) {
      const to = nameOf(target);
      if (from !== undefined && to !== undefined && from !== to) found.add(`${from} -> ${to}`);
    }
  }
  return [...found].sort();
}

/** Groups of names that reach one another along the edges. */
export function circlesIn(links: readonly string[]): string[][] {
  const next = new Map<string, string[]>();
  for (const link of links) {
    const [from = "", to = ""] = link.split(" -> ");
    next.set(from, [...(next.get(from) ?? []), to]);
  }
  const reached = new Map([...next.keys()].map((name) => [name, reachedFrom(name, next)]));
  const groups = [...next.keys()].map((name) =>
    [...(reached.get(name) ?? [])].filter((other) => reached.get(other)?.has(name)).sort(),
  );
  const distinct = new Set(groups.filter((group) => group.length > 1).map((group) => group.join(", ")));
  return [...distinct].sort().map((group) => group.split(", "));
}

function reachedFrom(start: string, next: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set<string>();
  const waiting = [...(next.get(start) ?? [])];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    waiting.push(...(next.get(name) ?? []));
  }
  return reached;
}
