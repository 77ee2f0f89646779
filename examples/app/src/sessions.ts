import { createHash, randomBytes } from "node:crypto";
import type Redis from "ioredis";

export interface Session {
  /** Secret: goes into the cookie and nowhere else. */
  readonly id: string;
  /** First 12 digits of the id's SHA-256: enough to recognise a session, useless to take it over. */
  readonly idHash: string;
  readonly visits: number;
}

export const sessionCookie = "session";

/** Counts only in a session that exists, so that nobody can choose an id for somebody else. */
const visitScript = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('EXPIRE', KEYS[1], ARGV[1])
return redis.call('HINCRBY', KEYS[1], 'visits', 1)`;

/** Continues the session of the cookie, or begins a new one. */
export async function visit(redis: Redis, cookie: string | undefined, ttlSeconds: number): Promise<Session> {
  if (cookie !== undefined && /^[A-Za-z0-9_-]{43}$/.test(cookie)) {
    const visits = Number(await redis.eval(visitScript, 1, storageKey(cookie), ttlSeconds));
    if (visits > 0) return { id: cookie, idHash: hash(cookie).slice(0, 12), visits };
  }
  const id = randomBytes(32).toString("base64url");
  const replies = await redis
    .multi()
    .hset(storageKey(id), { visits: 1, startedAt: new Date().toISOString() })
    .expire(storageKey(id), ttlSeconds)
    .exec();
  for (const [error] of replies ?? []) if (error !== null) throw error;
  return { id, idHash: hash(id).slice(0, 12), visits: 1 };
}

/** Redis holds the hash only: reading the store does not reveal usable cookies. */
function storageKey(id: string): string {
  return `session:${hash(id)}`;
}

function hash(id: string): string {
  return createHash("sha256").update(id).digest("hex");
}
