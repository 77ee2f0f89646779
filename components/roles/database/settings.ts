import { z } from "zod";
import { databaseNameRule, defaultDatabaseName, isDatabaseName } from "../../settings/databaseAccess";
import { choice, imageReference, text } from "../../settings/leaves";
import { completeSize, type SizeInput, sizeRule, sizeShape } from "../../settings/machineSize";
import type { RoleSettings } from "../../settings/roleSettings";
import type { Rule } from "../../settings/rules";
import { type SettledRules, storeRule } from "../../settings/settled";
import type { MachineSize } from "../../sizing/resolve";
import { minimumDatabaseMemoryGb } from "./memoryPlan";

export const CacheEngine = { Valkey: "valkey", Redis: "redis" } as const;
export type CacheEngine = (typeof CacheEngine)[keyof typeof CacheEngine];

/** The machine with PostgreSQL, the cache and search. */
export interface DatabaseSettings extends MachineSize {
  readonly cacheEngine: CacheEngine;
  /** Name of the application's database and role. */
  readonly databaseName: string;
}

const defaultSize = { vcpus: 8, memoryGb: 32 };

const schema = z
  .strictObject({
    ...sizeShape(defaultSize),
    cacheEngine: choice(Object.values(CacheEngine), "an engine")
      .describe("What keeps sessions, cache and jobs")
      .default(CacheEngine.Valkey),
    databaseName: text(isDatabaseName, {
      allowed: databaseNameRule,
      remedy: "rename the database; the application's role has the same name",
    })
      .describe("Name of the application's database and of its role")
      .default(defaultDatabaseName),
  })
  .transform((values): DatabaseSettings => ({ ...values, ...completeSize(values, defaultSize) }))
  .prefault({})
  .meta({ description: "The machine with PostgreSQL, the cache and Elasticsearch" });

type Input = { readonly settings: { readonly database: DatabaseSettings } };

const memoryRule: Rule<Input> = {
  reads: ["database.memoryGb", "database.serverType"],
  check: ({ settings }) => {
    const { memoryGb } = settings.database;
    if (memoryGb >= minimumDatabaseMemoryGb) return [];
    const allowed = `at least ${minimumDatabaseMemoryGb} GB for PostgreSQL, cache and Elasticsearch`;
    return [{ path: "database.memoryGb", value: String(memoryGb), allowed, remedy: "take a larger machine" }];
  },
};

/** What data on the machine depends on. */
export const databaseSettled: SettledRules<Input["settings"]> = {
  "database.databaseName": storeRule(
    ({ database }) => database.databaseName,
    (before) => `the application would get an empty database, and ${before} would no longer be backed up`,
    "rename the database and its role on the machine",
    "then say so",
  ),
  "database.cacheEngine": storeRule(
    ({ database }) => database.cacheEngine,
    (before) => `sessions and waiting jobs would stay behind in ${before}`,
    "let the workers finish all jobs",
    "accept that all visitors are logged out",
  ),
};

/** Images of the role's own software. */
export const databaseImages = {
  elasticsearch: imageReference().describe("Elasticsearch 8").default("elasticsearch:8.19.21"),
};

/** What the rules of the role look at. */
export type DatabaseInput = SizeInput<"database"> & Input;

/** All that is known of the settings of the database's machine. */
export const databaseSettings: RoleSettings<"database", DatabaseSettings, DatabaseInput> = {
  name: "database",
  schema,
  rules: [sizeRule("database"), memoryRule],
};
