/** What of everything.sql is asked for after a restore: its name, the question, and the answer of psql. */
export const kept: readonly [title: string, sql: string, answer: string][] = [
  [
    "a large object, its owner and its grants",
    "select pg_get_userbyid(lomowner), length(lo_get(oid)), array_length(lomacl, 1) from pg_largeobject_metadata where oid = 4242",
    "app|3000|2",
  ],
  [
    "a grant to a role that was gone",
    "select has_table_privilege('auditor', 'shop.orders', 'insert with grant option')",
    "t",
  ],
  [
    "pg_stat_statements, without being preloaded",
    "select count(*) from pg_extension where extname = 'pg_stat_statements'",
    "1",
  ],
  [
    "tables with forced row level security and a foreign key",
    "select count(*), bool_and(convalidated) from shop.tenant_lines, pg_constraint where conrelid = 'shop.tenant_lines'::regclass",
    "200|t",
  ],
  [
    "a materialized view on such a table",
    "select string_agg(tenant || n, ' ' order by tenant) from shop.all_tenants",
    "even100 odd100",
  ],
  ["alter database set timezone", "show timezone", "Europe/Berlin"],
  [
    "grants on the database",
    "select has_database_privilege('reporting', 'app', 'temporary'), has_database_privilege('auditor', 'app', 'create with grant option')",
    "t|t",
  ],
  [
    "settings of a role in the database",
    "select setconfig from pg_db_role_setting where setrole = 'auditor'::regrole and setdatabase <> 0",
    "{statement_timeout=11s}",
  ],
  [
    "passwords of user mappings",
    "select (select string_agg(o, ' ' order by o desc) from unnest(umoptions) o) from pg_user_mappings where usename = 'app'",
    "user=remote password=of the mapping",
  ],
  [
    "a subscription, which does not run",
    "select subname, subenabled from pg_subscription s join pg_database d on d.oid = subdbid where datname = 'app'",
    "from_elsewhere|f",
  ],
  [
    "the roles of the platform under their new names",
    "select string_agg(rolname, ' ' order by rolname) from pg_roles where rolsuper",
    "platform_backup platform_restore postgres",
  ],
];
