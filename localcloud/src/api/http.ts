// The server of the API. Most questions it answers itself; the rest, with all that changes something, is the
// framework's, which is loaded with the first request that needs it or soon after the start.
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import type { AnswerOptions } from "./answer";
import { createDirectAnswers } from "./directAnswers";
import { createRateLimit } from "./rateLimit";
import { createRouter, type RouterOptions } from "./router";
import { createIdentification } from "./tokens";

/** Longer than clients keep an idle connection, so that they close it. */
const KEEP_ALIVE_MS = 72_000;

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
  /** Loads what is not loaded yet. */
  load(): Promise<void>;
  /** Lets running requests end, but those that a fault holds. */
  close(): Promise<void>;
}

export function createHttp(options: HttpOptions): Http {
  const { store, settings, faults } = options;
  const identify = createIdentification(store, settings.tokens);
  const rateLimit = createRateLimit(settings.requestsPerHour);
  const router = createRouter(options.routes);
  const answerDirectly = createDirectAnswers({ store, settings, router, identify, rateLimit, faults });
  let app: FastifyInstance | undefined;
  let loading: Promise<void> | undefined;
  const load = () => {
    loading ??= import("./framework.js").then(async ({ createFramework }) => {
      app = await createFramework({ ...options, router, identify, rateLimit });
    });
    return loading;
  };
  let closing = false;
  const listener: RequestListener = (request, response) => {
    if (closing) response.setHeader("connection", "close");
    if (answerDirectly(request, response)) return;
    if (app !== undefined) return app.routing(request, response);
    load().then(
      () => app?.routing(request, response),
      (error) => {
        settings.onProblem(`the API could not be loaded: ${String(error)}`);
        response.writeHead(500).end();
      },
    );
  };
  const servers: Server[] = [];
  return {
    listener,
    load,
    listen: async ({ host, port }) => {
      const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, listener);
      server.listen(port, host);
      await once(server, "listening");
      servers.push(server);
      return server.address() as AddressInfo;
    },
    async close() {
      closing = true;
      faults.release();
      await Promise.all(servers.map(untilClosed));
      await loading?.catch(() => undefined);
      await app?.close();
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
