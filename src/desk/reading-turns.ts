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

interface Waiting {
  isUrgent(): boolean;
  go(isGiven: boolean): void;
}

const mostAtOnce = 3;
/** A few failures in a row may be of single threads. */
const mostFailures = 3;
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

export class ReadingTurns {
  readonly #parts: TurnParts;
  readonly #waiting: Waiting[] = [];
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

  /** Nobody has a turn until some time has passed. */
  get isPaused(): boolean {
    return this.#pausedUntil > this.#parts.now();
  }

  /** True once it is one's turn, which `done` has to end; false when there are no more. */
  turn(isUrgent: () => boolean): Promise<boolean> {
    return new Promise((go) => {
      this.#waiting.push({ isUrgent, go });
      this.#give();
    });
  }

  done(): void {
    this.#taken -= 1;
    this.#give();
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
    this.#give();
  }

  #give(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#isOver) this.end();
    const waitMs = this.#pausedUntil - this.#parts.now();
    if (waitMs > 0) {
      if (this.#waiting.length > 0) this.#cancel = this.#parts.after(waitMs, () => this.#give());
      return;
    }
    const isCareful = this.#isSlow || this.#failures >= mostFailures;
    while (this.#waiting.length > 0 && this.#taken < (isCareful ? 1 : mostAtOnce)) {
      const urgent = this.#waiting.findIndex((each) => each.isUrgent());
      const [next] = this.#waiting.splice(Math.max(urgent, 0), 1);
      this.#taken += 1;
      next?.go(true);
    }
  }
}
