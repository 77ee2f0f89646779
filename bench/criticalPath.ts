/** One resource: how long it took and what had to be there before. */
export interface PathNode {
  readonly urn: string;
  readonly seconds: number;
  readonly dependencies: readonly string[];
}

export interface CriticalPath {
  readonly seconds: number;
  /** From the first to the last resource of the longest chain. */
  readonly urns: readonly string[];
}

/**
 * The longest chain of resources that had to wait for each other: no bring-up of this graph can be shorter,
 * however many workers it has.
 */
export function criticalPath(nodes: readonly PathNode[]): CriticalPath {
  const byUrn = new Map(nodes.map((node) => [node.urn, node]));
  const known = new Map<string, CriticalPath>();
  const none: CriticalPath = { seconds: 0, urns: [] };
  const pathTo = (urn: string): CriticalPath => {
    const found = known.get(urn);
    if (found !== undefined) return found;
    const node = byUrn.get(urn);
    if (node === undefined) return none;
    const before = longest(node.dependencies.map(pathTo)) ?? none;
    const path = { seconds: before.seconds + node.seconds, urns: [...before.urns, urn] };
    known.set(urn, path);
    return path;
  };
  return longest(nodes.map((node) => pathTo(node.urn))) ?? none;
}

function longest(paths: readonly CriticalPath[]): CriticalPath | undefined {
  return paths.reduce<CriticalPath | undefined>(
    (best, path) => (best === undefined || path.seconds > best.seconds ? path : best),
    undefined,
  );
}
