import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import type { FastifyBaseLogger } from "fastify";
import type { Config, DependencyName } from "./config";
import { createSchema, insertItem, isInstalled, markInstalled } from "./database";
import { type Dependencies, messageOf } from "./dependencies";
import type { Lifecycle } from "./lifecycle";

/** The object that the page shows a line of. */
export const welcomeKey = "welcome.txt";

/** There once all stores have been prepared. */
const installedKey = "installed.txt";

const firstItem = {
  id: "00000000-0000-4000-8000-000000000001",
  name: "First item",
  text: "Stored in PostgreSQL, found by Elasticsearch.",
};

/**
 * Makes what the application needs inside its dependencies: tables, search index, bucket, first content.
 * Each part is idempotent and repeats until it works.
 *
 * Resolves when all that readiness requires are done. On new stores that means all of them, so that a platform that
 * was just made is whole when it says that it is ready; later, one that is away must not keep a process from starting.
 */
export async function prepare(
  config: Config,
  dependencies: Dependencies,
  lifecycle: Lifecycle,
  log: FastifyBaseLogger,
): Promise<void> {
  const { database, objects } = dependencies;
  const parts = prepareStores(dependencies, (name, step) => retry(name, step, lifecycle, log));
  const whole = Promise.all(Object.values(parts)).then(async () => {
    // Parts also end when the process is told to stop.
    if (lifecycle.stopping.aborted) return;
    await Promise.all([markInstalled(database), objects.put(installedKey, "yes\n", "text/plain")]);
  });
  whole.catch((error: unknown) => log.warn({ error: messageOf(error) }, "the installation was not marked"));
  // Two places say it, so that either of them may be away.
  const installed = Promise.any([
    parts.postgresql.then(async () => assert.ok(await isInstalled(database))),
    parts.objectStore.then(async () => assert.ok((await objects.get(installedKey)) !== undefined)),
  ]).then(
    () => true,
    () => false,
  );
  const patience = pause(config.installSeconds * 1000, undefined, { ref: false });
  await Promise.race([whole.catch(() => {}), patience, installed.then((was) => (was ? undefined : whole))]);
  await Promise.all(config.readinessRequires.map((name) => parts[name]));
}

/** @param untilDone repeats a step until it works or the process is told to stop */
function prepareStores(
  { database, search, objects }: Dependencies,
  untilDone: (name: DependencyName, step: () => Promise<void>) => Promise<void>,
): Record<DependencyName, Promise<void>> {
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
  return { postgresql, redis: Promise.resolve(), elasticsearch, objectStore };
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
