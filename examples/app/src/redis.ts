import Redis from "ioredis";
import type { Config } from "./config";

/** Fails fast while Redis is away, and reconnects by itself. */
export function openRedis(config: Config, onError: (error: Error) => void): Redis {
  return connect(config, onError, config.dependencyTimeoutMs);
}

/** A connection of its own for commands that wait `blockMs` for news: they would hold up all others. */
export function openBlockingRedis(config: Config, onError: (error: Error) => void, blockMs: number): Redis {
  return connect(config, onError, blockMs + config.dependencyTimeoutMs);
}

function connect(config: Config, onError: (error: Error) => void, commandTimeout: number): Redis {
  const redis = new Redis(config.redisUrl, {
    connectionName: `${config.mode}-${config.replica}`,
    connectTimeout: config.dependencyTimeoutMs,
    commandTimeout,
    keepAlive: 10_000,
    maxRetriesPerRequest: 1,
    retryStrategy: (attempt) => Math.min(100 * attempt, 1000),
  });
  redis.on("error", onError);
  return redis;
}
