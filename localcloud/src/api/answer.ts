// One request to one route: its call, its transaction, and its answer on the wire.
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ActionRunner } from "../actions/runner";
import type { Host } from "../host/contract";
import type { Settings } from "../settings/api";
import type { Action } from "../state/rows";
import type { Store } from "../state/store";
import type { Call, Query, Reply, Route } from "./call";
import type { ApiFaults } from "./faults/active";
import { pathOf } from "./requestUrl";
import type { Match } from "./router";

export interface AnswerOptions {
  readonly store: Store;
  readonly host: Host;
  readonly settings: Settings;
  readonly runner: ActionRunner;
  readonly faults: ApiFaults;
}

/** Runs the route of a request and sends what it answers. */
export function answer(
  { store, host, settings, runner, faults }: AnswerOptions,
  { route, params }: Match,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const begun: Action[] = [];
  let networkChanged = false;
  const { project } = request.identity ?? { project: 0 };
  const call: Call = {
    store,
    settings: faults.applied(settings),
    host,
    project,
    params,
    query: request.query as Query,
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
  const finish = (handle: Route["handle"]) => {
    const { status, headers = {}, body }: Reply = store.transaction(() => handle(call));
    // Only what is committed is begun: a crash in between loses nothing, the next start resumes it.
    runner.launch(begun);
    if (networkChanged) runner.networkChanged();
    return reply.status(status).headers(headers).send(body);
  };
  return route.ask === undefined ? finish(route.handle) : route.ask(call, host).then(finish);
}
