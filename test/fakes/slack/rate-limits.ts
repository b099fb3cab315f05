import type { Clock } from "../clock.ts";

export interface Rate {
  /** How many calls are allowed at once. */
  burst: number;
  /** After how long one more is. */
  everyMs: number;
}

/**
 * https://docs.slack.dev/apis/web-api/rate-limits: for each method, and for posting also for each
 * channel. Nothing is limited until a test says how much.
 */
export class RateLimits {
  readonly #clock: Clock;
  readonly #rates = new Map<string, Rate>();
  readonly #full = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  set(method: string, rate: Rate): void {
    this.#rates.set(method, rate);
  }

  /** Undefined when the call may be made, or else after how many seconds it may. */
  retryAfterS(method: string, channel: unknown): number | undefined {
    const rate = this.#rates.get(method);
    if (!rate) return undefined;
    const key = method.startsWith("chat.") ? `${method} ${String(channel)}` : method;
    const now = this.#clock.now();
    const fullAt = Math.max(this.#full.get(key) ?? 0, now);
    const waitMs = fullAt + rate.everyMs - rate.burst * rate.everyMs - now;
    if (waitMs > 0) return Math.ceil(waitMs / 1_000);
    this.#full.set(key, fullAt + rate.everyMs);
    return undefined;
  }
}
