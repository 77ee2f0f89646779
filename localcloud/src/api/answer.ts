// One request to one route: its call, its transaction, and its reply.
import type { IncomingMessage } from "node:http";
import type { ActionRunner } from "../actions/runner";
import type { Host } from "../host/contract";
import type { Settings } from "../settings/api";
import type { Action } from "../state/rows";
import type { Store } from "../state/store";
import type { Call, Reply, Route } from "./calls/call";
import { type Exchange, written } from "./calls/exchange";
import { pathOf, queryOf } from "./calls/requestUrl";
import type { Identity } from "./calls/tokens";
import type { ApiFaults } from "./faults/active";
import type { Match } from "./router";

export interface AnswerOptions {
  readonly store: Store;
  readonly host: Host;
  readonly settings: Settings;
  readonly runner: ActionRunner;
  readonly faults: ApiFaults;
}

/** Runs the route of a request and sends what it answers: at once, unless the route asks the host. */
export function answer(
  { store, host, settings, runner, faults }: AnswerOptions,
  { route, params }: Match,
  exchange: Exchange,
  { project }: Identity,
  body: object,
): Promise<void> | undefined {
  const begun: Action[] = [];
  let networkChanged = false;
  const call: Call = {
    ...asked(exchange.request),
    store,
    settings: faults.applied(settings),
    host,
    project,
    params,
    body,
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
    const reply = store.transaction(() => handle(call));
    // Only what is committed is begun: a crash in between loses nothing, the next start resumes it.
    runner.launch(begun);
    if (networkChanged) runner.networkChanged();
    exchange.send(written(reply));
  };
  if (route.ask !== undefined) return route.ask(call, host).then(finish);
  finish(route.handle);
  return undefined;
}

/** What a route answers that looks at nothing but rows. @throws when it does look at something else */
export function rowsOnly(
  { store, settings }: Pick<AnswerOptions, "store" | "settings">,
  { route, params }: Match,
  request: IncomingMessage,
  project: number,
): Reply {
  const call: Call = {
    ...asked(request),
    store,
    settings,
    project,
    params,
    body: {},
    host: { targetHealth: () => refuse("the health of targets"), traffic: () => refuse("traffic") },
    begin: () => refuse("an action"),
    networkChanged: () => refuse("a change of the network"),
  };
  return store.transaction(() => route.handle(call));
}

const asked = ({ url, headers }: IncomingMessage): Pick<Call, "query" | "url"> => ({
  query: queryOf(url),
  url: `http://${headers.host ?? ""}${pathOf(url)}`,
});

/** What is kept would be given again when it is no longer true. */
function refuse(what: string): never {
  throw new Error(`a repeatable answer must not ask for ${what}`);
}
