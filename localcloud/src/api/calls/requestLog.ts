// One line for each request, without secrets.
import type { IncomingMessage } from "node:http";
import type { Settings } from "../../settings/api";
import { pathOf } from "./requestUrl";
import type { Identity } from "./tokens";

export interface LoggedRequest {
  readonly identity: Identity | undefined;
  /** 0 when it gets no answer. */
  readonly status: number;
  /** How long it took. */
  readonly ms: number;
  /** The fault that it met. */
  readonly fault: number | undefined;
}

export function logRequest(
  { onRequest }: Pick<Settings, "onRequest">,
  request: Pick<IncomingMessage, "method" | "url" | "headers">,
  { identity, status, ms, fault }: LoggedRequest,
) {
  onRequest({
    time: new Date().toISOString(),
    method: request.method ?? "",
    path: pathOf(request.url),
    status,
    ms: Math.round(ms * 10) / 10,
    project: identity?.projectName ?? null,
    client: request.headers["user-agent"] ?? null,
    ...(fault !== undefined && { fault }),
  });
}
