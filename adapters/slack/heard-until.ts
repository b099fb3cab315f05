/** Until when Slack has told of all that people write, and what is to be read back because it has not. */
import { z } from "zod";
import type { After } from "../../src/desk/timing.ts";
import { msOf } from "./references.ts";

/** An event about a message, on its way into the desk. Times are in ms since 1970. */
export interface Coming {
  /** The same whenever it comes again. */
  name: string;
  /** When it happened. */
  at: number;
  /** When the message that it is about was written. */
  writtenAt: number;
}

/** What may not have been told of. */
interface Hole {
  at: number;
  writtenAt: number;
  /** How often it is being taken in just now. */
  underway: number;
  /** It is not waited for any more. */
  forget: () => void;
}

/**
 * What failed comes again within 5 minutes (https://docs.slack.dev/apis/events-api/#retries), if it
 * does.
 */
const comesAgainWithinMs = 6 * 60_000;

const minuteMs = 60_000;

export class HeardUntil {
  readonly #after: After;
  readonly #holes = new Map<string, Hole>();
  #missed: (sinceMs?: number) => void = () => undefined;
  #until: (() => number) | undefined;
  #endedAt: number | undefined;
  #gaps = 0;
  #isStopped = false;

  constructor({ after }: { after: After }) {
    this.#after = after;
  }

  /** Undefined before the first time that `begins` was called. Else in ms since 1970. */
  get until(): number | undefined {
    const now = this.#until?.() ?? this.#endedAt;
    if (now === undefined) return undefined;
    return Math.min(now, ...[...this.#holes.values()].map(({ at }) => at));
  }

  /** How often something was missed. */
  get gaps(): number {
    return this.#gaps;
  }

  /** Who is told of what was missed; without a time, since we last ran. */
  tells(missed: (sinceMs?: number) => void): void {
    this.#missed = missed;
  }

  /** From now on Slack tells us, and has told us of everything until then. Twice is once. */
  begins(until: () => number): void {
    if (this.#until || this.#isStopped) return;
    this.#until = until;
    this.#miss(this.#endedAt);
  }

  /** Slack tells us nothing any more; until then (ms since 1970) it did. */
  ends(at: number): void {
    if (!this.#until) return;
    this.#until = undefined;
    this.#endedAt = at;
  }

  /** Nothing is taken in any more. */
  stops(): void {
    this.#isStopped = true;
    if (this.#until) this.ends(this.#until());
    for (const { forget } of this.#holes.values()) forget();
  }

  /** Until it `isIn`, or `failed` for the last time, it is not told of. */
  comes({ name, at, writtenAt }: Coming): void {
    const hole = this.#holes.get(name);
    hole?.forget();
    const underway = (hole?.underway ?? 0) + 1;
    this.#holes.set(name, { at, writtenAt, underway, forget: () => undefined });
  }

  isIn({ name }: Coming): void {
    this.#holes.get(name)?.forget();
    this.#holes.delete(name);
  }

  /** It could not be taken in. `isLast`: it does not come again. */
  failed({ name }: Coming, isLast: boolean): void {
    const hole = this.#holes.get(name);
    // Another try of it may be in by now, or under way still.
    if (!hole) return;
    hole.underway -= 1;
    if (hole.underway > 0) return;
    if (isLast) this.#lost(name);
    else this.#waits(name, comesAgainWithinMs);
  }

  /**
   * In this minute (ms since 1970), Slack drops what it has no room for: when it is over, all of it is
   * read back. https://docs.slack.dev/reference/events/app_rate_limited
   */
  holdsBack(minute: number, now: number): void {
    const name = `minute ${minute}`;
    this.#holes.get(name)?.forget();
    this.#holes.set(name, { at: minute, writtenAt: minute, underway: 0, forget: () => undefined });
    this.#waits(name, Math.max(0, minute + minuteMs - now));
  }

  /** What was written from then on (ms since 1970) was not told of, for another reason. */
  missed(since: number): void {
    if (!this.#isStopped) this.#miss(since);
  }

  #waits(name: string, ms: number): void {
    const hole = this.#holes.get(name);
    if (hole && !this.#isStopped) hole.forget = this.#after(ms, () => this.#lost(name));
  }

  #lost(name: string): void {
    const hole = this.#holes.get(name);
    if (!hole || this.#isStopped) return;
    this.#miss(hole.writtenAt);
    this.#holes.delete(name);
  }

  #miss(since: number | undefined): void {
    this.#gaps += 1;
    this.#missed(since);
  }
}

const text = z.string().optional().catch(undefined);

const envelopeSchema = z.object({
  event_id: z.string(),
  event: z.object({
    type: z.literal("message"),
    ts: text,
    event_ts: text,
    deleted_ts: text,
    message: z.object({ ts: text }).optional().catch(undefined),
  }),
});

/** Undefined for whatever is about no message. */
export function comingIn(body: unknown): Coming | undefined {
  const { data } = envelopeSchema.safeParse(body);
  if (!data) return undefined;
  const { event_id: name, event } = data;
  const written = event.message?.ts ?? event.deleted_ts ?? event.ts;
  const happened = event.event_ts ?? event.ts ?? written;
  if (written === undefined || happened === undefined) return undefined;
  return { name, at: msOf(happened), writtenAt: msOf(written) };
}
