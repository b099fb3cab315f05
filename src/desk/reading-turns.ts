/**
 * Who may read the history of a platform now: a few at once; no one while it asked to wait, and one
 * at a time from then on; and one at a time, ever more rarely, while it does not answer.
 */
import type { After } from "./timing.ts";

interface TurnParts {
  /** In ms since 1970. */
  now(): number;
  after: After;
}

/** Someone who waits for a turn. */
export interface Waiter {
  /** Comes before others. */
  isUrgent(): boolean;
  /** Whether it waits so long, or has better things to do. */
  waits(ms: number): boolean;
}

interface Waiting extends Waiter {
  go(isGiven: boolean): void;
}

const mostAtOnce = 3;
/** A few failures in a row may be of single threads. */
const mostFailures = 3;
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

export class ReadingTurns {
  readonly #parts: TurnParts;
  #waiting: Waiting[] = [];
  #taken = 0;
  #failures = 0;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;
  #isOver = false;
  #isSlow = false;

  constructor(parts: TurnParts) {
    this.#parts = parts;
  }

  /** The platform has asked to wait. */
  get isSlow(): boolean {
    return this.#isSlow;
  }

  /** How long nobody has a turn. */
  get pauseMs(): number {
    return Math.max(0, this.#pausedUntil - this.#parts.now());
  }

  /** True once it is one's turn, which `done` has to end; false when one does not wait for it. */
  turn(waiter: Waiter): Promise<boolean> {
    return new Promise((go) => {
      this.#waiting.push({ isUrgent: waiter.isUrgent, waits: waiter.waits, go });
      this.review();
    });
  }

  done(): void {
    this.#taken -= 1;
    this.review();
  }

  /** The platform asked to wait so long. */
  askedToWait(ms: number): void {
    this.#isSlow = true;
    this.#pause(ms);
  }

  failed(): void {
    this.#failures += 1;
    const inRow = this.#failures - mostFailures;
    if (inRow >= 0) this.#pause(Math.min(longestPauseMs, firstPauseMs * 2 ** inRow));
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** That it was slow is of the past. */
  forget(): void {
    this.#isSlow = false;
  }

  end(): void {
    this.#isOver = true;
    this.#cancel?.();
    for (const { go } of this.#waiting.splice(0)) go(false);
  }

  #pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#parts.now() + ms);
    this.review();
  }

  /** Gives turns to whom it can, and lets those go who do not wait any longer. */
  review(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#isOver) this.end();
    const { pauseMs } = this;
    if (pauseMs > 0) this.#letWait(pauseMs);
    else this.#give();
  }

  #letWait(ms: number): void {
    const leaving = this.#waiting.filter((each) => !each.waits(ms));
    this.#waiting = this.#waiting.filter((each) => !leaving.includes(each));
    if (this.#waiting.length > 0) this.#cancel = this.#parts.after(ms, () => this.review());
    for (const { go } of leaving) go(false);
  }

  #give(): void {
    const isCareful = this.#isSlow || this.#failures >= mostFailures;
    while (this.#waiting.length > 0 && this.#taken < (isCareful ? 1 : mostAtOnce)) {
      const urgent = this.#waiting.findIndex((each) => each.isUrgent());
      const [next] = this.#waiting.splice(Math.max(urgent, 0), 1);
      this.#taken += 1;
      next?.go(true);
    }
  }
}
