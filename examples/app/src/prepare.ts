import { setTimeout as pause } from "node:timers/promises";
import type { FastifyBaseLogger } from "fastify";
import type { Config, DependencyName } from "./config";
import { createSchema, insertItem } from "./database";
import { type Dependencies, messageOf } from "./dependencies";
import type { Lifecycle } from "./lifecycle";

/** The object that the page shows a line of. */
export const welcomeKey = "welcome.txt";

const firstItem = {
  id: "00000000-0000-4000-8000-000000000001",
  name: "First item",
  text: "Stored in PostgreSQL, found by Elasticsearch.",
};

/**
 * Makes what the application needs inside its dependencies: tables, search index, bucket, first content.
 * Each part is idempotent and repeats until it works; resolves when all that readiness requires are done.
 */
export async function prepare(
  config: Config,
  dependencies: Dependencies,
  lifecycle: Lifecycle,
  log: FastifyBaseLogger,
): Promise<void> {
  const { database, search, objects } = dependencies;
  const untilDone = (name: DependencyName, step: () => Promise<void>) => retry(name, step, lifecycle, log);
  const postgresql = untilDone("postgresql", async () => {
    await createSchema(database);
    await insertItem(database, firstItem);
  });
  const elasticsearch = untilDone("elasticsearch", async () => {
    await search.createIndex();
    await postgresql;
    await search.add(await insertItem(database, firstItem));
  });
  const objectStore = untilDone("objectStore", async () => {
    await objects.createBucket();
    if ((await objects.get(welcomeKey)) === undefined) {
      await objects.put(welcomeKey, "Hello from the object store", "text/plain; charset=utf-8");
    }
  });
  const parts: Record<DependencyName, Promise<void>> = {
    postgresql,
    redis: Promise.resolve(),
    elasticsearch,
    objectStore,
  };
  await Promise.all(config.readinessRequires.map((name) => parts[name]));
}

async function retry(
  dependency: DependencyName,
  step: () => Promise<void>,
  lifecycle: Lifecycle,
  log: FastifyBaseLogger,
): Promise<void> {
  for (let attempt = 1; !lifecycle.stopping.aborted; attempt += 1) {
    try {
      return await step();
    } catch (error) {
      log.warn({ dependency, attempt, error: messageOf(error) }, "not prepared yet");
      await pause(Math.min(100 * 2 ** attempt, 2000), undefined, { signal: lifecycle.stopping }).catch(
        () => {},
      );
    }
  }
}
