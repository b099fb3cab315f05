import type { Pace as ChannelPace } from "../../src/desk/chat.ts";
import { rateLimitMsOf, SlackFault } from "./errors.ts";
import { rates } from "./limits.ts";

interface Rate {
  /** How many calls may come at once. */
  burst: number;
  /** After how long one more may. */
  everyMs: number;
}

/** All times are in ms since 1970. */
interface Line {
  rate: Rate;
  /** Slack has asked to wait until then. */
  notBefore: number;
  /** When as many calls may come at once again as ever. */
  fullAt: number;
  /** When those may call who were told to wait, each at its own time. */
  told: number[];
}

/** Of one call: its method, and the channel that it is about. */
export interface Called {
  method: string;
  channel?: string | undefined;
}

/** Who was told to come, and comes later than this, waits with the others. */
const lateMs = 10_000;
/** After Slack has asked to wait, calls are kept apart for so long. */
const carefulMs = 60_000;
const fewLines = 1_000;
const mostPeople = 10_000;

/**
 * Keeps the pace that Slack asks for. How soon a channel takes one more message is told beforehand
 * (`at`), so that whoever posts can wait; the limits of other methods are not known exactly. Once
 * Slack has asked to wait, calls are kept back: those that wait in one line are told to come one after
 * the other, as all at once, most would be refused again.
 */
export class Pace {
  readonly #lines = new Map<string, Line>();
  /** Of people, their direct messages. */
  readonly #channels = new Map<string, string>();
  readonly #now: () => number;
  #mostLines = fewLines;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Where a person is, so that is known what is in one line with what goes to them. */
  learn(person: string, channel: string): void {
    if (person === channel) return;
    if (this.#channels.size >= mostPeople) this.#channels.clear();
    this.#channels.set(person, channel);
  }

  /** How long it is until one more message may be posted in a channel, or to a person; 0: now. */
  at(where: string): ChannelPace {
    const name = this.#channels.get(where) ?? where;
    const line = this.#lines.get(name);
    const now = this.#now();
    const waitMs = !line || isTold(line, now) ? 0 : Math.max(0, nextIn(line) - now);
    return { line: name, waitMs };
  }

  /**
   * Makes the call, unless Slack has asked its line to wait: then it throws a `SlackFault` at once, and
   * nothing is sent.
   */
  async run<T>(called: Called, call: () => Promise<T>): Promise<T> {
    const waitMs = this.#take(called);
    if (waitMs > 0)
      throw new SlackFault("PACED", `${called.method} has to wait for ${waitMs} ms`, {
        retryAfterMs: waitMs,
      });
    try {
      return await call();
    } catch (error) {
      const askedMs = rateLimitMsOf(error);
      if (askedMs !== undefined) this.#hold(called, askedMs);
      throw error;
    }
  }

  /** Counts a call, for now or, when it has to wait so long, for then. */
  #take(called: Called): number {
    const now = this.#now();
    const line = isPost(called) ? this.#line(called) : this.#lines.get(nameOf(called));
    if (!line) return 0;
    if (isTold(line, now)) {
      line.told.shift();
      return 0;
    }
    const isAsked = now < line.notBefore + carefulMs;
    const at = isAsked ? Math.max(nextIn(line), now) : now;
    line.fullAt = Math.max(line.fullAt, at) + line.rate.everyMs;
    if (at > now) line.told.push(at);
    return at - now;
  }

  #hold(called: Called, askedMs: number): void {
    const line = this.#line(called);
    line.notBefore = Math.max(line.notBefore, this.#now() + askedMs);
    line.told = line.told.filter((at) => at >= line.notBefore);
    // From then on, one at a time.
    const { burst, everyMs } = line.rate;
    line.fullAt = line.notBefore + (burst - 1 + line.told.length) * everyMs;
  }

  #line(called: Called): Line {
    const name = nameOf(called);
    const known = this.#lines.get(name);
    if (known) return known;
    this.#tidy();
    const line: Line = { rate: rateOf(called), notBefore: 0, fullAt: 0, told: [] };
    this.#lines.set(name, line);
    return line;
  }

  /** Forgets the lines in which no one has to wait. */
  #tidy(): void {
    if (this.#lines.size < this.#mostLines) return;
    const before = this.#now() - carefulMs;
    for (const [name, line] of this.#lines) if (isIdle(line, before)) this.#lines.delete(name);
    this.#mostLines = Math.max(fewLines, 2 * this.#lines.size);
  }
}

const posts: ReadonlySet<string> = new Set(rates.posts);
const history: ReadonlySet<string> = new Set(rates.history);
const perMinute: ReadonlyMap<string, number> = new Map(Object.entries(rates.perMinute));

const isPost = ({ method, channel }: Called): boolean => channel !== undefined && posts.has(method);

const nameOf = (called: Called): string =>
  isPost(called) ? (called.channel ?? "") : called.method;

function rateOf(called: Called): Rate {
  if (isPost(called)) return rates.posting;
  if (history.has(called.method)) return { burst: 1, everyMs: 0 };
  const most = perMinute.get(called.method) ?? rates.otherPerMinute;
  return { burst: 1, everyMs: 60_000 / most };
}

const nextIn = ({ notBefore, fullAt, rate: { burst, everyMs } }: Line): number =>
  Math.max(notBefore, fullAt + everyMs - burst * everyMs);

/** Whether it is the time of someone who was told to come. */
function isTold(line: Line, now: number): boolean {
  line.told = line.told.filter((at) => at > now - lateMs);
  const [first] = line.told;
  return first !== undefined && first <= now;
}

const isIdle = ({ notBefore, fullAt, told }: Line, before: number): boolean =>
  Math.max(notBefore, fullAt, ...told) <= before;
