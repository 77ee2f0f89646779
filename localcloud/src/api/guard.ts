// What stands before every route: who asks, how often, and which faults the request meets.
import { ApiError } from "./calls/errors";
import type { Exchange } from "./calls/exchange";
import { type Identify, type Identity, tokenIn } from "./calls/tokens";
import type { ApiFaults } from "./faults/active";
import { meetFaults } from "./faults/answers";
import { type RateLimit, rateLimitExceeded } from "./rateLimit";

export interface GuardOptions {
  readonly identify: Identify;
  readonly rateLimit: RateLimit;
}

/**
 * Who asks; counts the request against the project's limit.
 *
 * @throws ApiError when the limit is reached, nobody asks, or a read-only token wants to change something
 */
export function admit(exchange: Exchange, { identify, rateLimit }: GuardOptions): Identity {
  const { authorization } = exchange.request.headers;
  const identity = identify(authorization);
  exchange.identity = identity;
  const { headers, exceeded } = rateLimit.take(identity?.projectName ?? "");
  exchange.addHeaders(headers);
  if (exceeded) throw rateLimitExceeded();
  if (identity === undefined) throw unauthorized(authorization);
  if (identity.readOnly && exchange.method !== "GET") {
    throw new ApiError("token_readonly", "the token is read-only: use one with write access");
  }
  return identity;
}

function unauthorized(header: string | undefined): ApiError {
  const missing = tokenIn(header) === undefined;
  return new ApiError(
    "unauthorized",
    missing ? "token is required" : "the token you have provided is invalid",
  );
}

/** @returns true when a fault has answered the request, or has seen to it that nobody will */
export async function meetsFault(
  faults: ApiFaults,
  exchange: Exchange,
  { projectName }: Identity,
): Promise<boolean> {
  if (!faults.any) return false;
  const path = exchange.path.replace(/^\/v1/, "").replace(/(?<=.)\/$/, "");
  return meetFaults(faults, { method: exchange.method, path, project: projectName }, exchange);
}
