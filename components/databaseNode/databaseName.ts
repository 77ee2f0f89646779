/** Reads everything for the nightly dump and can write nothing. */
export const backupRole = "backup";
/** Creates databases for restored backups in the application's name; may not enter the application's database. */
export const restoreRole = "restore";

/** Databases of PostgreSQL's own, names that it refuses for roles, and the platform's roles beside the application's. */
export const reservedDatabaseNames: readonly string[] = [
  "postgres",
  "template0",
  "template1",
  "public",
  "none",
  backupRole,
  restoreRole,
];

/** Whether a database, and the application's role of the same name, may be called so. Words of SQL may: they are quoted. */
export function isDatabaseName(name: string): boolean {
  return (
    /^[a-z_][a-z0-9_]{0,62}$/.test(name) && !name.startsWith("pg_") && !reservedDatabaseNames.includes(name)
  );
}

/** What `isDatabaseName` allows, in words. */
export const databaseNameRule = `1 to 63 lower-case letters, digits and underscores, no digit first, not pg_ in front, none of ${reservedDatabaseNames.join(", ")}`;
