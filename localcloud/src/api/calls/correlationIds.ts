import { randomFillSync } from "node:crypto";

const bytes = 8;
const pool = Buffer.alloc(512 * bytes);

let used = pool.length;

/** A new id for the header `x-correlation-id`; randomness is fetched for many at once. */
export function correlationId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString("hex", used - bytes, used);
}
