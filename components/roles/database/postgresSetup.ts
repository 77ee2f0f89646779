import {
  type CompleteSetup,
  completeSetup,
  type SetupCheck,
  type SetupFile,
  type SetupStep,
} from "../../setup/types";
import { keepRunning } from "../../setup/unit";
import { createClusterConf, type PostgresConfig, pgHba, postgresqlConf, postgresVersion } from "./postgres";
import {
  checkDatabaseName,
  databaseIsCurrentSql,
  databaseSql,
  type RolePasswords,
  rolesAreCurrentSql,
  rolesSql,
} from "./postgresRoles";

const folder = `/etc/postgresql/${postgresVersion}/main`;
const confPath = `${folder}/conf.d/platform.conf`;
const hbaPath = `${folder}/pg_hba.conf`;
/** Debian leaves a postmaster that was killed dead. */
const dropIn = keepRunning({
  unit: `postgresql@${postgresVersion}-main.service`,
  serviceLines: ["RestartSec=1"],
});
const sqlFolder = "/etc/platform/postgresql";
/** Password of the application for the machine's own check, in the format of libpq. */
const passFile = `${sqlFolder}/check.pgpass`;
const unit = `postgresql@${postgresVersion}-main.service`;

/** psql as the superuser, without start-up files, ending at the first error. */
const psql = "runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1";

/** PostgreSQL with its roles and the application's database. */
export function postgresSetup(config: PostgresConfig, passwords: RolePasswords): CompleteSetup {
  checkDatabaseName(config.database);
  return completeSetup({
    packages: [`postgresql-${postgresVersion}`],
    files: postgresFiles(config, passwords),
    steps: clusterSteps(config.database),
    units: [
      {
        name: unit,
        reads: [confPath, hbaPath, dropIn.path],
        // New app nodes change pg_hba.conf: a restart would drop every connection for nothing.
        onChange: "reload",
        ready: "runuser -u postgres -- pg_isready -q",
      },
    ],
    checks: clusterChecks(config.database),
  });
}

/**
 * The package makes the cluster where it is installed. An image that has the package has no cluster, which would be the
 * same on every machine, and no key of Debian's own certificate.
 */
const ownCluster: SetupStep = {
  name: "a cluster of the machine's own",
  stage: "afterPackages",
  unless: `[ -f ${folder}/postgresql.conf ]`,
  run: `[ -f /etc/ssl/private/ssl-cert-snakeoil.key ] || make-ssl-cert generate-default-snakeoil
pg_createcluster ${postgresVersion} main`,
};

/** What is done in the running cluster, once it has read its files. */
function clusterSteps(database: string): SetupStep[] {
  return [
    ownCluster,
    {
      name: "restart PostgreSQL for settings that need it",
      stage: "afterUnits",
      unless: restartIsDone,
      run: `systemctl restart ${unit} && until runuser -u postgres -- pg_isready -q; do sleep 0.2; done`,
    },
    {
      name: "roles of PostgreSQL",
      stage: "afterUnits",
      unless: `[ "$(${psql} <${sqlFolder}/roles-current.sql)" = t ]`,
      run: `${psql} -1 <${sqlFolder}/roles.sql`,
    },
    {
      name: `database ${database}`,
      stage: "afterUnits",
      unless: `[ "$(${psql} <${sqlFolder}/database-current.sql)" = t ]`,
      run: `[ "$(${psql} -c "select count(*) from pg_database where datname = '${database}'")" = 1 ] || runuser -u postgres -- createdb --owner=${database} ${database}
${psql} <${sqlFolder}/database.sql`,
    },
  ];
}

function clusterChecks(database: string): SetupCheck[] {
  return [
    {
      name: "PostgreSQL lets the application log in, write and read",
      command: `PGPASSFILE=${passFile} psql -XqAt -v ON_ERROR_STOP=1 -h 127.0.0.1 -U ${database} -d ${database} -c "begin; create table platform_check (n int); insert into platform_check values (1); select n from platform_check; rollback" | grep -qx 1`,
    },
    {
      name: "PostgreSQL keeps data checksums and needs no restart",
      command: `${psql} -c "select name, setting from pg_settings where (name = 'data_checksums' and setting <> 'on') or pending_restart" | { ! grep .; }`,
    },
  ];
}

/** Whether the running server has read the files (a reload is asynchronous) and nothing waits for a restart. */
const restartIsDone = `for attempt in $(seq 50); do
  answer=$(${psql} -c "select pg_conf_load_time() >= greatest((pg_stat_file('${confPath}')).modification, (pg_stat_file('${hbaPath}')).modification)")
  [ "$answer" = t ] && break
  sleep 0.1
done
[ "$answer" = t ] && [ "$(${psql} -c 'select count(*) from pg_settings where pending_restart')" = 0 ]`;

function postgresFiles(config: PostgresConfig, passwords: RolePasswords): SetupFile[] {
  const { database } = config;
  const readable = { owner: "root", group: "postgres", mode: "0640" };
  return [
    {
      path: "/etc/postgresql-common/createcluster.d/platform.conf",
      content: createClusterConf,
      stage: "beforePackages",
    },
    { path: confPath, content: postgresqlConf(config), ...readable },
    { path: hbaPath, content: pgHba(config), ...readable },
    dropIn,
    { path: `${sqlFolder}/roles.sql`, content: rolesSql(database, passwords), mode: "0600" },
    {
      path: `${sqlFolder}/roles-current.sql`,
      content: rolesAreCurrentSql(database, passwords),
      mode: "0600",
    },
    { path: `${sqlFolder}/database.sql`, content: databaseSql(database) },
    { path: `${sqlFolder}/database-current.sql`, content: databaseIsCurrentSql(database) },
    {
      path: passFile,
      content: `127.0.0.1:*:*:${database}:${passwords.application}\n`,
      mode: "0600",
    },
  ];
}
