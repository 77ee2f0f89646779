import { rm } from "node:fs/promises";
import cookie from "@fastify/cookie";
import fastify, { type FastifyError, type FastifyInstance, LogController } from "fastify";
import type { Config } from "./config";
import { type Identity, identityOf } from "./identity";
import type { Lifecycle } from "./lifecycle";

/** HTTP server with JSON logs: a line for each request that failed or was slow, as the load balancers log every one. */
export function createServer(config: Config): FastifyInstance {
  const app = fastify({
    logger: {
      level: config.logLevel,
      base: identityOf(config),
      formatters: { level: (label) => ({ level: label }) },
      redact: ["req.headers.cookie", "req.headers.authorization"],
    },
    logController: new LogController({ disableRequestLogging: true }),
    requestIdHeader: "x-request-id",
    genReqId: () => crypto.randomUUID(),
    trustProxy: true,
    bodyLimit: 5 * 1024 * 1024,
    // An unknown property is a mistake of the caller, not something to drop in silence.
    ajv: { customOptions: { removeAdditional: false } },
    // For a whole request with its body, and an upload may take minutes: load balancers watch that something of it comes.
    requestTimeout: 900_000,
    // Longer than Traefik keeps an idle connection (1 s): the side that sends requests must close first.
    keepAliveTimeout: 120_000,
    forceCloseConnections: "idle",
    // What still arrives on an open connection is answered, not refused.
    return503OnClosing: false,
  });
  app.register(cookie);
  answerErrors(app);
  logRequests(app, config.slowRequestMs);
  return app;
}

/** On the port, or for a worker on a socket that only its own container can reach. */
export async function listen(app: FastifyInstance, config: Config): Promise<void> {
  if (config.mode !== "worker") {
    await app.listen({ host: "::", port: config.port });
    return;
  }
  // A killed predecessor leaves its socket behind.
  await rm(config.healthSocket, { force: true });
  await app.listen({ path: config.healthSocket });
}

/** By which an answer says who gave it. */
export function nameOf({ node, service, replica }: Identity): string {
  return `${node}/${service}-${replica}`;
}

/** Names the process that answered, and sends clients elsewhere while it stops. */
export function markAnswers(app: FastifyInstance, identity: Identity, lifecycle: Lifecycle): void {
  const servedBy = nameOf(identity);
  app.addHook("onSend", async (_request, reply, payload) => {
    reply.header("x-served-by", servedBy);
    if (lifecycle.stopping.aborted) reply.header("connection", "close");
    return payload;
  });
}

function answerErrors(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send({ error: { code: "not_found", message: `${request.method} ${request.url} is not served here` } }),
  );
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const status = error.statusCode ?? 503;
    if (status < 500) {
      return reply.code(status).send({ error: { code: "invalid_input", message: error.message } });
    }
    request.log.error({ error: error.message, path: request.url }, "request failed");
    return reply
      .code(status)
      .send({ error: { code: "unavailable", message: "a dependency did not answer, try again" } });
  });
}

function logRequests(app: FastifyInstance, slowRequestMs: number): void {
  app.addHook("onResponse", async (request, reply) => {
    const probe = request.url.startsWith("/health") || request.url === "/metrics";
    const isWorthALine = !probe && (reply.statusCode >= 500 || reply.elapsedTime >= slowRequestMs);
    request.log[isWorthALine ? "info" : "debug"](
      {
        method: request.method,
        path: request.url,
        status: reply.statusCode,
        milliseconds: Math.round(reply.elapsedTime),
        client: request.ip,
      },
      "request",
    );
  });
}
