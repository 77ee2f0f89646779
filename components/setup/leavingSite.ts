import { nodeHealthPath, siteEntrance } from "./site";

interface Other {
  readonly hostname: string;
  readonly privateIp: string;
}

/**
 * Shell that goes on while one of the machines can serve visitors, and ends the command otherwise.
 *
 * @param kind `node`
 * @param overTls see `siteEntrance`
 */
export function anyReady(kind: string, others: readonly Other[], overTls: boolean): string {
  if (others.length === 0) return ":";
  const { at, port, curl } = siteEntrance(overTls);
  const urls = others.map((other) => `${at(other)}:${port}${nodeHealthPath}`);
  const asked = urls.map(
    (url) => `if curl -fsS -m 5${curl} -o /dev/null ${url} 2>/dev/null; then return 0; fi`,
  );
  return `${asked.join("\n")}
die "no other ${kind} is ready (${others.map(({ hostname }) => hostname).join(", ")}), so this one stays: put one in order first"`;
}
