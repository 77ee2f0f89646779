import { randomFillSync } from "node:crypto";

const BYTES = 8;
const POOL = Buffer.alloc(512 * BYTES);

let used = POOL.length;

/** A new id for the header `x-correlation-id`; randomness is fetched for many at once. */
export function correlationId(): string {
  if (used === POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  used += BYTES;
  return POOL.toString("hex", used - BYTES, used);
}
