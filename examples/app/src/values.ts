import type { DependencyName } from "./config";
import { countItems } from "./database";
import { type Dependencies, messageOf, within } from "./dependencies";
import { welcomeKey } from "./prepare";

const viewsKey = "views";

/** One value from each dependency; null where it did not answer. */
export type Values = Readonly<Record<DependencyName, number | string | null>>;

export interface Readings {
  readonly values: Values;
  /** Reasons, by dependency, of the values that are null. */
  readonly unavailable: Partial<Record<DependencyName, string>>;
}

/** A page with a gap is better than no page: each value fails for itself, after at most `timeoutMs`. */
export async function readValues(
  { database, redis, search, objects }: Dependencies,
  timeoutMs: number,
): Promise<Readings> {
  const unavailable: Partial<Record<DependencyName, string>> = {};
  const read = async (name: DependencyName, ask: () => Promise<number | string | null>) => {
    try {
      return await within(timeoutMs, ask());
    } catch (error) {
      unavailable[name] = messageOf(error);
      return null;
    }
  };
  const [items, views, documents, welcome] = await Promise.all([
    read("postgresql", () => countItems(database)),
    read("redis", () => redis.incr(viewsKey)),
    read("elasticsearch", () => search.count()),
    read("objectStore", async () => (await objects.get(welcomeKey))?.body.toString("utf8") ?? null),
  ]);
  return {
    values: { postgresql: items, redis: views, elasticsearch: documents, objectStore: welcome },
    unavailable,
  };
}
