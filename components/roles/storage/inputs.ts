import { isIPv4 } from "node:net";
import type * as pulumi from "@pulumi/pulumi";
import { type InputProblem, isKnown, plainProblem, secretProblem } from "../../machine/inputErrors";
import { clientProblems, machinesProblems, type PrivateMachinesArgs } from "../../machine/machinesArgs";
import { databaseNameRule, isDatabaseName } from "../../settings/databaseAccess";
import { backupKeyRule, isBackupKey } from "./backupSeal";
import { sectionProblems } from "./section";
import type { BulkBackend, ObjectStoreEngine } from "./settings";

/** A login of PostgreSQL, parts of which may be known later. */
export interface DatabaseLogin {
  readonly user: pulumi.Input<string>;
  /** Secret. */
  readonly password: pulumi.Input<string>;
}

/** A PostgreSQL whose backups a storage node takes. */
export interface DatabaseToBackUp {
  /** Private address of its machine, which admits the storage node: `10.0.3.11`. */
  readonly address: pulumi.Input<string>;
  /** @default 5432 */
  readonly port?: pulumi.Input<number>;
  /** Name of the database and of the role that owns it. @default "app" */
  readonly name?: pulumi.Input<string>;
  /** Superuser that reads: `DatabaseNode.backup`. Secret. */
  readonly backup: pulumi.Input<DatabaseLogin>;
  /** Superuser that makes databases for restored backups: `DatabaseNode.restore`. Secret. */
  readonly restore: pulumi.Input<DatabaseLogin>;
}

/** An S3 bucket elsewhere, which gets a copy of backups and objects. */
export interface OffsiteCopy {
  /** `https://nbg1.your-objectstorage.com`. */
  readonly endpoint: pulumi.Input<string>;
  readonly bucket: pulumi.Input<string>;
  /** Region that the endpoint's provider names. */
  readonly region: pulumi.Input<string>;
  readonly accessKeyId: pulumi.Input<string>;
  /** Secret. */
  readonly secretAccessKey: pulumi.Input<string>;
}

export interface StorageNodeArgs extends PrivateMachinesArgs {
  /** Private address of the machine, which nothing else has: `10.0.4.11`. */
  readonly address: string;
  /**
   * Size of the volume with objects, logs and the newest backups, in GB. It may grow.
   * @default - 2000, or 50 when backups are kept elsewhere
   */
  readonly volumeGb?: number;
  /** The application's bucket. @default "app" */
  readonly bucket?: string;
  /** What serves objects; MinIO needs an image of your own. @default "versitygw" */
  readonly objectStoreEngine?: ObjectStoreEngine;
  /** Image of the object store, best by digest. @default - of Docker Hub for versitygw; required for minio */
  readonly objectStoreImage?: pulumi.Input<string>;
  /** Private IPv4 addresses and ranges of the machines that use the object store. */
  readonly clients: pulumi.Input<pulumi.Input<string>[]>;
  /** Private IPv4 addresses and ranges of the machines that send their journals. @default - the whole network */
  readonly logSenders?: pulumi.Input<pulumi.Input<string>[]>;
  /** Private address of another machine that takes this one's journal. @default - it keeps its own */
  readonly logArchive?: pulumi.Input<string>;
  /** Days for which the log archive keeps journals. @default 30 */
  readonly logRetentionDays?: number;
  /** The database to back up. @default - none: object store and log archive, without backups */
  readonly database?: DatabaseToBackUp;
  /** When backups are taken, a systemd calendar expression in UTC. @default "*-*-* 02:00:00" */
  readonly backupSchedule?: string;
  /** Days for which backups and old versions of objects are kept. @default 14 */
  readonly retentionDays?: number;
  /** Where backups are kept: on the volume, on a storage box, or in the bucket of `offsite`. @default "volume" */
  readonly bulk?: BulkBackend;
  /** What the storage box must hold at least, in GB; the smallest that does is ordered. @default 2000 */
  readonly bulkGb?: number;
  /** Keeps a storage box that `bulk` no longer names. @default - it goes with its backups, unless `protect` is set */
  readonly keepStorageBox?: boolean;
  /** Copy of backups and objects in a bucket elsewhere. @default - none */
  readonly offsite?: OffsiteCopy;
  /**
   * Encrypts what leaves the machine: give the one of the node whose copies are to be restored. Secret.
   *
   * @default - 40 random letters and digits, kept in the stack
   */
  readonly backupKey?: pulumi.Input<string>;
  /** Changes of what data depends on that are meant: `["storage.bucket=media"]`. @default - none */
  readonly acceptChange?: string[];
}

/** Everything that is wrong with what is known of the arguments; empty: nothing. Secrets are not shown. */
export function storageProblems(args: StorageNodeArgs): InputProblem[] {
  const { address, database, backupKey } = args;
  return [
    ...machinesProblems(args, [address], () => "address"),
    ...sectionProblems(args),
    ...clientProblems("clients", args.clients),
    ...clientProblems("logSenders", args.logSenders),
    ...(database === undefined ? withoutDatabase(args) : databaseProblems(database)),
    ...secretProblem("backupKey", backupKey, isBackupKey, backupKeyRule),
  ];
}

/** What backups alone need is a mistake where there are none. */
function withoutDatabase(args: StorageNodeArgs): InputProblem[] {
  const { backupSchedule, bulkGb, keepStorageBox, offsite, backupKey } = args;
  const bulk = args.bulk === "volume" ? undefined : args.bulk;
  const given = { backupSchedule, bulk, bulkGb, keepStorageBox, offsite, backupKey };
  return Object.entries(given)
    .filter(([, value]) => value !== undefined)
    .map(([propertyPath]) => ({
      propertyPath,
      reason: "got a value, allowed nothing without database: nothing is backed up",
    }));
}

function databaseProblems({ address, port, name, backup, restore }: DatabaseToBackUp): InputProblem[] {
  const isPort = (value: number) => Number.isInteger(value) && value > 0 && value < 65_536;
  return [
    ...plainProblem("database.address", address, isIPv4, "a private IPv4 address"),
    ...plainProblem("database.port", port, isPort, "1 to 65535"),
    ...plainProblem("database.name", name, isDatabaseName, databaseNameRule),
    ...loginProblems("database.backup", backup),
    ...loginProblems("database.restore", restore),
  ];
}

/** The names stand in SQL and in scripts, both in a file of one line for each login. */
function loginProblems(path: string, login: pulumi.Input<DatabaseLogin>): InputProblem[] {
  if (!isKnown(login)) return [];
  const isUser = (text: string) => /^[a-z_][a-z0-9_]{0,62}$/.test(text);
  return [
    ...plainProblem(`${path}.user`, login.user, isUser, "1 to 63 lower-case letters, digits and underscores"),
    ...secretProblem(`${path}.password`, login.password, (text) => /^[^\r\n\0]+$/.test(text), "one line"),
  ];
}
