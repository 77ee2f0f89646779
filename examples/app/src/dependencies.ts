import type { FastifyBaseLogger } from "fastify";
import type Redis from "ioredis";
import type { Pool } from "pg";
import type { Config, DependencyName } from "./config";
import { openDatabase } from "./database";
import { type Objects, openObjects } from "./objects";
import { openRedis } from "./redis";
import { openSearch, type Search } from "./search";

export interface Dependencies {
  readonly database: Pool;
  readonly redis: Redis;
  readonly search: Search;
  readonly objects: Objects;
}

/** Opens nothing that waits: a dependency that is away makes the process "not ready", never absent. */
export function openDependencies(config: Config, log: FastifyBaseLogger): Dependencies {
  const report = (dependency: DependencyName) => (error: Error) =>
    log.warn({ dependency, error: error.message }, "dependency lost");
  return {
    database: openDatabase(config, report("postgresql")),
    redis: openRedis(config, report("redis")),
    search: openSearch(config),
    objects: openObjects(config),
  };
}

export async function closeDependencies({ database, redis, objects }: Dependencies): Promise<void> {
  redis.disconnect();
  objects.close();
  await database.end();
}

export interface DependencyState {
  readonly ok: boolean;
  readonly milliseconds: number;
  readonly error?: string;
}

export type DependencyStates = Readonly<Record<DependencyName, DependencyState>>;

/** Asks all four at once; the slowest answer takes at most `timeoutMs`. */
export async function checkDependencies(
  { database, redis, search, objects }: Dependencies,
  timeoutMs: number,
): Promise<DependencyStates> {
  const [postgresql, redisState, elasticsearch, objectStore] = await Promise.all([
    timed(() => database.query("SELECT 1"), timeoutMs),
    timed(() => redis.ping(), timeoutMs),
    timed(() => search.ping(), timeoutMs),
    timed(() => objects.ping(), timeoutMs),
  ]);
  return { postgresql, redis: redisState, elasticsearch, objectStore };
}

async function timed(ask: () => Promise<unknown>, timeoutMs: number): Promise<DependencyState> {
  const start = performance.now();
  const milliseconds = () => Math.round(performance.now() - start);
  try {
    await within(timeoutMs, ask());
    return { ok: true, milliseconds: milliseconds() };
  } catch (error) {
    return { ok: false, milliseconds: milliseconds(), error: messageOf(error) };
  }
}

/** @throws when the promise has not settled after `timeoutMs`; the work itself goes on unheard */
export async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function messageOf(error: unknown): string {
  // Node reports a refused connection to several addresses as an AggregateError without a message.
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join(", ");
  return error instanceof Error ? error.message || error.name : String(error);
}
