import { registerAdmin } from "./admin";
import { registerApi } from "./api";
import { type Environment, parseConfig } from "./config";
import { closeDependencies, openDependencies } from "./dependencies";
import { registerHealth } from "./health";
import { identityOf } from "./identity";
import { beginLifecycle } from "./lifecycle";
import { registerMetrics } from "./metrics";
import { prepare } from "./prepare";
import { createServer, listen, markAnswers } from "./server";
import { registerWeb } from "./web";
import { runWorker } from "./worker";

/**
 * Runs one mode of the application until it is told to stop.
 *
 * @throws when the environment has mistakes, with all of them
 */
export async function serve(environment: Environment): Promise<void> {
  const config = parseConfig(environment);
  const app = createServer(config);
  const dependencies = openDependencies(config, app.log);
  let work: Promise<void> = Promise.resolve();
  const lifecycle = beginLifecycle(config, app.log, async () => {
    await work;
    await app.close();
    await closeDependencies(dependencies);
  });

  markAnswers(app, identityOf(config), lifecycle);
  const metrics = registerMetrics(app, identityOf(config));
  registerHealth(app, config, dependencies, lifecycle, metrics);
  if (config.mode === "web") registerWeb(app, config, dependencies);
  if (config.mode === "admin") registerAdmin(app, config, dependencies);
  if (config.mode === "api") registerApi(app, config, dependencies);

  await listen(app, config);
  await prepare(config, dependencies, lifecycle, app.log);
  lifecycle.started = !lifecycle.stopping.aborted;
  if (config.mode === "worker") work = runWorker(config, dependencies, lifecycle, metrics, app.log);
}
