// GET requests whose answer follows from the rows alone are answered without the framework: clients poll, and who
// waits for the first answer of a cloud does not wait until the framework is loaded.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Settings } from "../settings/api";
import type { Store } from "../state/store";
import type { Call, Reply } from "./call";
import { correlationId } from "./correlationIds";
import { ApiError } from "./errors";
import type { ApiFaults } from "./faults/active";
import type { RateLimit } from "./rateLimit";
import { createKeptAnswers, type WrittenAnswer } from "./repeatedAnswers";
import { logRequest } from "./requestLog";
import { pathOf, queryOf } from "./requestUrl";
import type { Match, Router } from "./router";
import type { Identify } from "./tokens";

export interface DirectOptions {
  readonly store: Store;
  readonly settings: Settings;
  readonly router: Pick<Router, "findLoaded">;
  readonly identify: Identify;
  readonly rateLimit: RateLimit;
  readonly faults: Pick<ApiFaults, "any">;
}

/**
 * Answers such a request with its own token check, rate limit, correlation id and log line.
 *
 * @returns a function that tells whether it answered; what it leaves is for the framework, errors too
 */
export function createDirectAnswers(options: DirectOptions) {
  const { store, settings, router, identify, rateLimit, faults } = options;
  const answers = createKeptAnswers(store);
  const render = (project: number, request: IncomingMessage): WrittenAnswer | undefined => {
    const match = router.findLoaded("GET", pathOf(request.url));
    if (match === undefined || match.route.repeatable !== true) return undefined;
    const { route } = match;
    const call = callOf(options, project, match, request);
    const answer = writeAnswer(store.transaction(() => route.handle(call)));
    answers.keep(project, request, answer);
    return answer;
  };
  /** The framework asks again after an error, and reports it. */
  const answerOf = (project: number, request: IncomingMessage): WrittenAnswer | undefined => {
    try {
      return answers.find(project, request) ?? render(project, request);
    } catch (error) {
      if (!(error instanceof ApiError)) settings.onProblem(`GET ${pathOf(request.url)}: ${String(error)}`);
      return undefined;
    }
  };
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    if (request.method !== "GET" || faults.any) return false;
    const began = performance.now();
    const identity = identify(request.headers.authorization);
    if (identity === null) return false;
    const answer = answerOf(identity.project, request);
    if (answer === undefined) return false;
    const { headers, exceeded } = rateLimit.take(identity.projectName);
    if (exceeded) return false;
    response.writeHead(answer.status, {
      "x-correlation-id": correlationId(),
      ...headers,
      ...answer.headers,
    });
    response.end(answer.body);
    logRequest(settings, request, { identity, status: answer.status, ms: performance.now() - began });
    return true;
  };
}

function callOf(
  { store, settings }: Pick<DirectOptions, "store" | "settings">,
  project: number,
  { params }: Match,
  { url, headers }: IncomingMessage,
): Call {
  return {
    store,
    settings,
    project,
    params,
    host: { targetHealth: () => refuse("the health of targets"), traffic: () => refuse("traffic") },
    query: queryOf(url),
    body: {},
    url: `http://${headers.host ?? ""}${pathOf(url)}`,
    begin: () => refuse("an action"),
    networkChanged: () => refuse("a change of the network"),
  };
}

/** What is kept would be given again when it is no longer true. */
function refuse(what: string): never {
  throw new Error(`a repeatable answer must not ask for ${what}`);
}

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
