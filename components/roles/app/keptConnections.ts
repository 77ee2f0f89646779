import { defaultTimeoutSeconds } from "../../setup/waits";

/** Requests for which Traefik keeps connections to replicas and uses them again. */
export const KeptConnections = {
  /** None: each request gets a connection of its own. */
  None: "none",
  /** GET, HEAD and OPTIONS, which may be repeated. */
  Reads: "reads",
  All: "all",
} as const;
export type KeptConnections = (typeof KeptConnections)[keyof typeof KeptConnections];

/**
 * Connections to replicas, by the name that services of Traefik call them by.
 *
 * A replica may end an idle connection in the moment of its next use, whatever it announces. Of what got no part of an
 * answer Go, and with it Traefik, then repeats what may be repeated: on another idle connection, and at last on a new
 * one. It cannot repeat a POST, so one that was sent there is lost. A new connection costs a node more than the rest of
 * the request does (docs/performance.md).
 */
function transportsFor(seconds: number) {
  const used = { dialTimeout: "1s", responseHeaderTimeout: `${seconds}s` };
  return {
    once: { maxIdleConnsPerHost: -1, forwardingTimeouts: used },
    kept: {
      // A replica that breaks the connection of each try of a request, and goes on, is asked once for each of these and
      // once more. With many requests at a time a new connection is opened for one in so many and one.
      maxIdleConnsPerHost: 8,
      // Shorter than what any web server is known to wait for the next request: gunicorn waits 2 s, Node and uvicorn 5.
      forwardingTimeouts: { ...used, idleConnTimeout: "1s" },
    },
  };
}

export type Transport = "once" | "kept";

/** What Traefik's configuration calls one by; those that wait as long as usual have plain names. */
export function transportName(transport: Transport, seconds: number = defaultTimeoutSeconds): string {
  return seconds === defaultTimeoutSeconds ? transport : `${transport}-${seconds}s`;
}

/** The usual ones, and two for every other limit. @param limits seconds that services wait */
export function transports(limits: readonly number[]) {
  const seconds = [...new Set([defaultTimeoutSeconds, ...limits.toSorted((a, b) => a - b)])];
  const all = seconds.flatMap((each) => {
    const { once, kept } = transportsFor(each);
    return [
      [transportName("once", each), once],
      [transportName("kept", each), kept],
    ] as const;
  });
  return Object.fromEntries(all);
}

/** What asks by kept connections, in Traefik's language of rules. */
export const readsRule = "(Method(`GET`) || Method(`HEAD`) || Method(`OPTIONS`))";
