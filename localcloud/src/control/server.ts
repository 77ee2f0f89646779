// The control API of contract.ts.
import Fastify, { type FastifyInstance } from "fastify";
import { z } from "zod";
import type { AcmeServer } from "../acme/server";
import type { CloudState, FaultRequest, FaultStatus } from "../contract/control";
import { ControlError, invalidRequest } from "../contract/errors";
import { faultRequest } from "../contract/faultSchema";
import type { Host } from "../host/contract";
import type { Store } from "../state/store";
import { createEventStreams } from "./events";
import { guardAgainstPages } from "./guard";
import { servePage } from "./page";
import type { RecentRequests } from "./requests";
import type { Status } from "./socket";
import { stateOf } from "./state";
import { withoutSchemas } from "./withoutSchemas";

/** What the control API asks of the faults. */
export interface Faults {
  list(): readonly FaultStatus[];
  /** @throws ControlError when it cannot be */
  begin(request: FaultRequest): Promise<FaultStatus>;
  /** @returns false when there is none of this id */
  end(id: number): Promise<boolean>;
}

export interface ControlOptions {
  readonly store: Store;
  readonly host: Pick<Host, "targetHealth">;
  readonly faults: Faults;
  readonly acme: AcmeServer;
  readonly requests: RecentRequests;
  /** What machines and clients use as the Hetzner API. */
  readonly endpoint: string;
  /** The port under which it will be reached. */
  readonly port: number;
  readonly status: () => Promise<Status>;
  readonly onProblem: (problem: string) => void;
}

const headers = {
  "cache-control": "no-store",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

export function createControl(options: ControlOptions): FastifyInstance {
  const { faults, requests } = options;
  const app = Fastify({
    bodyLimit: 64 * 1024,
    forceCloseConnections: true,
    schemaController: withoutSchemas,
  });
  app.removeContentTypeParser("text/plain");
  app.addHook("onRequest", async (_request, reply) => {
    reply.headers(headers);
  });
  guardAgainstPages(app, options.port);
  answerErrors(app, options.onProblem);
  servePage(app);

  const state = (): CloudState =>
    stateOf(options.store, {
      at: new Date().toISOString(),
      endpoint: options.endpoint,
      host: options.host,
      faults: faults.list(),
    });
  const streams = createEventStreams(state, requests, options.onProblem);
  app.addHook("preClose", async () => streams.close());

  app.get("/state", async () => state());
  app.get("/status", async () => options.status());
  app.get("/requests", async ({ query }) => ({
    requests: requests.after(
      read(z.object({ after: z.coerce.number().int().min(0).default(0) }), query).after,
    ),
  }));
  app.get("/events", (_request, reply) => streams.add(reply));
  serveFaults(app, faults);
  app.post("/acme", async ({ body }) => ({
    acme: await options.acme.begin(read(z.object({ program: z.string() }), body).program),
  }));
  return app;
}

function serveFaults(app: FastifyInstance, faults: Faults): void {
  app.get("/faults", async () => ({ faults: faults.list() }));
  app.post("/faults", async (request, reply) =>
    reply.status(201).send({ fault: await faults.begin(read(faultRequest, request.body)) }),
  );
  app.delete("/faults", async (_request, reply) => {
    for (const { id } of faults.list()) await faults.end(id);
    return reply.status(204).send();
  });
  app.delete("/faults/:id", async ({ params }, reply) => {
    const { id } = read(z.object({ id: z.coerce.number().int().positive() }), params);
    if (await faults.end(id)) return reply.status(204).send();
    const known = faults.list().map((fault) => fault.id);
    throw new ControlError(404, `no fault has the id ${id}`, [
      {
        path: "id",
        value: id,
        remedy: known.length === 0 ? "there is none" : `use one of ${known.join(", ")}`,
      },
    ]);
  });
}

function read<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalidRequest(result.error, value);
}

function answerErrors(app: FastifyInstance, onProblem: ControlOptions["onProblem"]) {
  app.setNotFoundHandler((request, reply) => {
    const error = new ControlError(404, `${request.method} ${request.url.split("?", 1)[0]} does not exist`);
    return reply.status(error.status).send(error.body());
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    if (error instanceof ControlError) return reply.status(error.status).send(error.body());
    const status = error.statusCode ?? 500;
    if (status >= 500)
      onProblem(`control API, ${request.method} ${request.url}: ${error.stack ?? error.message}`);
    return reply.status(status).send(new ControlError(status, error.message).body());
  });
}
