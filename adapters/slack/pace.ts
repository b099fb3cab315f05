import { rateLimitMsOf, SlackFault } from "./errors.ts";

/**
 * Keeps calls back that Slack has asked to wait with. Each line waits by itself: posting is limited for
 * each channel, anything else for each method, https://docs.slack.dev/apis/web-api/rate-limits.
 */
export class Pace {
  /** By line, in ms since 1970. */
  readonly #notBefore = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Makes the call, unless its line has to wait: then it throws a `SlackFault` at once, and nothing
   * is sent.
   */
  async run<T>(line: string, call: () => Promise<T>): Promise<T> {
    const waitMs = (this.#notBefore.get(line) ?? 0) - this.#now();
    if (waitMs > 0)
      throw new SlackFault("PACED", `${line} has to wait for ${waitMs} ms`, {
        retryAfterMs: waitMs,
      });
    try {
      return await call();
    } catch (error) {
      const askedMs = rateLimitMsOf(error);
      if (askedMs !== undefined) this.#hold(line, askedMs);
      throw error;
    }
  }

  #hold(line: string, askedMs: number) {
    const now = this.#now();
    for (const [each, until] of this.#notBefore) if (until <= now) this.#notBefore.delete(each);
    this.#notBefore.set(line, Math.max(this.#notBefore.get(line) ?? 0, now + askedMs));
  }
}
