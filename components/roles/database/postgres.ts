import { backupRole, postgresqlPort, restoreRole } from "../../settings/databaseAccess";
import { tunePostgres } from "./postgresTuning";

/** Major version, the one of Debian 13. */
export const postgresVersion = 17;

export interface PostgresConfig {
  /** Name of the application's database and role. */
  readonly database: string;
  readonly privateIp: string;
  readonly vcpus: number;
  /** PostgreSQL's share of the memory in MiB. */
  readonly memoryMb: number;
  /** Machines that the application's role may come from. */
  readonly applicationAddresses: readonly string[];
  /** Machines that take and restore backups. */
  readonly backupAddresses: readonly string[];
}

/** A file in conf.d: Debian's own postgresql.conf stays as it is. */
export function postgresqlConf(config: PostgresConfig): string {
  const settings = {
    listen_addresses: `localhost,${config.privateIp}`,
    port: `${postgresqlPort}`,
    ...tunePostgres(config.memoryMb, config.vcpus),
    ...safety,
    ...logging,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value}'\n`)
    .join("");
}

const safety = {
  password_encryption: "scram-sha-256",
  wal_level: "replica",
  // A replica that went away must not fill the disk.
  max_slot_wal_keep_size: "4GB",
  idle_in_transaction_session_timeout: "10min",
  // Connections of a machine that lost power end in seconds instead of hours.
  tcp_keepalives_idle: "10",
  tcp_keepalives_interval: "5",
  tcp_keepalives_count: "3",
  tcp_user_timeout: "15s",
  timezone: "Etc/UTC",
} as const;

/** Through syslog into the journal, and with it into the log archive. */
const logging = {
  log_destination: "syslog",
  logging_collector: "off",
  syslog_ident: "postgres",
  syslog_sequence_numbers: "off",
  syslog_split_messages: "off",
  log_line_prefix: "%q%u@%d ",
  log_timezone: "Etc/UTC",
  log_checkpoints: "on",
  log_lock_waits: "on",
  log_temp_files: "1MB",
  log_autovacuum_min_duration: "1s",
} as const;

/** Who may connect, from where, as whom, to what; everybody else is refused. */
export function pgHba(config: PostgresConfig): string {
  // Without quotes a database called all or replication would be every database or none.
  const database = `"${config.database}"`;
  const line = (databases: string, role: string, address: string, method = "scram-sha-256") =>
    ["host", databases, role, address.includes("/") ? address : `${address}/32`, method].join("\t");
  const storage = config.backupAddresses.flatMap((address) => [
    line(`${database},postgres`, backupRole, address),
    // It restores beside the application's database, never into it.
    line(database, restoreRole, address, "reject"),
    line("all", restoreRole, address),
  ]);
  return `${[
    "local\tall\tpostgres\tpeer",
    // The machine's own check logs in as the application does.
    line(database, database, "127.0.0.1"),
    ...config.applicationAddresses.map((address) => line(database, database, address)),
    ...storage,
  ].join("\n")}\n`;
}

/**
 * How Debian creates the cluster when the package is installed. Checksums find silent disk corruption; the
 * built-in locale keeps the order of indexes when the C library changes.
 */
export const createClusterConf = `create_main_cluster = true
start_conf = 'auto'
initdb_options = '--data-checksums --encoding=UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --auth-local=peer --auth-host=scram-sha-256'
`;
