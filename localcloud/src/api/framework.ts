// The framework: reads bodies, answers errors in Hetzner's shape, lets requests meet faults, and runs the routes.
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { withoutSchemas } from "../linux/withoutSchemas";
import type { Settings } from "../settings/api";
import { type AnswerOptions, answer } from "./answer";
import { correlationId } from "./correlationIds";
import { ApiError } from "./errors";
import { meetFaults } from "./faults/answers";
import { type RateLimit, rateLimitExceeded } from "./rateLimit";
import { logRequest } from "./requestLog";
import { pathOf, readQuery } from "./requestUrl";
import type { Match, Router } from "./router";
import { type Identify, type Identity, tokenIn } from "./tokens";

declare module "fastify" {
  interface FastifyRequest {
    /** Set once the token is known to be good. */
    identity: Identity | null;
    /** Id of the fault that it met. */
    fault: number | null;
    /** Set before its body is read. */
    match: Match | null;
  }
}

/** Other methods are unknown everywhere: 404, not 405. */
const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"];
const BODY_LIMIT = 1024 * 1024;

export interface FrameworkOptions extends AnswerOptions {
  readonly router: Router;
  readonly identify: Identify;
  readonly rateLimit: RateLimit;
}

/** The application that answers any request to the API; authentication comes before the body is read. */
export async function createFramework(options: FrameworkOptions): Promise<FastifyInstance> {
  const { settings, router } = options;
  const app = Fastify({
    bodyLimit: BODY_LIMIT,
    exposeHeadRoutes: false,
    routerOptions: { querystringParser: (text) => readQuery(text) as Record<string, string[]> },
    schemaController: withoutSchemas,
  });
  app.decorateRequest("identity", null);
  app.decorateRequest("fault", null);
  app.decorateRequest("match", null);
  readBodies(app);
  answerErrors(app, settings);
  logAnswers(app, settings);
  const guard = createGuard(options);
  app.route({
    method: METHODS,
    url: "/*",
    onRequest: async (request, reply) => {
      request.match = (await router.find(request.method, pathOf(request.url))) ?? null;
      if (request.match === null) return refuseUnknown(router, guard, request, reply);
      return guard(request, reply);
    },
    handler: (request, reply) => {
      if (request.match === null) throw unknownRoute();
      return answer(options, request.match, request, reply);
    },
  });
  app.setNotFoundHandler(() => {
    throw unknownRoute();
  });
  await app.ready();
  return app;
}

/** Any content type is read as JSON, and no body at all is `{}` (HC-T7). */
function readBodies(app: FastifyInstance) {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, text, done) => {
    try {
      const body: unknown = text === "" ? {} : JSON.parse(String(text));
      if (typeof body !== "object" || body === null || Array.isArray(body)) {
        throw new Error("must be a JSON object");
      }
      done(null, body);
    } catch (error) {
      done(new ApiError("json_error", `invalid JSON in the request body: ${(error as Error).message}`));
    }
  });
}

function answerErrors(app: FastifyInstance, settings: Settings) {
  const send = (reply: FastifyReply, error: ApiError) => reply.status(error.status).send(error.body());
  app.addHook("onRequest", (_request, reply, done) => {
    reply.header("x-correlation-id", correlationId());
    done();
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    if (error instanceof ApiError) return send(reply, error);
    if (error.statusCode !== undefined && error.statusCode < 500) {
      return send(reply, new ApiError("json_error", `request cannot be read: ${error.message}`));
    }
    settings.onProblem(`${request.method} ${request.url}: ${error.stack ?? error.message}`);
    return send(reply, new ApiError("server_error", "internal error of the local cloud: see its log"));
  });
}

function logAnswers(app: FastifyInstance, settings: Settings) {
  app.addHook("onResponse", (request, reply, done) => {
    logAnswer(settings, request, reply, reply.statusCode);
    done();
  });
}

function logAnswer(settings: Settings, request: FastifyRequest, reply: FastifyReply, status: number) {
  const { identity, fault } = request;
  logRequest(settings, request.raw, { identity, status, ms: reply.elapsedTime, fault });
}

/** How the log shows a request that gets no answer. */
const NO_STATUS = 0;

type Guard = ReturnType<typeof createGuard>;

function createGuard({ identify, rateLimit, faults, settings }: FrameworkOptions) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const take = (owner: string) => {
      const { headers, exceeded } = rateLimit.take(owner);
      reply.headers(headers);
      if (exceeded) throw rateLimitExceeded();
    };
    const { authorization } = request.headers;
    request.identity = identify(authorization);
    take(request.identity?.projectName ?? "");
    if (request.identity === null) throw unauthorized(authorization);
    if (request.identity.readOnly && request.method !== "GET") {
      throw new ApiError("token_readonly", "the token is read-only: use one with write access");
    }
    if (!faults.any) return;
    const { method } = request;
    const path = pathOf(request.url)
      .replace(/^\/v1/, "")
      .replace(/(?<=.)\/$/, "");
    const met = { method, path, project: request.identity.projectName };
    const unanswered = () => logAnswer(settings, request, reply, NO_STATUS);
    if (await meetFaults(faults, met, request, reply, unanswered)) return reply;
  };
}

function unauthorized(header: string | undefined): ApiError {
  const missing = tokenIn(header) === undefined;
  return new ApiError(
    "unauthorized",
    missing ? "token is required" : "the token you have provided is invalid",
  );
}

const unknownRoute = () => new ApiError("not_found", "api route not found");

/** Before authentication: HC-T11. But a known path with another method is 405, to who has a token. */
async function refuseUnknown(router: Router, guard: Guard, request: FastifyRequest, reply: FastifyReply) {
  const methods = await router.methodsOf(pathOf(request.url));
  if (methods.length === 0) throw unknownRoute();
  if ((await guard(request, reply)) !== undefined) return reply;
  throw new ApiError(
    "method_not_allowed",
    `${request.method} is not allowed here: use ${methods.join(", ")}`,
  );
}
