// One request and its answer, on the way from socket to handler and back.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Settings } from "../../settings/api";
import type { Reply } from "./call";
import { correlationId } from "./correlationIds";
import { logRequest } from "./requestLog";
import { pathOf } from "./requestUrl";
import type { Identity } from "./tokens";

/** An answer as it goes over the wire. */
export interface WrittenAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** How the log shows a request that gets no answer. */
const noStatus = 0;

export class Exchange {
  /** Set once the token is known to be good. */
  identity: Identity | undefined;
  /** Id of the fault that it met. */
  fault: number | undefined;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly #began = performance.now();
  /** Every answer has them, errors too. */
  #headers: Readonly<Record<string, string>> = { "x-correlation-id": correlationId() };

  constructor(
    readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly settings: Pick<Settings, "onRequest">,
  ) {
    this.method = request.method ?? "";
    this.path = pathOf(request.url);
  }

  /** Headers that the answer will have, whatever it says. */
  addHeaders(headers: Readonly<Record<string, string>>): void {
    this.#headers = { ...this.#headers, ...headers };
  }

  send({ status, headers, body }: WrittenAnswer): void {
    this.response.writeHead(status, { ...this.#headers, ...headers });
    this.response.end(body);
    this.#log(status);
  }

  /** There will be no answer; what becomes of the connection is the caller's. */
  abandon(): void {
    this.#log(noStatus);
  }

  #log(status: number): void {
    const { identity, fault } = this;
    logRequest(this.settings, this.request, { identity, status, ms: performance.now() - this.#began, fault });
  }
}

/** A reply as JSON; without a body there is no content type either. */
export function written({ status, headers, body: value }: Reply): WrittenAnswer {
  if (value === undefined) return { status, headers: { ...headers } };
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
