import pRetry from "p-retry";

/** A request to the Hetzner API; answers undefined for what is not there (404), unless something was to be made. */
export type CloudClient = (
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
) => Promise<unknown>;

/** The two APIs of Hetzner: storage boxes live behind an address of their own. */
export interface CloudClients {
  readonly cloud: CloudClient;
  readonly hetzner: CloudClient;
}

/**
 * Answers that change by themselves: an action of the same object still runs, or the project's hourly budget of
 * requests is used up (https://docs.hetzner.cloud/reference/cloud#errors, #rate-limiting).
 */
const passing = ["locked", "conflict", "rate_limit_exceeded"];

/** Milliseconds between tries, and after how many no other one begins: the longest action creates a server. */
const patience = {
  minTimeout: 500,
  factor: 1.5,
  maxTimeout: 5_000,
  retries: Infinity,
  maxRetryTime: 180_000,
};

/** A refusal of the API. */
class CloudRefusal extends Error {
  override readonly name = "CloudRefusal";

  constructor(
    request: string,
    status: number,
    answer: string,
    /** Whether the same request may be granted in a moment. */
    readonly passes: boolean,
  ) {
    super(`${request}: ${status} ${answer}`);
  }
}

/**
 * A client of one project. What a running action or the rate limit refuses is asked again for up to 3 minutes.
 *
 * @throws with method, path, status and answer for everything but success and what is not there
 */
export function cloudClient(
  endpoint: string,
  token: string,
  tries: Partial<typeof patience> = {},
): CloudClient {
  const base = endpoint.replace(/\/$/, "");
  return (method, path, body) =>
    pRetry(
      async () => {
        const response = await fetch(`${base}${path}`, {
          method,
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
          body: body === undefined ? undefined : JSON.stringify(body),
        });
        const text = await response.text();
        if (response.status === 404 && method !== "POST") return undefined;
        if (!response.ok) {
          throw new CloudRefusal(`${method} ${path}`, response.status, text, passing.includes(codeOf(text)));
        }
        return text === "" ? undefined : JSON.parse(text);
      },
      { ...patience, ...tries, shouldRetry: ({ error }) => error instanceof CloudRefusal && error.passes },
    );
}

/** The error code of an answer; "" when something else than the API answered, a proxy for example. */
function codeOf(answer: string): string {
  try {
    const { error } = JSON.parse(answer) as { error?: { code?: string } };
    return error?.code ?? "";
  } catch {
    return "";
  }
}
