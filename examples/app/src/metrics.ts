import type { FastifyInstance } from "fastify";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Identity } from "./identity";

export interface Metrics {
  readonly jobsFinished: Counter;
  readonly dependencyUp: Gauge<"dependency">;
}

/** Counts every request and serves `/metrics` in Prometheus' text format. */
export function registerMetrics(app: FastifyInstance, identity: Identity): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service: identity.service, replica: String(identity.replica) });
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: "app_release_info",
    help: "The release that runs, always 1",
    labelNames: ["release"],
    registers: [registry],
  }).set({ release: identity.release }, 1);
  measureRequests(app, registry);
  serveMetrics(app, registry);
  return {
    jobsFinished: new Counter({
      name: "app_jobs_finished_total",
      help: "Jobs that this worker has finished",
      registers: [registry],
    }),
    dependencyUp: new Gauge({
      name: "app_dependency_up",
      help: "1 when the last readiness check reached the dependency",
      labelNames: ["dependency"],
      registers: [registry],
    }),
  };
}

function measureRequests(app: FastifyInstance, registry: Registry): void {
  const seconds = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time from the request's first byte to the answer's last",
    labelNames: ["method", "route", "status"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  app.addHook("onResponse", async (request, reply) => {
    // The route's pattern, not the path: a scan for random paths must not make random series.
    const route = request.routeOptions.url ?? "none";
    seconds.observe(
      { method: request.method, route, status: String(reply.statusCode) },
      reply.elapsedTime / 1000,
    );
  });
}

function serveMetrics(app: FastifyInstance, registry: Registry): void {
  app.get("/metrics", async (request, reply) => {
    // Prometheus asks directly; what came through a proxy came from a visitor.
    if (request.headers["x-forwarded-for"] !== undefined) return reply.callNotFound();
    reply.type(registry.contentType);
    return registry.metrics();
  });
}
