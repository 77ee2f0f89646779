import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
/** SQL for psql, with the variables `app` and `db`. */
export const everythingSql = readFileSync(join(__dirname, "everything.sql"), "utf8");

/** The one view of it whose rows only the application can bring back: it was filled under a setting of hers. */
export const filledUnderSetting =
  "materialized views to refresh as the application does: shop.one_tenant: 0 rows under its policies, 1 in the backup";

/** What is in no dump: rows of materialized views, and what a session of the application meets. */
const visible = `select 'summary', n from shop.summary union all select 'of summary', n from shop.summary_of_summary
  union all select 'tenants ' || tenant, n from shop.all_tenants order by 1;
select relname, relispopulated from pg_class where relkind = 'm' order by 1;
select current_setting('timezone'), current_setting('shop.tenant'), current_setting('lock_timeout')`;

/**
 * Dump, database settings and roles of one side as text that is equal when the sides are.
 *
 * @param run answers what a script of bash says on the database machine
 */
export async function portrait(run: (script: string) => Promise<string>, database: string): Promise<string> {
  const dump = await run(`runuser -u postgres -- pg_dump --create --no-password '${database}'`);
  const roles = await run(
    "runuser -u postgres -- pg_dumpall --globals-only --no-role-passwords --no-password",
  );
  const seen = await run(
    `runuser -u postgres -- psql -XAt -v ON_ERROR_STOP=1 -d '${database}' <<'SQL'\n${visible}\nSQL`,
  );
  return `${normalised(dump, database)}\n${roles.replace(randomTokens, "").replace(/^CREATE TABLESPACE.*\n/gm, "")}\n${seen}`;
}

const randomTokens = /^\\(un)?restrict .*(\n|$)/gm;

/** The same text whatever the database is called. */
function normalised(dump: string, database: string): string {
  const name = new RegExp(`( DATABASE(?: PROPERTIES)?|\\\\connect|Name:) "?${database}"?(?=[ ;\n])`, "g");
  return dump
    .replace(randomTokens, "")
    .replace(name, "$1 DATABASE_NAME")
    .replace(/^-- .*\n/gm, "");
}

/** Compares line by line, and shows the lines that only one side has. */
export function assertSamePortrait(actual: string, expected: string): void {
  const [got, wanted] = [actual.split("\n"), expected.split("\n")];
  assert.deepEqual(
    {
      lost: wanted.filter((line) => !got.includes(line)),
      added: got.filter((line) => !wanted.includes(line)),
    },
    { lost: [], added: [] },
  );
  assert.deepEqual(got.toSorted(), wanted.toSorted());
}
