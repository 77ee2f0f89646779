// Server-sent events: the state when it changed, and each request.
import type { FastifyReply } from "fastify";
import type { CloudState } from "../contract/control";
import type { RecentRequests } from "./requests";

const stateMs = 250;
const heartbeatMs = 15_000;
/** A reader that falls this far behind is cut off; its page connects again and gets the whole state. */
const mostBufferedBytes = 4 * 1024 * 1024;

export interface EventStreams {
  /** Keeps this response open until the client goes. */
  add(reply: FastifyReply): void;
  close(): void;
}

/** One look at the state serves all clients, and nobody looks while there is none. */
export function createEventStreams(
  state: () => CloudState,
  requests: RecentRequests,
  onProblem: (problem: string) => void,
): EventStreams {
  const clients = new Set<Client>();
  const broadcast = (text: string) => {
    for (const client of clients) write(client, text);
  };
  const watch = createWatch(state, requests, { broadcast, onProblem });
  return {
    add(reply) {
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        "content-type": "text/event-stream",
        "cache-control": "no-store",
      });
      const now = state();
      if (clients.size === 0) watch.begin(now);
      clients.add(raw);
      raw.once("close", () => {
        clients.delete(raw);
        if (clients.size === 0) watch.end();
      });
      write(raw, event("state", now));
    },
    close() {
      for (const client of clients) client.end();
    },
  };
}

type Client = FastifyReply["raw"];

function write(client: Client, text: string): void {
  if (client.writableLength > mostBufferedBytes) client.destroy();
  else client.write(text);
}

interface Watch {
  /** @param known what everybody who is there has got */
  begin(known: CloudState): void;
  end(): void;
}

/** Looks for changes of the state and listens for requests, and tells of both. */
function createWatch(
  state: () => CloudState,
  requests: RecentRequests,
  to: { readonly broadcast: (text: string) => void; readonly onProblem: (problem: string) => void },
): Watch {
  let sent = "";
  let timers: NodeJS.Timeout[] = [];
  let endRequests = () => {};
  const look = () => {
    try {
      const now = state();
      const content = contentOf(now);
      if (content === sent) return;
      sent = content;
      to.broadcast(event("state", now));
    } catch (error) {
      // Nobody waits for a timer: what it threw would end the daemon.
      to.onProblem(`control API, events: ${String(error)}`);
    }
  };
  return {
    begin(known) {
      sent = contentOf(known);
      timers = [setInterval(look, stateMs), setInterval(() => to.broadcast(": alive\n\n"), heartbeatMs)];
      endRequests = requests.onRequest((request) => to.broadcast(event("request", request)));
    },
    end() {
      for (const timer of timers) clearInterval(timer);
      endRequests();
    },
  };
}

/** The time alone is no change. */
const contentOf = (state: CloudState) => JSON.stringify({ ...state, at: "" });

const event = (name: string, data: unknown) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
