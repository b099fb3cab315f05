/**
 * Discord's limit on all that a bot asks: 50 calls a second, but for the answers to interactions.
 * https://docs.discord.com/developers/topics/rate-limits#global-rate-limit
 */
import type { After } from "../../src/desk/timing.ts";

const most = 50;
/** A little over a second: calls that left so far apart may arrive a little nearer to each other. */
const withinMs = 1_020;

/** While there is something of both kinds, every so many-th call is one that can wait. */
const minorEvery = 5;

const answersPeople = /\/(?:interactions|webhooks)\//;
const marks = /\/reactions\//;

type Start = () => void;

interface GlobalPaceParts {
  /** In ms. */
  now(): number;
  after: After;
}

/** Lets calls begin no faster than Discord takes them: marks after what people wait for. */
export class GlobalPace {
  readonly #parts: GlobalPaceParts;
  /** When the last ones began, oldest first. */
  readonly #begun: number[] = [];
  readonly #words: Start[] = [];
  readonly #minor: Start[] = [];
  #sinceMinor = 0;
  #notBefore = 0;
  #isWaiting = false;

  constructor(parts: GlobalPaceParts) {
    this.#parts = parts;
  }

  /** Resolves when a call of this address may begin. */
  turn(url: string): Promise<void> {
    if (answersPeople.test(url)) return Promise.resolve();
    return new Promise((resolve) => {
      (marks.test(url) ? this.#minor : this.#words).push(resolve);
      this.#go();
    });
  }

  /** Discord has asked to wait so long with everything. */
  hold(waitMs: number): void {
    this.#notBefore = Math.max(this.#notBefore, this.#parts.now() + waitMs);
  }

  #go(): void {
    if (this.#isWaiting) return;
    const now = this.#parts.now();
    while (this.#waitMs(now) <= 0) {
      const start = this.#next();
      if (!start) return;
      this.#begun.push(now);
      if (this.#begun.length > most) this.#begun.shift();
      start();
    }
    if (this.#words.length + this.#minor.length > 0) this.#goLater(this.#waitMs(now));
  }

  #goLater(waitMs: number): void {
    this.#isWaiting = true;
    this.#parts.after(waitMs, () => {
      this.#isWaiting = false;
      this.#go();
    });
  }

  #waitMs(now: number): number {
    const [first = 0] = this.#begun;
    const next = this.#begun.length < most ? 0 : first + withinMs;
    return Math.max(next, this.#notBefore) - now;
  }

  #next(): Start | undefined {
    const isMinorNext = this.#words.length === 0 || this.#sinceMinor >= minorEvery - 1;
    const minor = isMinorNext ? this.#minor.shift() : undefined;
    this.#sinceMinor = minor ? 0 : this.#sinceMinor + 1;
    return minor ?? this.#words.shift();
  }
}
