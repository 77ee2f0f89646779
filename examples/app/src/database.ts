import { Pool } from "pg";
import type { Config } from "./config";

export interface Item {
  readonly id: string;
  readonly name: string;
  readonly text: string;
  readonly createdAt: string;
}

/** Any constant does, as long as nothing else in this database takes the same lock. */
const schemaLock = 7_203_411;

const schema = `
  CREATE TABLE IF NOT EXISTS items (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    text text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE INDEX IF NOT EXISTS items_created_at ON items (created_at DESC);
  CREATE TABLE IF NOT EXISTS jobs (
    id uuid PRIMARY KEY,
    text text NOT NULL,
    rounds int NOT NULL,
    status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'done')),
    result jsonb,
    worker text,
    created_at timestamptz NOT NULL DEFAULT now(),
    enqueued_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
  );
  CREATE INDEX IF NOT EXISTS jobs_queued ON jobs (enqueued_at) WHERE status = 'queued';
  CREATE INDEX IF NOT EXISTS jobs_created_at ON jobs (created_at DESC);
  CREATE TABLE IF NOT EXISTS installation (complete boolean PRIMARY KEY CHECK (complete));
`;

/** The pool survives a restart of the server: broken connections are dropped and made anew. */
export function openDatabase(config: Config, onError: (error: Error) => void): Pool {
  const pool = new Pool({
    connectionString: config.databaseUrl,
    application_name: `${config.node}/${config.mode}-${config.replica}`,
    max: 8,
    connectionTimeoutMillis: config.dependencyTimeoutMs,
    // On the client's side, because a pooler in transaction mode does not keep a session's settings.
    query_timeout: config.dependencyTimeoutMs * 2,
    keepAlive: true,
  });
  pool.on("error", onError);
  return pool;
}

/** Whether all stores have been prepared once, by any replica. */
export async function isInstalled(pool: Pool): Promise<boolean> {
  const { rowCount } = await pool.query("SELECT complete FROM installation");
  return rowCount === 1;
}

export async function markInstalled(pool: Pool): Promise<void> {
  await pool.query("INSERT INTO installation VALUES (true) ON CONFLICT DO NOTHING");
}

/** Every replica calls this at its start; the lock makes them queue instead of colliding. */
export async function createSchema(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock($1)", [schemaLock]);
    await client.query(schema);
    await client.query("COMMIT");
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

const itemColumns = `id, name, text, to_json(created_at) #>> '{}' AS "createdAt"`;

/** Answers the stored item; a repeated id keeps the first one. */
export async function insertItem(
  pool: Pool,
  item: { readonly id: string; readonly name: string; readonly text: string },
): Promise<Item> {
  await pool.query("INSERT INTO items (id, name, text) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", [
    item.id,
    item.name,
    item.text,
  ]);
  const stored = await findItem(pool, item.id);
  if (stored === undefined) throw new Error(`item ${item.id} was removed while it was stored`);
  return stored;
}

export async function findItem(pool: Pool, id: string): Promise<Item | undefined> {
  const found = await pool.query<Item>(`SELECT ${itemColumns} FROM items WHERE id = $1`, [id]);
  return found.rows[0];
}

export async function listItems(pool: Pool, limit: number): Promise<Item[]> {
  const found = await pool.query<Item>(
    `SELECT ${itemColumns} FROM items ORDER BY created_at DESC, id LIMIT $1`,
    [limit],
  );
  return found.rows;
}

export async function countItems(pool: Pool): Promise<number> {
  const found = await pool.query<{ count: number }>("SELECT count(*)::int AS count FROM items");
  return found.rows[0]?.count ?? 0;
}
