// Clients poll, and between two changes of the state they are told the same: what follows from the rows alone is
// rendered once, and given again without the framework until a row changes.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Store } from "../store";
import { correlationId } from "./correlationIds";
import type { ApiFaults } from "./faults/active";
import type { RateLimit } from "./rateLimit";
import type { Settings } from "./settings";
import type { Identify } from "./tokens";

/** An answer as it goes over the wire. */
export interface WrittenAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The part of a request that decides its answer; the host is in the `Link` header of lists. */
type Asked = Pick<IncomingMessage, "url" | "headers">;

export interface KeptAnswers {
  find(project: number, request: Asked): WrittenAnswer | undefined;
  keep(project: number, request: Asked, answer: WrittenAnswer): void;
}

/** Clients choose addresses freely, so what is kept needs an end: about 4 MB. */
const MOST_CHARACTERS = 2 * 1024 * 1024;

/** Answers to GET requests, forgotten with the next change of a row. */
export function createKeptAnswers(store: Pick<Store, "version">): KeptAnswers {
  const answers = new Map<string, WrittenAnswer>();
  let version = store.version;
  let characters = 0;
  const forget = () => {
    answers.clear();
    characters = 0;
    version = store.version;
  };
  const keyOf = (project: number, { url, headers }: Asked) => `${project} ${headers.host} ${url}`;
  return {
    find(project, request) {
      if (version !== store.version) forget();
      return answers.get(keyOf(project, request));
    },
    keep(project, request, answer) {
      const key = keyOf(project, request);
      const size = key.length + answer.body.length;
      if (size > MOST_CHARACTERS) return;
      if (version !== store.version || characters + size > MOST_CHARACTERS) forget();
      answers.set(key, answer);
      characters += size;
    },
  };
}

export interface RepeatOptions {
  readonly answers: KeptAnswers;
  readonly identify: Identify;
  readonly rateLimit: RateLimit;
  readonly faults: Pick<ApiFaults, "any">;
  readonly settings: Pick<Settings, "onRequest">;
}

/**
 * Answers a request that was answered before, with its own token check, rate limit, correlation id and log line.
 *
 * @returns a function that tells whether it answered; what it leaves is for the framework, errors too
 */
export function createRepeater({ answers, identify, rateLimit, faults, settings }: RepeatOptions) {
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    if (request.method !== "GET" || faults.any) return false;
    const began = performance.now();
    const identity = identify(request.headers.authorization);
    if (identity === null) return false;
    const answer = answers.find(identity.project, request);
    if (answer === undefined) return false;
    const { headers, exceeded } = rateLimit.take(identity.projectName);
    if (exceeded) return false;
    response.writeHead(answer.status, {
      "x-correlation-id": correlationId(),
      ...headers,
      ...answer.headers,
    });
    response.end(answer.body);
    settings.onRequest({
      time: new Date().toISOString(),
      method: request.method,
      path: pathOf(request.url),
      status: answer.status,
      ms: roundMs(performance.now() - began),
      project: identity.projectName,
      client: request.headers["user-agent"] ?? null,
    });
    return true;
  };
}

/** The path of a request's address, without its query. */
export function pathOf(url = ""): string {
  const end = url.indexOf("?");
  return end < 0 ? url : url.slice(0, end);
}

/** Milliseconds as the log shows them. */
export const roundMs = (ms: number) => Math.round(ms * 10) / 10;
