import type { Role } from "../../plan/role";
import { Store } from "../../settings/store";
import { memoryPlan, minimumDatabaseMemoryGb } from "./memoryPlan";
import { CacheEngine, type DatabaseSettings } from "./settings";

export const postgresqlPort = 5432;
export const cachePort = 6379;
export const searchPort = 9200;

/** One private machine with the stores that hold the application's state. */
export function databaseRole(settings: DatabaseSettings, elasticsearchImage: string): Role {
  // A smaller machine is refused by the rules, all of which are to be heard.
  const memory = memoryPlan(Math.max(settings.memoryGb, minimumDatabaseMemoryGb));
  return {
    name: "database",
    title: "Database Node",
    machineTitle: "Database Node",
    count: 1,
    size: settings,
    isPublic: false,
    parts: [
      {
        name: "postgresql",
        title: `PostgreSQL running as primary database (${settings.databaseName})`,
        listens: [{ protocol: "tcp", port: postgresqlPort, from: ["needers"], purpose: "PostgreSQL" }],
        offers: [Store.Database],
        memoryMb: memory.postgresqlMb,
      },
      {
        name: "cache",
        title: `${settings.cacheEngine === CacheEngine.Redis ? "Redis" : "Valkey"} running as primary cache`,
        listens: [
          { protocol: "tcp", port: cachePort, from: ["needers"], purpose: "sessions, cache and jobs" },
        ],
        offers: [Store.Cache],
        layer: "cache",
        memoryMb: memory.cache.shareMb,
      },
      {
        name: "elasticsearch",
        title: "Elasticsearch for search and indexing",
        image: elasticsearchImage,
        listens: [{ protocol: "tcp", port: searchPort, from: ["needers"], purpose: "search" }],
        offers: [Store.Search],
        layer: "search",
        memoryMb: memory.search.shareMb,
      },
    ],
  };
}
