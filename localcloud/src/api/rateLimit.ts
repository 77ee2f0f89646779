// One token bucket for each project (HC-R1).
import { ApiError } from "./calls/errors";

interface Bucket {
  left: number;
  /** When `left` was right, in milliseconds. */
  at: number;
}

export interface RateLimit {
  /** Takes one request from the bucket of `owner`; the headers tell what is left. */
  take(owner: string): { headers: Readonly<Record<string, string>>; exceeded: boolean };
}

export function createRateLimit(perHour: number): RateLimit {
  const perMillisecond = perHour / 3_600_000;
  const buckets = new Map<string, Bucket>();
  return {
    take(owner) {
      const now = Date.now();
      const bucket = buckets.get(owner) ?? { left: perHour, at: now };
      buckets.set(owner, bucket);
      bucket.left = Math.min(perHour, bucket.left + (now - bucket.at) * perMillisecond);
      bucket.at = now;
      const exceeded = bucket.left < 1;
      if (!exceeded) bucket.left -= 1;
      const full = now + (perHour - bucket.left) / perMillisecond;
      const headers = {
        "ratelimit-limit": String(perHour),
        "ratelimit-remaining": String(Math.floor(bucket.left)),
        "ratelimit-reset": String(Math.ceil(full / 1000)),
      };
      return { headers, exceeded };
    },
  };
}

export const rateLimitExceeded = () =>
  new ApiError("rate_limit_exceeded", "limit of requests per hour reached");
