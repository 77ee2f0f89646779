import { createHash } from "node:crypto";
import { backupRole, databaseNameRule, isDatabaseName, restoreRole } from "../../settings/databaseAccess";
import { scramVerifier } from "./scram";

/** What these roles were called at first; a database may have such a name. */
const formerNames = { [backupRole]: "backup", [restoreRole]: "restore" } as const;

export interface RolePasswords {
  readonly application: string;
  readonly backup: string;
  readonly restore: string;
}

/**
 * Refuses names that cannot be both a database and a role. What is a key word somewhere (`order`, `all`,
 * `replication`) is accepted: every tool gets it in quotes.
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
      `select 'create role "${role}"' where not exists (select from pg_roles where rolname = '${role}') \\gexec`,
  );
  const verifier = Object.fromEntries(
    rolePasswords(database, passwords).map(([role, password]) => [role, scramVerifier(role, password)]),
  );
  const common = "nocreatedb nocreaterole noreplication nobypassrls";
  return `-- A failing statement must not put a password verifier into the log.
set log_statement = 'none';
set log_min_duration_statement = -1;
set log_min_error_statement = 'panic';
${renameFormerRoles}
${create.join("\n")}
alter role "${database}" with login nosuperuser ${common} password '${verifier[database]}';
alter role ${backupRole} with login superuser ${common} password '${verifier[backupRole]}';
alter role ${restoreRole} with login superuser ${common} password '${verifier[restoreRole]}';
alter role ${backupRole} set default_transaction_read_only = on;
`;
}

/** Only roles of the platform carry its comment; one of the application with such a name stays what it is. */
const renameFormerRoles = ([restoreRole, backupRole] as const)
  .map(
    (role) => `select 'alter role ${formerNames[role]} rename to ${role}'
where exists (select from pg_roles where rolname = '${formerNames[role]}')
  and not exists (select from pg_roles where rolname = '${role}')
  and exists (select from pg_roles where rolname = '${formerNames[backupRole]}' and shobj_description(oid, 'pg_authid') like 'platform roles, revision %') \\gexec`,
  )
  .join("\n");

/** Rights on the application's database, once it exists: nobody but its owner. */
export function databaseSql(database: string): string {
  return `revoke all on database "${database}" from public;\n`;
}

/** Answers `t` when the database exists and `databaseSql` has nothing to change. */
export function databaseIsCurrentSql(database: string): string {
  return `select pg_get_userbyid(datdba) = '${database}'
  and not exists (select from aclexplode(coalesce(datacl, acldefault('d', datdba))) where grantee = 0)
from pg_database where datname = '${database}';
`;
}
