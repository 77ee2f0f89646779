// From HTTP to calls and back: authentication before the body is read, one transaction for each request, errors
// in Hetzner's shape, and a log line without secrets.
import { randomBytes } from "node:crypto";
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type HTTPMethods,
} from "fastify";
import type { ActionRunner } from "../actions";
import type { Host } from "../host";
import type { Action } from "../rows";
import type { Store } from "../store";
import type { Call, Reply, Route } from "./call";
import { ApiError } from "./errors";
import type { ApiFaults } from "./faults/active";
import { meetFaults } from "./faults/answers";
import { createRateLimit, type RateLimit, rateLimitExceeded } from "./rateLimit";
import type { Settings } from "./settings";
import { type Authenticate, createAuthentication, type Identity } from "./tokens";

declare module "fastify" {
  interface FastifyRequest {
    /** Set once the token is known to be good. */
    identity: Identity | null;
    /** Id of the fault that it met. */
    fault: number | null;
  }
}

const METHODS: readonly HTTPMethods[] = ["GET", "POST", "PUT", "DELETE", "PATCH"];
const BODY_LIMIT = 1024 * 1024;
/** More than Node takes as a path: a handler answers, and names of zones may have 255 characters. */
const LONGEST_PARAMETER = 64 * 1024;

export interface HttpOptions {
  readonly store: Store;
  readonly host: Host;
  readonly settings: Settings;
  readonly runner: ActionRunner;
  readonly routes: readonly Route[];
  readonly faults: ApiFaults;
}

export function createHttp(options: HttpOptions): FastifyInstance {
  const app = Fastify({
    bodyLimit: BODY_LIMIT,
    exposeHeadRoutes: false,
    routerOptions: {
      ignoreTrailingSlash: true,
      querystringParser: readQuery,
      maxParamLength: LONGEST_PARAMETER,
    },
  });
  app.decorateRequest("identity", null);
  app.decorateRequest("fault", null);
  readBodies(app);
  answerErrors(app, options.settings);
  logRequests(app, options.settings);
  const guard = createGuard(
    createAuthentication(options.store, options.settings.tokens),
    createRateLimit(options.settings.requestsPerHour),
    options,
  );
  app.addHook("preClose", async () => options.faults.release());
  for (const route of options.routes) {
    app.route({
      method: route.method,
      url: `/v1${route.path}`,
      onRequest: guard,
      handler: (request, reply) => answer(options, route, request, reply),
    });
  }
  refuseOtherMethods(app, options.routes, guard);
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

function readQuery(text: string): Record<string, string[]> {
  const query: Record<string, string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) query[name] = [...(query[name] ?? []), value];
  return query;
}

function answerErrors(app: FastifyInstance, settings: Settings) {
  const send = (reply: FastifyReply, error: ApiError) => reply.status(error.status).send(error.body());
  app.addHook("onRequest", async (_request, reply) => {
    reply.header("x-correlation-id", randomBytes(8).toString("hex"));
  });
  // Before authentication: HC-T11.
  app.setNotFoundHandler((_request, reply) => send(reply, new ApiError("not_found", "api route not found")));
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    if (error instanceof ApiError) return send(reply, error);
    if (error.statusCode !== undefined && error.statusCode < 500) {
      return send(reply, new ApiError("json_error", `request cannot be read: ${error.message}`));
    }
    settings.onProblem(`${request.method} ${request.url}: ${error.stack ?? error.message}`);
    return send(reply, new ApiError("server_error", "internal error of the local cloud: see its log"));
  });
}

function logRequests(app: FastifyInstance, settings: Settings) {
  app.addHook("onResponse", async (request, reply) => logRequest(settings, request, reply, reply.statusCode));
}

function logRequest(settings: Settings, request: FastifyRequest, reply: FastifyReply, status: number) {
  settings.onRequest({
    time: new Date().toISOString(),
    method: request.method,
    path: pathOf(request),
    status,
    ms: Math.round(reply.elapsedTime * 10) / 10,
    project: request.identity?.projectName ?? null,
    client: request.headers["user-agent"] ?? null,
    ...(request.fault !== null && { fault: request.fault }),
  });
}

const pathOf = (request: FastifyRequest) => request.url.split("?", 1)[0] ?? "";

/** How the log shows a request that gets no answer. */
const NO_STATUS = 0;

function createGuard(
  authenticate: Authenticate,
  rateLimit: RateLimit,
  { faults, settings }: Pick<HttpOptions, "faults" | "settings">,
) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const take = (owner: string) => {
      const { headers, exceeded } = rateLimit.take(owner);
      reply.headers(headers);
      if (exceeded) throw rateLimitExceeded();
    };
    try {
      request.identity = authenticate(request.headers.authorization);
    } catch (error) {
      take("");
      throw error;
    }
    take(request.identity.projectName);
    if (request.identity.readOnly && request.method !== "GET") {
      throw new ApiError("token_readonly", "the token is read-only: use one with write access");
    }
    if (!faults.any) return;
    const { method } = request;
    const path = pathOf(request)
      .replace(/^\/v1/, "")
      .replace(/(?<=.)\/$/, "");
    const met = { method, path, project: request.identity.projectName };
    const unanswered = () => logRequest(settings, request, reply, NO_STATUS);
    if (await meetFaults(faults, met, request, reply, unanswered)) return reply;
  };
}

/** A known path with another method is 405, but only to who has a token (HC-T11). */
function refuseOtherMethods(
  app: FastifyInstance,
  routes: readonly Route[],
  guard: ReturnType<typeof createGuard>,
) {
  const known = new Map<string, Set<string>>();
  for (const { path, method } of routes) known.set(path, (known.get(path) ?? new Set()).add(method));
  for (const [path, methods] of known) {
    const others = METHODS.filter((method) => !methods.has(String(method)));
    app.route({
      method: others,
      url: `/v1${path}`,
      onRequest: guard,
      handler: (request) => {
        throw new ApiError(
          "method_not_allowed",
          `${request.method} is not allowed here: use ${[...methods].join(", ")}`,
        );
      },
    });
  }
}

function answer(options: HttpOptions, route: Route, request: FastifyRequest, reply: FastifyReply) {
  const { store, runner, host } = options;
  const begun: Action[] = [];
  let networkChanged = false;
  const { project } = request.identity ?? { project: 0 };
  const call: Call = {
    store,
    settings: options.faults.applied(options.settings),
    host,
    project,
    params: request.params as Record<string, string>,
    query: request.query as Record<string, string[]>,
    body: request.body ?? {},
    url: `${request.protocol}://${request.host}${pathOf(request)}`,
    begin: (work, args, begin) => {
      const action = runner.begin(project, work, args, begin);
      begun.push(action);
      return action;
    },
    networkChanged: () => {
      networkChanged = true;
    },
  };
  const finish = (handle: Route["handle"]) => {
    const result: Reply = store.transaction(() => handle(call));
    // Only what is committed is begun: a crash in between loses nothing, the next start resumes it.
    runner.launch(begun);
    if (networkChanged) runner.networkChanged();
    return reply
      .status(result.status)
      .headers(result.headers ?? {})
      .send(result.body);
  };
  return route.ask === undefined ? finish(route.handle) : route.ask(call, host).then(finish);
}
