import { defaultRetries, EdgeBalance } from "./balanceSettings";
import { certificatePathOf, type EdgeOptions } from "./edge";

/** The machine that a visitor came to first, by name. */
const cookie = "platform-node";

/**
 * How a request is repeated: once, unless it is said otherwise, on another machine, and only when no part of an answer
 * came or the answer was 502 or 503, which the node's proxy gives when it has no replica. What was slow is never
 * repeated: it may still be running.
 */
export function haproxyRepetition({ retries = defaultRetries }: EdgeOptions): string {
  if (retries === 0) return "  retries 0";
  return `  retries ${retries}
  option redispatch 1
  retry-on conn-failure empty-response 502 503
  # Only what may be repeated is repeated: a connection that never came about is not a repetition.
  http-request disable-l7-retry unless { method GET HEAD OPTIONS }`;
}

/** Attempts of nginx, the first one included. */
export function nginxTries({ retries = defaultRetries }: EdgeOptions): number {
  return retries + 1;
}

/** Whose turn it is. */
export function haproxyBalance({ balance }: EdgeOptions): string {
  return balance === EdgeBalance.LeastConnections ? "leastconn" : "roundrobin";
}

/** A line of an upstream of nginx; nothing where they take turns. */
export function nginxBalance({ balance }: EdgeOptions): string {
  return balance === EdgeBalance.LeastConnections ? "\n    least_conn;" : "";
}

/** Of a backend whose visitors stay where they are. The cookie is a name, no secret, and caches must not keep it. */
export function haproxySticky(options: EdgeOptions): string {
  if (options.sticky !== true) return "";
  const secure = certificatePathOf(options) !== undefined && options.redirectToHttps ? " secure" : "";
  return `\n  cookie ${cookie} insert indirect nocache httponly${secure} attr "SameSite=Lax"`;
}

/** What a server's line says of it. */
export function stickyServer({ sticky }: EdgeOptions, name: string): string {
  return sticky === true ? ` cookie ${name}` : "";
}
