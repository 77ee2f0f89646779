import { ports } from "../setup/ports";
/** A login of PostgreSQL. */
export interface DatabaseCredential {
  readonly user: string;
  /** Secret. */
  readonly password: string;
}

/**
 * Takes the nightly dump. A superuser, because nothing less reads all that PostgreSQL 17 holds: large objects
 * have no role that reads them, and whoever is none gets subscriptions and the passwords of user mappings left
 * out without an error. Its sessions are read-only unless they say otherwise, and `pg_hba.conf` admits it from
 * the storage node only, which holds a copy of everything anyway.
 */
export const backupRole = "platform_backup";
/**
 * Fills databases for restored backups: extensions, event triggers and objects of other owners are a
 * superuser's to create. From the storage node only, and never into the application's database.
 */
export const restoreRole = "platform_restore";
/** Why a part needs a database that it takes backups of: others log in as the application. */
export const backupPurpose = "backups";
/** The database that a restore fills before it gets the name that was asked for. */
export const workingDatabase = "platform_restoring";

/** Where PostgreSQL listens when nobody says. */
export const postgresqlPort = ports.postgresql;

/** What the application's database and role are called when nobody says. */
export const defaultDatabaseName = "app";

/** Databases of PostgreSQL's own, names that it refuses for roles, and the platform's roles beside the application's. */
export const reservedDatabaseNames: readonly string[] = [
  "postgres",
  "template0",
  "template1",
  "public",
  "none",
  backupRole,
  restoreRole,
  workingDatabase,
];

/** Whether a database, and the application's role of the same name, may be called so. Words of SQL may: they are quoted. */
export function isDatabaseName(name: string): boolean {
  return (
    /^[a-z_][a-z0-9_]{0,62}$/.test(name) && !name.startsWith("pg_") && !reservedDatabaseNames.includes(name)
  );
}

/** What `isDatabaseName` allows, in words. */
export const databaseNameRule = `1 to 63 lower-case letters, digits and underscores, no digit first, not pg_ in front, none of ${reservedDatabaseNames.join(", ")}`;
