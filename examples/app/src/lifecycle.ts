import { setTimeout as pause } from "node:timers/promises";
import type { FastifyBaseLogger } from "fastify";
import type { Config } from "./config";
import { messageOf } from "./dependencies";

export interface Lifecycle {
  /** True once what must be there before the first request was prepared. */
  started: boolean;
  /** Aborts at SIGTERM or SIGINT. */
  readonly stopping: AbortSignal;
}

/**
 * Stops in this order: readiness fails, requests are still served for `drainSeconds` so that load balancers
 * can turn away, then `finish` ends the servers after their last answer, then the process exits with 0. Work
 * that is not done after `stopSeconds` is given up with status 1.
 */
export function beginLifecycle(
  config: Config,
  log: FastifyBaseLogger,
  finish: () => Promise<void>,
): Lifecycle {
  const controller = new AbortController();
  const stop = async (signal: string) => {
    if (controller.signal.aborted) return;
    log.info({ signal, drainSeconds: config.drainSeconds }, "stopping");
    controller.abort();
    setTimeout(() => giveUp(log), config.stopSeconds * 1000).unref();
    // A worker has no visitors who need time to go elsewhere.
    if (config.mode !== "worker") await pause(config.drainSeconds * 1000);
    try {
      await finish();
      log.info("stopped");
      process.exitCode = 0;
    } catch (error) {
      log.error({ error: messageOf(error) }, "stopped with an error");
      process.exitCode = 1;
    }
    process.exit();
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  return { started: false, stopping: controller.signal };
}

function giveUp(log: FastifyBaseLogger): never {
  log.error("gave up on unfinished work");
  process.exit(1);
}
