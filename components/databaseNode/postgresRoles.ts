import { createHash } from "node:crypto";
import { backupRole, databaseNameRule, isDatabaseName, restoreRole } from "./databaseName";
import { scramVerifier } from "./scram";

export { backupRole, restoreRole } from "./databaseName";

export interface RolePasswords {
  readonly application: string;
  readonly backup: string;
  readonly restore: string;
}

/**
 * Refuses names that PostgreSQL or the platform keeps for itself.
 *
 * @throws with the name and the rule
 */
export function checkDatabaseName(name: string): void {
  if (!isDatabaseName(name))
    throw new Error(`database name ${JSON.stringify(name)} must be ${databaseNameRule}`);
}

/** Roles of the platform with their rights, as SQL that can run again at any time. */
export function rolesSql(database: string, passwords: RolePasswords): string {
  return `${rolesBody(database, passwords)}comment on role ${backupRole} is '${revision(database, passwords)}';\n`;
}

/** Answers `t` when `rolesSql` has nothing to change. */
export function rolesAreCurrentSql(database: string, passwords: RolePasswords): string {
  const pairs = rolePasswords(database, passwords).map(
    ([role, password]) => `('${role}', '${scramVerifier(role, password)}')`,
  );
  return `select count(*) = ${pairs.length}
  and coalesce(bool_or(shobj_description(oid, 'pg_authid') = '${revision(database, passwords)}'), false)
from pg_authid
where (rolname, rolpassword) in (${pairs.join(",\n  ")});
`;
}

function rolePasswords(database: string, passwords: RolePasswords): [string, string][] {
  return [
    [database, passwords.application],
    [backupRole, passwords.backup],
    [restoreRole, passwords.restore],
  ];
}

/** Changes with every line of the SQL, so that a new right reaches machines that have the roles already. */
function revision(database: string, passwords: RolePasswords): string {
  const digest = createHash("sha256").update(rolesBody(database, passwords)).digest("hex");
  return `platform roles, revision ${digest.slice(0, 16)}`;
}

function rolesBody(database: string, passwords: RolePasswords): string {
  const create = rolePasswords(database, passwords).map(
    ([role]) =>
      `select 'create role ${role}' where not exists (select from pg_roles where rolname = '${role}') \\gexec`,
  );
  const verifier = Object.fromEntries(
    rolePasswords(database, passwords).map(([role, password]) => [role, scramVerifier(role, password)]),
  );
  const common = "login nosuperuser nocreaterole noreplication";
  return `-- A failing statement must not put a password verifier into the log.
set log_statement = 'none';
set log_min_duration_statement = -1;
set log_min_error_statement = 'panic';
${create.join("\n")}
alter role ${database} with ${common} nocreatedb nobypassrls password '${verifier[database]}';
alter role ${backupRole} with ${common} nocreatedb bypassrls password '${verifier[backupRole]}';
alter role ${restoreRole} with ${common} createdb nobypassrls password '${verifier[restoreRole]}';
grant pg_read_all_data to ${backupRole};
alter role ${backupRole} set default_transaction_read_only = on;
grant ${database} to ${restoreRole} with inherit true, set true;
`;
}

/** Rights on the application's database, once it exists. */
export function databaseSql(database: string): string {
  return `revoke all on database ${database} from public;
grant connect on database ${database} to ${backupRole};
`;
}
