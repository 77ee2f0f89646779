// A local cloud in memory that listens, as clients of other people need it.
import { setTimeout } from "node:timers/promises";
import type { ApiSettings } from "../../localcloud/src/api";
import { routes } from "../../localcloud/src/api/families";
import { shapeOf } from "../../localcloud/test/api/description";
import { requests, withoutSuccess } from "../../localcloud/test/api/operations";
import { TestCloud } from "../../localcloud/test/api/testCloud";

export interface Listener {
  readonly cloud: TestCloud;
  /** Base URL, `http://127.0.0.1:PORT/v1`. */
  readonly endpoint: string;
  /** Answers with a status from 500 on, and failures that belong to no request: a client must cause neither. */
  problems(): string[];
  stop(): Promise<void>;
}

export async function listen(settings: Partial<ApiSettings> = {}): Promise<Listener> {
  const cloud = await TestCloud.start(settings);
  // Long enough for two requests to meet, as with real machines.
  cloud.host.gate = async ({ method }) => {
    if (method === "reconcileNetwork") await setTimeout(20);
  };
  const { port } = await cloud.api.listen({ host: "127.0.0.1", port: 0 });
  return {
    cloud,
    endpoint: `http://127.0.0.1:${port}/v1`,
    problems: () => [
      ...cloud.problems,
      ...cloud.log.filter(({ status }) => status >= 500).map((line) => JSON.stringify(line)),
    ],
    stop: () => cloud.stop(),
  };
}

/** Operations that the local cloud serves and that can succeed, such as `POST /servers`. */
export function servedOperations(): string[] {
  const served = new Set(routes.map(({ method, path }) => shapeOf(method, path)));
  return requests
    .map(({ operation }) => operation)
    .filter((operation) => {
      const [method = "", path = ""] = operation.split(" ");
      return served.has(shapeOf(method, path)) && !(operation in withoutSuccess);
    });
}
