// Where the API listens.
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { AnswerOptions } from "./answer";
import { createIdentification } from "./calls/tokens";
import { createListener } from "./listener";
import { createRateLimit } from "./rateLimit";
import { createRouter, type RouterOptions } from "./router";

/** Longer than clients keep an idle connection, so that they close it. */
const keepAliveTimeout = 72_000;

export interface HttpOptions extends AnswerOptions {
  readonly routes: RouterOptions;
}

export interface ListenAt {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface Http {
  /** Answers one request. */
  readonly listener: RequestListener;
  /** May be called for several addresses. */
  listen(at: ListenAt): Promise<AddressInfo>;
  /** Lets running requests end, but those that a fault holds. */
  close(): Promise<void>;
}

export function createHttp(options: HttpOptions): Http {
  const { store, settings, faults } = options;
  const answer = createListener({
    ...options,
    router: createRouter(options.routes),
    identify: createIdentification(store, settings.tokens),
    rateLimit: createRateLimit(settings.requestsPerHour),
  });
  const servers: Server[] = [];
  let closing = false;
  const listener: RequestListener = (request, response) => {
    if (closing) response.setHeader("connection", "close");
    answer(request, response);
  };
  return {
    listener,
    listen: async ({ host, port }) => {
      const server = createServer({ keepAliveTimeout }, listener);
      server.listen(port, host);
      await once(server, "listening");
      servers.push(server);
      return server.address() as AddressInfo;
    },
    async close() {
      closing = true;
      faults.release();
      await Promise.all(servers.map(untilClosed));
    },
  };
}

/** Clients keep connections for long, so those that become idle are closed. */
async function untilClosed(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  await closed;
  clearInterval(idle);
}
