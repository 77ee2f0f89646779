import type Redis from "ioredis";
import type { Pool } from "pg";

export interface Job {
  readonly id: string;
  readonly status: "queued" | "done";
  readonly text: string;
  /** How often SHA-256 is applied. */
  readonly rounds: number;
  readonly result: JobResult | null;
  /** Which worker finished it. */
  readonly worker: string | null;
  readonly createdAt: string;
  readonly finishedAt: string | null;
}

export interface JobResult {
  readonly sha256: string;
  readonly bytes: number;
  readonly milliseconds: number;
  /** Where the object store holds the report. */
  readonly object: string;
}

/** A stream and not a list: entries that a dead worker holds can be claimed by another. */
export const stream = "jobs";
export const group = "workers";

const columns = `id, status, text, rounds, result, worker,
  to_json(created_at) #>> '{}' AS "createdAt", to_json(finished_at) #>> '{}' AS "finishedAt"`;

/** PostgreSQL knows every job; the stream only says which one is next. */
export async function enqueueJob(
  database: Pool,
  redis: Redis,
  job: { readonly id: string; readonly text: string; readonly rounds: number },
): Promise<void> {
  await database.query("INSERT INTO jobs (id, text, rounds) VALUES ($1, $2, $3)", [
    job.id,
    job.text,
    job.rounds,
  ]);
  await announce(redis, job.id);
}

async function announce(redis: Redis, id: string): Promise<void> {
  await redis.xadd(stream, "*", "id", id);
}

export async function findJob(database: Pool, id: string): Promise<Job | undefined> {
  const found = await database.query<Job>(`SELECT ${columns} FROM jobs WHERE id = $1`, [id]);
  return found.rows[0];
}

export async function listJobs(database: Pool, limit: number): Promise<Job[]> {
  const found = await database.query<Job>(
    `SELECT ${columns} FROM jobs ORDER BY created_at DESC, id LIMIT $1`,
    [limit],
  );
  return found.rows;
}

/** Idempotent: a job that two workers computed keeps the first result. Answers whether it was this one. */
export async function finishJob(
  database: Pool,
  id: string,
  result: JobResult,
  worker: string,
): Promise<boolean> {
  const changed = await database.query(
    `UPDATE jobs SET status = 'done', result = $2, worker = $3, finished_at = now()
     WHERE id = $1 AND status = 'queued'`,
    [id, JSON.stringify(result), worker],
  );
  return changed.rowCount === 1;
}

/**
 * Announces jobs again that have waited for longer than `seconds`: their entry was lost between PostgreSQL
 * and Redis, or with a Redis that forgot. A second entry for the same job does no harm.
 */
export async function announceForgotten(database: Pool, redis: Redis, seconds: number): Promise<number> {
  const found = await database.query<{ id: string }>(
    `UPDATE jobs SET enqueued_at = now() WHERE id IN (
       SELECT id FROM jobs WHERE status = 'queued' AND enqueued_at < now() - make_interval(secs => $1)
       ORDER BY enqueued_at LIMIT 100 FOR UPDATE SKIP LOCKED
     ) RETURNING id`,
    [seconds],
  );
  for (const { id } of found.rows) await announce(redis, id);
  return found.rows.length;
}

/** Jobs that wait or are being worked on. */
export async function queueLength(redis: Redis): Promise<number> {
  return redis.xlen(stream);
}
