import { rateLimitMsOf, SlackFault } from "./errors.ts";

/** Calls that Slack counts together. */
export interface LineName {
  name: string;
  /** How far apart they are kept for a while after Slack has asked to wait. */
  apartMs: number;
}

/** For so long after Slack has asked to wait, calls are kept apart. */
const carefulMs = 10_000;

/** All times are in ms since 1970. */
interface Line {
  notBefore: number;
  carefulUntil: number;
  /** When those may call who were told to wait, each at its own time. */
  turns: number[];
  lastCall: number;
}

/**
 * Keeps calls back that Slack has asked to wait with. Each line waits by itself: posting is limited for
 * each channel, anything else for each method, https://docs.slack.dev/apis/web-api/rate-limits. Those
 * that wait in one line are told to come one after the other: all at once, most would be refused again.
 */
export class Pace {
  readonly #lines = new Map<string, Line>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Makes the call, unless its line has to wait: then it throws a `SlackFault` at once, and nothing
   * is sent.
   */
  async run<T>({ name, apartMs }: LineName, call: () => Promise<T>): Promise<T> {
    const waitMs = this.#waitMs(name, apartMs);
    if (waitMs > 0)
      throw new SlackFault("PACED", `${name} has to wait for ${waitMs} ms`, {
        retryAfterMs: waitMs,
      });
    try {
      return await call();
    } catch (error) {
      const askedMs = rateLimitMsOf(error);
      if (askedMs !== undefined) this.#hold(name, askedMs);
      throw error;
    }
  }

  /** 0: it is this call's turn. */
  #waitMs(name: string, apartMs: number): number {
    const line = this.#lines.get(name);
    if (!line) return 0;
    const now = this.#now();
    const [turn, ...others] = line.turns;
    if (turn === undefined && now >= line.carefulUntil) {
      this.#lines.delete(name);
      return 0;
    }
    const isTurn = turn === undefined ? now >= line.lastCall + apartMs : now >= turn;
    if (now >= line.notBefore && isTurn) {
      Object.assign(line, { turns: others, lastCall: now });
      return 0;
    }
    const last = Math.max(line.lastCall, line.turns.at(-1) ?? 0);
    const next = Math.max(line.notBefore, last + apartMs, now);
    line.turns.push(next);
    return next - now;
  }

  #hold(name: string, askedMs: number) {
    const now = this.#now();
    for (const [each, { carefulUntil, turns }] of this.#lines)
      if (carefulUntil <= now && (turns.at(-1) ?? 0) <= now) this.#lines.delete(each);
    const { notBefore: before = 0, turns = [], lastCall = 0 } = this.#lines.get(name) ?? {};
    const notBefore = Math.max(before, now + askedMs);
    const later = turns.filter((turn) => turn >= notBefore);
    const carefulUntil = notBefore + carefulMs;
    this.#lines.set(name, { notBefore, carefulUntil, turns: later, lastCall });
  }
}
