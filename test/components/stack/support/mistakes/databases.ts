import { type Mistake, set } from "../changes";

/** Mistakes in the stores of the database machine. */
export const databaseMistakes: readonly Mistake[] = [
  ["unknown cache", set("database.cacheEngine", "memcached"), "database.cacheEngine", /valkey, redis/],
  [
    "database with a bad name",
    set("database.databaseName", "my-shop"),
    "database.databaseName",
    /underscores/,
  ],
  [
    "database of PostgreSQL's own",
    set("database.databaseName", "postgres"),
    "database.databaseName",
    /none of postgres/,
  ],
  ...["platform_backup", "platform_restore", "public", "none", "template1", "pg_shop"].map(
    (name): Mistake => [
      `database name ${name}, which the platform or PostgreSQL keeps`,
      set("database.databaseName", name),
      "database.databaseName",
      /none of postgres, .*platform_backup, platform_restore/,
    ],
  ),
];
