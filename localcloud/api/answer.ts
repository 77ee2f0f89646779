// One request to one route: its call, its transaction, and its answer on the wire.
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ActionRunner } from "../actions";
import type { Host } from "../host";
import type { Action } from "../rows";
import type { Store } from "../store";
import type { Call, Reply, Route } from "./call";
import type { ApiFaults } from "./faults/active";
import { type KeptAnswers, pathOf, type WrittenAnswer } from "./repeatedAnswers";
import type { Match } from "./router";
import type { Settings } from "./settings";

export interface AnswerOptions {
  readonly store: Store;
  readonly host: Host;
  readonly settings: Settings;
  readonly runner: ActionRunner;
  readonly faults: ApiFaults;
}

/** Runs the route of a request and sends what it answers. */
export function answer(
  options: AnswerOptions,
  answers: KeptAnswers,
  { route, params }: Match,
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
    params,
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
