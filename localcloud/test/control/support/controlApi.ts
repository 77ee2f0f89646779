// The control API before a cloud in memory, as a browser and a command reach it.
import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import type { FaultStatus } from "../../../src/contract/control";
import { refuse } from "../../../src/contract/errors";
import { createRecentRequests } from "../../../src/control/requests";
import { createControl, type Faults } from "../../../src/control/server";
import { TestCloud } from "../../api/testCloud";

export const PORT = 18_999;

/** Faults of which only the list exists. */
function listedFaults(): Faults & { readonly active: FaultStatus[] } {
  const active: FaultStatus[] = [];
  return {
    active,
    list: () => [...active],
    async begin({ fault, seconds = 60 }) {
      if (fault.kind === "freeze" && fault.server === "nobody") {
        throw refuse("fault.server", "nobody", "there is no server", 404);
      }
      const began = new Date();
      const ends = new Date(began.getTime() + seconds * 1000).toISOString();
      const status = {
        id: active.length + 1,
        fault,
        summary: "s",
        began: began.toISOString(),
        ends,
        hits: 1,
      };
      active.push(status);
      return status;
    },
    async end(id) {
      const index = active.findIndex((fault) => fault.id === id);
      if (index >= 0) active.splice(index, 1);
      return index >= 0;
    },
  };
}

export interface ControlApi {
  readonly cloud: TestCloud;
  readonly app: FastifyInstance;
  readonly faults: ReturnType<typeof listedFaults>;
  ask(method: "GET" | "POST" | "DELETE", url: string, given?: object): Promise<LightMyRequestResponse>;
  /** Asks for a fault. */
  post(payload: object, headers?: object): Promise<LightMyRequestResponse>;
  stop(): Promise<void>;
}

export async function startControlApi(): Promise<ControlApi> {
  const faults = listedFaults();
  const requests = createRecentRequests();
  const cloud = await TestCloud.start({ onRequest: (line) => requests.add(line) });
  const app = createControl({
    store: cloud.store,
    host: cloud.host,
    faults,
    acme: { begin: async () => ({ directory: "https://198.51.100.1:14000/dir", roots: "/roots.pem" }) },
    requests,
    endpoint: "http://198.51.100.1:8080/v1",
    port: PORT,
    status: () => Promise.reject(new Error("no daemon here")),
    onProblem: (problem) => cloud.problems.push(problem),
  });
  await app.ready();
  const ask: ControlApi["ask"] = async (method, url, given = {}) => {
    const { headers, ...rest } = given as { headers?: Record<string, string> };
    return app.inject({ method, url, headers: { host: `127.0.0.1:${PORT}`, ...headers }, ...rest });
  };
  return {
    cloud,
    app,
    faults,
    ask,
    post: (payload, headers = {}) => ask("POST", "/faults", { payload, headers }),
    async stop() {
      await app.close();
      await cloud.stop();
    },
  };
}
