import { createHash } from "node:crypto";

export interface Rate {
  /** How many calls are allowed. */
  limit: number;
  /** In which time; it is real time, since who calls waits in real time. */
  perMs: number;
}

interface Window {
  endsAt: number;
  used: number;
}

/** What a call got: headers for its answer, and for how long to wait when it was one too many. */
export interface Permit {
  readonly headers: Record<string, string>;
  readonly retryAfterS: number | undefined;
}

/**
 * https://docs.discord.com/developers/topics/rate-limits: a bucket for each route and channel (or
 * guild, or webhook). Nothing is limited until a test says how much.
 */
export class RateLimits {
  readonly #rates = new Map<string, Rate>();
  readonly #windows = new Map<string, Window>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** `route` is as `PATCH /channels/:id`. */
  set(route: string, rate: Rate): void {
    this.#rates.set(route, rate);
  }

  /** `major` is the channel, guild or webhook that the call is about. */
  take(route: string, major: string): Permit {
    const rate = this.#rates.get(route);
    if (!rate) return { headers: {}, retryAfterS: undefined };
    const key = `${route} ${major}`;
    const now = this.#now();
    const known = this.#windows.get(key);
    const current = known && known.endsAt > now ? known : { endsAt: now + rate.perMs, used: 0 };
    this.#windows.set(key, current);
    const over = current.used >= rate.limit;
    if (!over) current.used += 1;
    const leftS = (current.endsAt - now) / 1_000;
    const headers = {
      "x-ratelimit-limit": String(rate.limit),
      "x-ratelimit-remaining": String(rate.limit - current.used),
      "x-ratelimit-reset": String(current.endsAt / 1_000),
      "x-ratelimit-reset-after": String(leftS),
      "x-ratelimit-bucket": createHash("sha1").update(route).digest("hex").slice(0, 16),
    };
    return { headers, retryAfterS: over ? leftS : undefined };
  }
}
