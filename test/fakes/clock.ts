/** Where the stand-in takes its time from. All values are milliseconds since 1970. */
export interface Clock {
  now(): number;
  /** Calls `act` once, when `delayMs` have passed; the answer takes that back. */
  after(delayMs: number, act: () => void): () => void;
}

interface Due {
  at: number;
  act: () => void;
}

/** A clock that stands still until a test moves it. What is due after 0 ms comes by itself. */
export class HandClock implements Clock {
  #now: number;
  #due: Due[] = [];

  constructor(startsAt: number = Date.now()) {
    this.#now = startsAt;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, act: () => void): () => void {
    if (delayMs <= 0) {
      const soon = setImmediate(act);
      return () => clearImmediate(soon);
    }
    const due = { at: this.#now + delayMs, act };
    this.#due.push(due);
    return () => {
      this.#due = this.#due.filter((each) => each !== due);
    };
  }

  /** Moves on, and calls what has become due, in the order in which it was. */
  advance(byMs: number): void {
    const until = this.#now + byMs;
    for (let next = this.#next(until); next; next = this.#next(until)) {
      this.#now = next.at;
      this.#due = this.#due.filter((each) => each !== next);
      next.act();
    }
    this.#now = until;
  }

  #next(until: number): Due | undefined {
    return this.#due.filter(({ at }) => at <= until).sort((one, other) => one.at - other.at)[0];
  }
}

/** The time on the wall, for benchmarks and for trying things by hand. */
export const wallClock: Clock = {
  now: () => Date.now(),
  after(delayMs, act) {
    const timer = setTimeout(act, delayMs).unref();
    return () => clearTimeout(timer);
  },
};
