import { postgresSetup } from "../../../../components/roles/database/postgresSetup";
import type { TestMachine } from "../../roles/database/support/machine";
import { passwords } from "./machines";

const setupOf = (database: string) =>
  postgresSetup(
    {
      database,
      privateIp: "10.0.3.11",
      vcpus: 2,
      memoryMb: 1024,
      applicationAddresses: ["10.0.2.11"],
      backupAddresses: ["10.0.4.11"],
    },
    passwords,
  );

/** A machine where PostgreSQL runs as the platform sets it up. */
export async function startPostgres(machine: TestMachine): Promise<void> {
  await machine.apply(setupOf("app"));
}

/**
 * The refusals of PostgreSQL for databases of these names: roles, rights and access rules as the set-up makes them,
 * and the set-up's own check, which logs in as the application.
 */
export async function judgedByPostgres(
  machine: TestMachine,
  names: readonly string[],
): Promise<readonly string[]> {
  const { output } = await machine.run(names.map(judgeScript).join("\n"));
  return output.trim() === "" ? [] : [output.trim()];
}

const psql = "runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1";

function judgeScript(name: string): string {
  const { files, steps, checks } = setupOf(name);
  const put = files
    .filter(({ path }) => path.startsWith("/etc/platform/postgresql/") || path.endsWith("/pg_hba.conf"))
    .map(
      ({ path, content, mode }) =>
        `base64 -d >${path} <<'END'\n${Buffer.from(content).toString("base64")}\nEND\nchmod ${mode ?? "0644"} ${path}`,
    );
  // The server runs already; what belongs to its own settings is the same for every name.
  const made = steps.filter((step) => !step.name.startsWith("restart "));
  const run = made.map(
    ({ unless, run }) =>
      `if ! bash -c ${word(unless)}; then bash -c ${word(`set -euo pipefail\n${run}`)}; fi\nbash -c ${word(unless)}`,
  );
  const script = `set -euo pipefail
${put.join("\n")}
[ "$(${psql} -c 'select count(*) from pg_hba_file_rules where error is not null')" = 0 ]
loaded=$(${psql} -c 'select pg_conf_load_time()')
${psql} -c 'select pg_reload_conf()' >/dev/null
for attempt in $(seq 100); do [ "$(${psql} -c 'select pg_conf_load_time()')" = "$loaded" ] || break; sleep 0.02; done
${run.join("\n")}
bash -c ${word(checks[0]?.command ?? "false")}`;
  return `answer=$(bash -c ${word(script)} 2>&1) || printf 'database %s: %s\n' ${word(name)} "$answer"`;
}

function word(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
