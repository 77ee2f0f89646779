import type { FastifyInstance } from "fastify";
import type { Config } from "./config";
import { dependencyNames } from "./config";
import { checkDependencies, type Dependencies, type DependencyStates } from "./dependencies";
import { identityOf } from "./identity";
import type { Lifecycle } from "./lifecycle";
import type { Metrics } from "./metrics";

/**
 * - `/health`: the process answers. A failure means: restart me.
 * - `/health/startup`: tables, index and bucket were made. A failure means: wait.
 * - `/health/ready`: what every request needs answers, and no stop was asked for. A failure means: send requests
 *   elsewhere. One store that is away is away from all replicas, so it is listed as degraded and sends nobody away.
 */
export function registerHealth(
  app: FastifyInstance,
  config: Config,
  dependencies: Dependencies,
  lifecycle: Lifecycle,
  metrics: Metrics,
): void {
  const identity = identityOf(config);
  const check = shared(async () => {
    const states = await checkDependencies(dependencies, config.dependencyTimeoutMs);
    for (const name of dependencyNames)
      metrics.dependencyUp.set({ dependency: name }, states[name].ok ? 1 : 0);
    return states;
  });
  app.get("/health", async () => ({ status: "alive", ...identity }));
  app.get("/health/startup", async (_request, reply) => {
    reply.code(lifecycle.started ? 200 : 503);
    return { status: lifecycle.started ? "started" : "starting", ...identity };
  });
  app.get("/health/ready", async (_request, reply) => {
    const states = await check();
    const status = readiness(config, lifecycle, states);
    reply.code(status === "ready" ? 200 : 503);
    const degraded = dependencyNames.filter((name) => !states[name].ok);
    return { status, degraded, ...identity, dependencies: states };
  });
}

function readiness(config: Config, lifecycle: Lifecycle, states: DependencyStates): string {
  if (lifecycle.stopping.aborted) return "stopping";
  if (!lifecycle.started) return "starting";
  return config.readinessRequires.every((name) => states[name].ok) ? "ready" : "dependency failed";
}

/** Several load balancers ask at the same time; they share one answer. */
function shared<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= work().finally(() => {
      running = undefined;
    });
    return running;
  };
}
