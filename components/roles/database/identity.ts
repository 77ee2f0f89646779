import { type Acceptance, isAccepted } from "../../settings/settled";
import { mergeSetups } from "../../setup/merge";
import { storeMarker } from "../../setup/storeMarker";
import type { CompleteSetup } from "../../setup/types";
import { postgresVersion } from "./postgres";
import type { DatabaseSettings } from "./settings";

/** Refuses a database or a cache that is not there while another one with data is. */
export function databaseIdentity(
  { databaseName, cacheEngine }: Pick<DatabaseSettings, "databaseName" | "cacheEngine">,
  settings: Acceptance,
): CompleteSetup {
  return mergeSetups(
    storeMarker({
      store: "database",
      serves: databaseName,
      judge: databaseJudge,
      accepted: isAccepted(settings, "database.databaseName", databaseName),
    }),
    storeMarker({
      store: "cache",
      serves: cacheEngine,
      judge: cacheJudge,
      accepted: isAccepted(settings, "database.cacheEngine", cacheEngine),
    }),
  );
}

const ownTables = `select exists (select from pg_class join pg_namespace on pg_namespace.oid = relnamespace
  where relkind in ('r', 'p', 'm') and nspname !~ '^pg_' and nspname <> 'information_schema')`;

const databaseJudge = `read -r wanted <"$1"
[ -d /var/lib/postgresql/${postgresVersion}/main/base ] || exit 0
# The name goes by the environment: psql would read one with an equals sign as a list of parameters.
ask() { runuser -u postgres -- env PGDATABASE="$1" psql -XqAt -v ON_ERROR_STOP=1 -c "$2" </dev/null; }

systemctl start postgresql@${postgresVersion}-main.service || true
for _ in {1..60}; do
  ! runuser -u postgres -- pg_isready -q || break
  sleep 0.5
done
names=$(ask postgres "select datname from pg_database where not datistemplate and datallowconn and datname <> 'postgres'") ||
  refuse "database $wanted: PostgreSQL does not answer, so nobody can see which databases there are"
! grep -qxF -- "$wanted" <<<"$names" || exit 0
while read -r name; do
  [ -z "$name" ] || [ "$(ask "$name" "${ownTables}")" = f ] ||
    refuse "database $wanted, which is not there, while database $name has tables"
done <<<"$names"
`;

const cacheJudge = `read -r wanted <"$1"
for engine in valkey redis; do
  [ "$engine" != "$wanted" ] || continue
  [ -d "/var/lib/$wanted/appendonlydir" ] || [ ! -d "/var/lib/$engine/appendonlydir" ] ||
    refuse "a $wanted that is empty, while $engine holds sessions and jobs"
done
`;
