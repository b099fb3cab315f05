/**
 * Discord's limit on all that a bot asks: 50 calls a second, but for the answers to interactions.
 * https://docs.discord.com/developers/topics/rate-limits#global-rate-limit
 */
import type { After } from "../../src/desk/timing.ts";

const most = 50;
/** A little over a second: calls that left so far apart may arrive a little nearer to each other. */
const withinMs = 1_020;

/** A call that can wait leaves room for so many that cannot, and may come at any moment. */
const roomForWords = 8;
/** Unless it has waited for so long: then every so many-th call is such a one. */
const patienceMs = 5_000;
const minorEvery = 5;

const answersPeople = /\/(?:interactions|webhooks)\//;
const marks = /\/reactions\//;
/** They take a requester into the thread where something is posted meanwhile. */
const members = /\/thread-members\//;

interface Waiting {
  since: number;
  start: () => void;
}

interface GlobalPaceParts {
  /** In ms. */
  now(): number;
  after: After;
}

/** Lets calls begin no faster than Discord takes them: words first, marks last. */
export class GlobalPace {
  readonly #parts: GlobalPaceParts;
  /** When the last ones began, oldest first. */
  readonly #begun: number[] = [];
  readonly #words: Waiting[] = [];
  readonly #members: Waiting[] = [];
  readonly #minor: Waiting[] = [];
  #sinceMinor = 0;
  #notBefore = 0;
  #cancel: (() => void) | undefined;

  constructor(parts: GlobalPaceParts) {
    this.#parts = parts;
  }

  /** Resolves when a call of this address may begin. */
  turn(url: string): Promise<void> {
    if (answersPeople.test(url)) return Promise.resolve();
    return new Promise((start) => {
      this.#queueOf(url).push({ since: this.#parts.now(), start });
      this.#go();
    });
  }

  #queueOf(url: string): Waiting[] {
    if (marks.test(url)) return this.#minor;
    return members.test(url) ? this.#members : this.#words;
  }

  /** The one of those who leave no room whose turn is first: words go before members. */
  get #major(): Waiting[] {
    return this.#words.length > 0 ? this.#words : this.#members;
  }

  /** Discord has asked to wait so long with everything. */
  hold(waitMs: number): void {
    this.#notBefore = Math.max(this.#notBefore, this.#parts.now() + waitMs);
  }

  #go(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const now = this.#parts.now();
    for (let next = this.#next(now); next; next = this.#next(now)) {
      this.#begun.push(now);
      if (this.#begun.length > most) this.#begun.shift();
      next.start();
    }
    const until = this.#nextAt();
    if (until !== undefined) this.#cancel = this.#parts.after(until - now, () => this.#go());
  }

  /** Takes out who may begin now. */
  #next(now: number): Waiting | undefined {
    if (this.#roomAt(1) > now) return undefined;
    const [minor] = this.#minor;
    const isMinor = minor !== undefined && this.#isTurnOf(minor, now);
    this.#sinceMinor = isMinor ? 0 : this.#sinceMinor + 1;
    return (isMinor ? this.#minor : this.#major).shift();
  }

  #isTurnOf({ since }: Waiting, now: number): boolean {
    const isAlone = this.#major.length === 0;
    const isLate = since + patienceMs <= now;
    if (isLate) return isAlone || this.#sinceMinor >= minorEvery - 1;
    return isAlone && this.#roomAt(1 + roomForWords) <= now;
  }

  /** When the next one that waits may begin; undefined when none does. */
  #nextAt(): number | undefined {
    const [minor] = this.#minor;
    if (this.#major.length > 0) return this.#roomAt(1);
    if (!minor) return undefined;
    const lateAt = Math.max(this.#roomAt(1), minor.since + patienceMs);
    return Math.min(this.#roomAt(1 + roomForWords), lateAt);
  }

  /** From when on there is room for so many more. */
  #roomAt(room: number): number {
    const inTheWay = this.#begun.at(-(most - room + 1));
    return Math.max(inTheWay === undefined ? 0 : inTheWay + withinMs, this.#notBefore);
  }
}
