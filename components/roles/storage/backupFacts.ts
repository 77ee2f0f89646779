import type { BackupConfig } from "./backupConfig";

/** Settings that hold a list of names, which stays as it is; every other value becomes one string. */
const listSettings = [
  "local_preload_libraries",
  "search_path",
  "session_preload_libraries",
  "temp_tablespaces",
];

const option = (column: string, word: string) => `case when ${column} then '${word}' else 'no${word}' end`;

const roleSql = `array[format('create role %I with %s connection limit %s%s', rolname,
      concat_ws(' ', ${[
        option("rolsuper", "superuser"),
        option("rolinherit", "inherit"),
        option("rolcreaterole", "createrole"),
        option("rolcreatedb", "createdb"),
        option("rolcanlogin", "login"),
        option("rolreplication", "replication"),
        option("rolbypassrls", "bypassrls"),
      ].join(",\n        ")}),
      rolconnlimit, ' valid until ' || quote_literal(rolvaliduntil))]
    || (select array_agg(format('alter role %I set %I to %s', rolname, split_part(entry, '=', 1),
        case when split_part(entry, '=', 1) = any ('{${listSettings.join(",")}}')
          then coalesce(nullif(substr(entry, strpos(entry, '=') + 1), '""'), '''''')
          else quote_literal(substr(entry, strpos(entry, '=') + 1)) end))
      from pg_db_role_setting, unnest(setconfig) entry where setrole = r.oid and setdatabase = 0)
    || (select array_agg(format('comment on role %I is %L', rolname, description))
      from pg_shdescription where objoid = r.oid and classoid = 'pg_authid'::regclass)`;

/**
 * What a dump of one database lacks, as one line of JSON: the roles of the cluster as statements without
 * passwords, their memberships and parameters, which relations lie in which tablespace, and the materialized views
 * that are filled, with their number of rows where row level security may decide what a refresh sees.
 */
export const factsSql = ({ backupUser, restoreUser }: BackupConfig) => `select jsonb_build_object(
  'roles', (select coalesce(jsonb_agg(jsonb_build_object('name', rolname, 'sql', ${roleSql}) order by r.oid), '[]')
    from pg_roles r where rolname !~ '^pg_' and rolname not in ('postgres', '${backupUser}', '${restoreUser}')),
  'grants', (select coalesce(jsonb_agg(jsonb_build_object('roles', jsonb_build_array(g.rolname, m.rolname),
      'sql', format('grant %I to %I with admin %s, inherit %s, set %s', g.rolname, m.rolname, admin_option::text, inherit_option::text, set_option::text),
      'by', format('granted by %I', b.rolname)) order by a.oid), '[]')
    from pg_auth_members a join pg_roles g on g.oid = roleid join pg_roles m on m.oid = member join pg_roles b on b.oid = grantor),
  'parameters', (select coalesce(jsonb_agg(jsonb_build_object('roles', jsonb_build_array(rolname),
      'sql', format('grant %s on parameter %I to %I%s', privilege_type, parname, rolname, case when is_grantable then ' with grant option' end),
      'by', '')), '[]')
    from pg_parameter_acl, aclexplode(paracl) join pg_roles r on r.oid = grantee),
  'tablespaces', (select coalesce(jsonb_object_agg(spcname, relations), '{}') from (
    select spcname, jsonb_agg(c.oid::regclass::text order by c.oid) as relations
    from pg_class c join pg_tablespace t on t.oid = reltablespace where spcname <> 'pg_global' group by spcname) s),
  'views', (select coalesce(jsonb_object_agg(format('%I.%I', nspname, relname),
      case when exists (select from pg_class where relrowsecurity) then
        (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %I.%I', nspname, relname), false, true, '')))[1]::text::bigint
      end), '{}')
    from pg_class c join pg_namespace n on n.oid = relnamespace where relkind = 'm' and relispopulated))
`;

/**
 * Creates what is missing of the roles in `platform.facts`, with settings and memberships, and answers their
 * names. Roles that exist stay as they are: a restore must not change who may do what today. A membership goes
 * to its grantor where that one may still give it, else to the superuser.
 */
export const createRolesSql = `select set_config('platform.facts', :'facts', false), set_config('platform.created', '', false) \\g /dev/null
do $do$
declare
  facts jsonb := current_setting('platform.facts');
  role jsonb;
  statement text;
  created text[] := '{}';
  waiting jsonb;
  later jsonb;
  progress boolean;
begin
  perform set_config('client_min_messages', 'warning', false);
  for role in select * from jsonb_array_elements(facts -> 'roles') loop
    continue when exists (select from pg_roles where rolname = role ->> 'name');
    for statement in select * from jsonb_array_elements_text(role -> 'sql') loop execute statement; end loop;
    created := created || (role ->> 'name');
  end loop;
  select coalesce(jsonb_agg(entry), '[]') into waiting
    from jsonb_array_elements(coalesce(facts -> 'grants', '[]') || coalesce(facts -> 'parameters', '[]')) entry
    where entry -> 'roles' ?| created;
  loop
    later := '[]';
    progress := false;
    for role in select * from jsonb_array_elements(waiting) loop
      begin
        execute concat_ws(' ', role ->> 'sql', role ->> 'by');
        progress := true;
      exception when others then
        later := later || role;
      end;
    end loop;
    waiting := later;
    exit when not progress;
  end loop;
  for role in select * from jsonb_array_elements(waiting) loop
    begin
      execute role ->> 'sql';
    exception when others then
      raise warning '%: %', role ->> 'sql', sqlerrm;
    end;
  end loop;
  perform set_config('platform.created', array_to_string(created, ' '), false);
end
$do$;
select current_setting('platform.created');
`;
