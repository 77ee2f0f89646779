// One request in each of the four manners.
import * as http2 from "node:http2";
import * as https from "node:https";
import type { LookupFunction } from "node:net";
import type { Manner, Outcome } from "./tally";

/** Whom visitors ask, and how they know that it is the right one. */
export interface Site {
  readonly url: URL;
  /** Where the name leads. */
  readonly address: string;
  /** PEM of whom a certificate must be from. */
  readonly trusted: string;
  /** After which they go away, in ms. */
  readonly patienceMs: number;
}

export interface Asker {
  /** @param again over a new connection in any case: what happened to one may have happened to all that are kept */
  ask(again?: boolean): Promise<Outcome>;
  close(): void;
}

const nameOf = (error: Error) =>
  "code" in error && typeof error.code === "string" ? error.code : error.message;

const outcomeOf = (status: number | undefined): Outcome =>
  status === 200 ? {} : { problem: String(status) };

function lookupOf(address: string): LookupFunction {
  return (_name, { all }, done) => (all ? done(null, [{ address, family: 4 }]) : done(null, address, 4));
}

/** HTTP/1.1. An idle connection is ended before the load balancer ends it (30 s). */
export function http1(site: Site, connections: Manner["connections"]): Asker {
  const agent =
    connections === "kept"
      ? new https.Agent({ keepAlive: true, scheduling: "fifo", timeout: 15_000, maxCachedSessions: 0 })
      : false;
  const options: https.RequestOptions = {
    agent,
    ca: site.trusted,
    lookup: lookupOf(site.address),
  };
  const ask = (again = false) =>
    new Promise<Outcome>((resolve) => {
      let answered = false;
      const request = https.get(site.url, again ? { ...options, agent: false } : options, (response) => {
        answered = true;
        response.resume();
        response.on("error", (error) => resolve({ problem: nameOf(error) }));
        response.on("end", () => resolve(outcomeOf(response.statusCode)));
      });
      const timer = setTimeout(() => request.destroy(new Error("no answer")), site.patienceMs);
      request.on("close", () => clearTimeout(timer));
      request.on("error", (error) => {
        const problem = nameOf(error);
        resolve({ problem, mayRepeat: request.reusedSocket && !answered && problem === "ECONNRESET" });
      });
    });
  const close = () => {
    if (agent !== false) agent.destroy();
  };
  return { ask, close };
}

function openSession({ url, address, trusted }: Site): http2.ClientHttp2Session {
  const session = http2.connect(url.origin, {
    ca: trusted,
    lookup: lookupOf(address),
  } as http2.SecureClientSessionOptions);
  // Each request tells of it.
  session.on("error", () => {});
  return session;
}

/** Whether a request was surely not worked on: refused, or beyond the last one that the other side will answer. */
function isUntouched(stream: http2.ClientHttp2Stream, lastAnswered: number | undefined): boolean {
  if (stream.rstCode === http2.constants.NGHTTP2_REFUSED_STREAM) return true;
  return lastAnswered !== undefined && (stream.id ?? 0) > lastAnswered;
}

/** HTTP/2: several connections in turns, each with many requests at a time; or one for each request. */
export function http2Asker(site: Site, connections: Manner["connections"], count = 4): Asker {
  const sessions: (http2.ClientHttp2Session | undefined)[] = Array.from({ length: count });
  const lastAnswered = new WeakMap<http2.ClientHttp2Session, number>();
  let turn = 0;
  const kept = () => {
    const index = turn++ % count;
    const current = sessions[index];
    if (current !== undefined && !current.closed && !current.destroyed)
      return { session: current, isOld: true };
    const session = openSession(site);
    session.on("goaway", (_code, last) => lastAnswered.set(session, last));
    sessions[index] = session;
    return { session, isOld: false };
  };
  const ask = async (again = false): Promise<Outcome> => {
    if (connections === "kept" && !again) {
      const { session, isOld } = kept();
      return askOver(
        session,
        site,
        (stream, answered) =>
          isOld && !answered && (session.destroyed || isUntouched(stream, lastAnswered.get(session))),
      );
    }
    const session = openSession(site);
    const outcome = await askOver(session, site, () => false);
    session.close();
    return outcome;
  };
  const close = () => {
    for (const session of sessions) session?.close();
  };
  return { ask, close };
}

function askOver(
  session: http2.ClientHttp2Session,
  { url, patienceMs }: Site,
  mayRepeat: (stream: http2.ClientHttp2Stream, answered: boolean) => boolean,
): Promise<Outcome> {
  return new Promise((resolve) => {
    let [status, whole, failure]: [number | undefined, boolean, string | undefined] = [
      undefined,
      false,
      undefined,
    ];
    const stream = session.request({ ":path": `${url.pathname}${url.search}` });
    const timer = setTimeout(() => {
      failure = "no answer";
      stream.close(http2.constants.NGHTTP2_CANCEL);
    }, patienceMs);
    stream.on("response", (headers) => {
      status = headers[":status"];
    });
    stream.resume();
    stream.on("end", () => {
      whole = true;
    });
    stream.on("error", (error) => {
      failure ??= nameOf(error);
    });
    stream.on("close", () => {
      clearTimeout(timer);
      if (status !== undefined && whole && failure === undefined) return resolve(outcomeOf(status));
      const problem = failure ?? `ended with code ${stream.rstCode}`;
      resolve({ problem, mayRepeat: problem !== "no answer" && mayRepeat(stream, status !== undefined) });
    });
  });
}

export function askerOf(site: Site, { protocol, connections }: Manner): Asker {
  return protocol === "HTTP/1.1" ? http1(site, connections) : http2Asker(site, connections);
}
