// The one way from socket to handler. In this order: is there such a route, who asks and how often, which faults does
// the request meet, is its answer known, what is in its body, and then its handler in its transaction.
import type { IncomingMessage, RequestListener } from "node:http";
import { type AnswerOptions, answer, rowsOnly } from "./answer";
import { readJsonBody } from "./bodies";
import { ApiError } from "./calls/errors";
import { Exchange, type WrittenAnswer, written } from "./calls/exchange";
import type { Identity } from "./calls/tokens";
import { admit, type GuardOptions, meetsFault } from "./guard";
import { createKeptAnswers } from "./repeatedAnswers";
import { type Match, methods, type Router } from "./router";

export interface ListenerOptions extends AnswerOptions, GuardOptions {
  readonly router: Router;
}

/** Answers every request; what needs not wait is answered before it returns. */
export function createListener(options: ListenerOptions): RequestListener {
  const { router, settings, faults } = options;
  const keptAnswer = createRepeatableAnswers(options);

  const serve = (exchange: Exchange, match: Match): Promise<void> | undefined => {
    const identity = admit(exchange, options);
    if (faults.any) return serveAmongFaults(exchange, match, identity);
    if (match.route.repeatable !== true) return serveRoute(exchange, match, identity);
    exchange.send(keptAnswer(exchange.request, match, identity));
    return undefined;
  };
  const serveAmongFaults = async (exchange: Exchange, match: Match, identity: Identity) => {
    if (!(await meetsFault(faults, exchange, identity))) await serveRoute(exchange, match, identity);
  };
  const serveRoute = (exchange: Exchange, match: Match, identity: Identity): Promise<void> | undefined => {
    if (exchange.method === "GET") return answer(options, match, exchange, identity, {});
    return readJsonBody(exchange.request).then((body) => answer(options, match, exchange, identity, body));
  };
  /** Refuses what is nowhere before authentication (HC-T11), and another method of a known path after it. */
  const serveOther = async (exchange: Exchange): Promise<void> => {
    const match = await router.find(exchange.method, exchange.path);
    if (match !== undefined) return serve(exchange, match);
    const known = isMethod(exchange.method) ? await router.methodsOf(exchange.path) : [];
    if (known.length === 0) throw new ApiError("not_found", "api route not found");
    if (await meetsFault(faults, exchange, admit(exchange, options))) return;
    throw notAllowed(exchange.method, known);
  };

  return (request, response) => {
    const exchange = new Exchange(request, response, settings);
    const refuse = (error: unknown) => exchange.send(refusalOf(error, exchange, settings.onProblem));
    try {
      const match = router.findLoaded(exchange.method, exchange.path);
      const rest = match === undefined ? serveOther(exchange) : serve(exchange, match);
      rest?.catch(refuse);
    } catch (error) {
      refuse(error);
    }
  };
}

const notAllowed = (method: string, known: readonly string[]) =>
  new ApiError("method_not_allowed", `${method} is not allowed here: use ${known.join(", ")}`);

/** Clients try it; other methods are unknown everywhere: 404, not 405. */
const isMethod = (method: string) => [...methods, "PATCH"].includes(method);

/** Answers that follow from the rows alone, which are given again until a row changes. */
function createRepeatableAnswers(options: AnswerOptions) {
  const kept = createKeptAnswers(options.store);
  return (request: IncomingMessage, match: Match, { project }: Identity): WrittenAnswer => {
    const known = kept.find(project, request);
    if (known !== undefined) return known;
    const answer = written(rowsOnly(options, match, request, project));
    kept.keep(project, request, answer);
    return answer;
  };
}

function refusalOf(error: unknown, { method, request }: Exchange, onProblem: (problem: string) => void) {
  if (error instanceof ApiError) return written({ status: error.status, body: error.body() });
  onProblem(`${method} ${request.url}: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  const told = new ApiError("server_error", "internal error of the local cloud: see its log");
  return written({ status: told.status, body: told.body() });
}
