// From HTTP to calls and back: authentication before the body is read, one transaction for each request, errors
// in Hetzner's shape, and a log line without secrets.
import { createServer, type RequestListener } from "node:http";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { ActionRunner } from "../actions";
import type { Host } from "../host";
import type { Action } from "../rows";
import type { Store } from "../store";
import { withoutSchemas } from "../withoutSchemas";
import type { Call, Reply, Route } from "./call";
import { correlationId } from "./correlationIds";
import { ApiError } from "./errors";
import type { ApiFaults } from "./faults/active";
import { meetFaults } from "./faults/answers";
import { createRateLimit, type RateLimit, rateLimitExceeded } from "./rateLimit";
import {
  createKeptAnswers,
  createRepeater,
  type KeptAnswers,
  pathOf,
  roundMs,
  type WrittenAnswer,
} from "./repeatedAnswers";
import type { Settings } from "./settings";
import { createIdentification, type Identify, type Identity, tokenIn } from "./tokens";

declare module "fastify" {
  interface FastifyRequest {
    /** Set once the token is known to be good. */
    identity: Identity | null;
    /** Id of the fault that it met. */
    fault: number | null;
  }
}

const METHODS: ReadonlySet<string> = new Set(["GET", "POST", "PUT", "DELETE", "PATCH"]);
const BODY_LIMIT = 1024 * 1024;
/** More than Node takes as a path: a handler answers, and names of zones may have 255 characters. */
const LONGEST_PARAMETER = 64 * 1024;
/** As Fastify's own server has it. */
export const KEEP_ALIVE_MS = 72_000;

export interface HttpOptions {
  readonly store: Store;
  readonly host: Host;
  readonly settings: Settings;
  readonly runner: ActionRunner;
  readonly routes: readonly Route[];
  readonly faults: ApiFaults;
}

export interface Http {
  readonly app: FastifyInstance;
  /** Answers one request, for servers beside the one of `app`. */
  readonly listener: RequestListener;
}

export function createHttp(options: HttpOptions): Http {
  const { store, settings, faults } = options;
  const answers = createKeptAnswers(store);
  const identify = createIdentification(store, settings.tokens);
  const rateLimit = createRateLimit(settings.requestsPerHour);
  const repeat = createRepeater({ answers, identify, rateLimit, faults, settings });
  const listener: RequestListener = (request, response) => {
    if (!repeat(request, response)) app.routing(request, response);
  };
  const app = Fastify({
    bodyLimit: BODY_LIMIT,
    exposeHeadRoutes: false,
    routerOptions: {
      ignoreTrailingSlash: true,
      querystringParser: readQuery,
      maxParamLength: LONGEST_PARAMETER,
    },
    schemaController: withoutSchemas,
    serverFactory: () => createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, listener),
  });
  app.decorateRequest("identity", null);
  app.decorateRequest("fault", null);
  readBodies(app);
  answerErrors(app, settings);
  logRequests(app, settings);
  const guard = createGuard(identify, rateLimit, options);
  app.addHook("preClose", async () => faults.release());
  for (const route of options.routes) {
    app.route({
      method: route.method,
      url: `/v1${route.path}`,
      onRequest: guard,
      handler: (request, reply) => answer(options, answers, route, request, reply),
    });
  }
  answerUnknown(app, options.routes, guard);
  return { app, listener };
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

function logRequests(app: FastifyInstance, settings: Settings) {
  app.addHook("onResponse", (request, reply, done) => {
    logRequest(settings, request, reply, reply.statusCode);
    done();
  });
}

function logRequest(settings: Settings, request: FastifyRequest, reply: FastifyReply, status: number) {
  settings.onRequest({
    time: new Date().toISOString(),
    method: request.method,
    path: pathOf(request.url),
    status,
    ms: roundMs(reply.elapsedTime),
    project: request.identity?.projectName ?? null,
    client: request.headers["user-agent"] ?? null,
    ...(request.fault !== null && { fault: request.fault }),
  });
}

/** How the log shows a request that gets no answer. */
const NO_STATUS = 0;

type Guard = ReturnType<typeof createGuard>;

function createGuard(
  identify: Identify,
  rateLimit: RateLimit,
  { faults, settings }: Pick<HttpOptions, "faults" | "settings">,
) {
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
    const unanswered = () => logRequest(settings, request, reply, NO_STATUS);
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

/** Before authentication: HC-T11. But a known path with another method is 405, to who has a token. */
function answerUnknown(app: FastifyInstance, routes: readonly Route[], guard: Guard) {
  const known = new Map<string, { readonly pattern: RegExp; readonly methods: string[] }>();
  for (const { path, method } of routes) {
    const pattern = new RegExp(`^/v1${path.replaceAll(/:[^/]+/g, "[^/]+")}/?$`);
    const entry = known.get(path) ?? { pattern, methods: [] };
    entry.methods.push(method);
    known.set(path, entry);
  }
  app.setNotFoundHandler(async (request, reply) => {
    const path = pathOf(request.url);
    const methods = [...known.values()]
      .filter(({ pattern }) => pattern.test(path))
      .flatMap((one) => one.methods);
    const isOther = methods.length > 0 && METHODS.has(request.method);
    if (!isOther) throw new ApiError("not_found", "api route not found");
    if ((await guard(request, reply)) !== undefined) return reply;
    throw new ApiError(
      "method_not_allowed",
      `${request.method} is not allowed here: use ${methods.join(", ")}`,
    );
  });
}

function answer(
  options: HttpOptions,
  answers: KeptAnswers,
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const { store, runner } = options;
  const host = route.repeatable ? unasked : options.host;
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
    url: `${request.protocol}://${request.host}${pathOf(request.url)}`,
    begin: (work, args, begin) => {
      const action = runner.begin(project, work, args, begin);
      begun.push(action);
      return action;
    },
    networkChanged: () => {
      networkChanged = true;
    },
  };
  const send = ({ status, headers = {}, body }: Reply) => reply.status(status).headers(headers).send(body);
  const repeatable = (result: Reply) => {
    const written = writeAnswer(result);
    if (!options.faults.any) answers.keep(project, request.raw, written);
    return send(written);
  };
  const finish = (handle: Route["handle"]) => {
    const result: Reply = store.transaction(() => handle(call));
    // Only what is committed is begun: a crash in between loses nothing, the next start resumes it.
    runner.launch(begun);
    if (networkChanged) runner.networkChanged();
    return route.repeatable ? repeatable(result) : send(result);
  };
  return route.ask === undefined ? finish(route.handle) : route.ask(call, options.host).then(finish);
}

/** For routes whose answer is kept: what the host says would be given again when it is no longer true. */
const unasked: Call["host"] = {
  targetHealth: () => {
    throw new Error("a repeatable answer must not ask for the health of targets");
  },
  traffic: () => {
    throw new Error("a repeatable answer must not ask for traffic");
  },
};

function writeAnswer({ status, headers, body: value }: Reply): WrittenAnswer {
  const body = JSON.stringify(value);
  return {
    status,
    body,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "content-length": String(Buffer.byteLength(body)),
      ...headers,
    },
  };
}
