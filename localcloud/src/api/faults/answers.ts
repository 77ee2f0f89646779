// What a request that meets a fault is answered (HC-X1 to HC-X12).
import type { ApiFault } from "../../contract/control";
import { ApiError, limitExceeded } from "../calls/errors";
import type { Exchange, WrittenAnswer } from "../calls/exchange";
import { type ActiveFault, type ApiFaults, pauseFor } from "./active";
import type { MetRequest } from "./matching";

type Answered = Exclude<
  ApiFault["effect"],
  | "latency"
  | "no-answer"
  | "dropped-connection"
  | "bad-gateway"
  | "sold-out"
  | "stuck-action"
  | "failed-action"
>;

/** Codes and statuses that clients decide by. */
const errors: Readonly<Record<Answered, (request: MetRequest) => ApiError>> = {
  "rate-limit": () => new ApiError("rate_limit_exceeded", "limit of requests per hour reached"),
  unavailable: () => new ApiError("unavailable", "the service is unavailable"),
  "server-error": () => new ApiError("server_error", "an error occurred while processing the request"),
  timeout: () => new ApiError("timeout", "the request could not be answered in time"),
  "no-capacity": () =>
    new ApiError(
      "resource_unavailable",
      "we are unable to provision servers for this location, try with a different location or try later",
    ),
  locked: () => new ApiError("locked", "the resource is locked: another action is running"),
  conflict: () => new ApiError("conflict", "the resource has changed during the request: try again"),
  quota: ({ path }) => {
    const kind = (path.split("/")[1] ?? "resource").replace(/s$/, "");
    return limitExceeded(`${kind.replaceAll("_", " ")} limit exceeded`, `${kind}_limit`);
  },
  maintenance: () => new ApiError("maintenance", "the resource is under maintenance"),
};

/**
 * Lets a request meet the faults that are in force.
 *
 * @returns true when it was answered, or never will be
 * @throws ApiError that the request is to be answered with
 */
export async function meetFaults(faults: ApiFaults, met: MetRequest, exchange: Exchange): Promise<boolean> {
  for (const active of faults.meet(met)) {
    exchange.fault = active.id;
    if (await meetOne(active, met, exchange)) return true;
  }
  return false;
}

async function meetOne({ fault, ended }: ActiveFault, met: MetRequest, exchange: Exchange): Promise<boolean> {
  const { socket } = exchange.request;
  switch (fault.effect) {
    case "latency":
      await pauseFor(fault.delayMs ?? 0, ended);
      return false;
    case "no-answer":
      exchange.abandon();
      // Who waits without limit is let go when the fault ends, by a closed connection.
      ended.addEventListener("abort", () => socket.destroy(), { once: true });
      return true;
    case "dropped-connection":
      exchange.abandon();
      socket.destroy();
      return true;
    case "bad-gateway":
      exchange.send(badGateway);
      return true;
    case "sold-out":
    case "stuck-action":
    case "failed-action":
      return false;
    case "rate-limit":
      // As if the bucket were empty now: it takes an hour to fill.
      exchange.addHeaders({
        "ratelimit-remaining": "0",
        "ratelimit-reset": String(Math.ceil(Date.now() / 1000) + 3600),
      });
      throw errors[fault.effect](met);
    default:
      throw errors[fault.effect](met);
  }
}

const badGateway: WrittenAnswer = {
  status: 502,
  headers: { "content-type": "text/html; charset=utf-8" },
  body: "<html><body><h1>502 Bad Gateway</h1></body></html>\n",
};
