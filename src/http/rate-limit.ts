import { LRUCache } from "lru-cache";

interface Bucket {
  tokens: number;
  /** When `tokens` was right, in ms. */
  at: number;
}

/** More callers than this at once are the few who have tokens and many who guess. */
const mostCallers = 10_000;

const minuteMs = 60_000;

/**
 * A token bucket per caller: a minute's worth at once, refilled evenly. Gives 0 when the caller
 * may go on, else in how many ms they may.
 */
export function rateLimiter(
  perMinute: number | undefined,
  now: () => number,
): (caller: string) => number {
  if (perMinute === undefined) return () => 0;
  const buckets = new LRUCache<string, Bucket>({ max: mostCallers });
  const perMs = perMinute / minuteMs;
  return (caller) => {
    const at = now();
    const bucket = buckets.get(caller) ?? { tokens: perMinute, at };
    const elapsedMs = Math.max(0, at - bucket.at);
    bucket.tokens = Math.min(perMinute, bucket.tokens + elapsedMs * perMs);
    bucket.at = at;
    buckets.set(caller, bucket);
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / perMs);
    bucket.tokens -= 1;
    return 0;
  };
}
