import type { Part } from "../../plan/part";
import type { Role } from "../../plan/role";
import { postgresqlPort } from "../../settings/databaseAccess";
import { Store } from "../../settings/store";
import { ports } from "../../setup/ports";
import { memoryPlan, minimumDatabaseMemoryGb } from "./memoryPlan";
import { CacheEngine, type DatabaseSettings } from "./settings";

export const cachePort = ports.cache;
export const searchPort = ports.search;

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
        backup: "the application's data",
        memoryMb: memory.postgresqlMb,
      },
      {
        name: "cache",
        title: `${settings.cacheEngine === CacheEngine.Redis ? "Redis" : "Valkey"} running as primary cache`,
        listens: [
          { protocol: "tcp", port: cachePort, from: ["needers"], purpose: "sessions, cache and jobs" },
        ],
        offers: [Store.Cache],
        backup: "sessions and jobs",
        layer: "cache",
        memoryMb: memory.cache.shareMb,
      },
      searchPart(elasticsearchImage, memory.search.shareMb),
    ],
  };
}

/** What it holds, the application makes again from the database: nothing of it must be backed up. */
function searchPart(image: string, memoryMb: number): Part {
  return {
    name: "elasticsearch",
    title: "Elasticsearch for search and indexing",
    image,
    listens: [{ protocol: "tcp", port: searchPort, from: ["needers"], purpose: "search" }],
    offers: [Store.Search],
    layer: "search",
    memoryMb,
  };
}
