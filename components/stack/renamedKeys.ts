/** Keys that have another name than in an earlier version: a stack's file may still hold the former one. */
const renamedKeys: Readonly<Record<string, string>> = {
  loadBalancers: "edge",
  "network.subnets.data": "network.subnets.database",
};

/**
 * Today's path of what stands under a former name or inside of it: `loadBalancers.engine` is `edge.engine`;
 * undefined when it was not renamed.
 */
export function renamedPath(path: string): string | undefined {
  const former = Object.keys(renamedKeys).find((key) => path === key || path.startsWith(`${key}.`));
  return former === undefined ? undefined : `${renamedKeys[former]}${path.slice(former.length)}`;
}
