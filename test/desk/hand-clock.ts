/** A clock that stands until it is moved, with the timers that wait for it. */
export class HandClock {
  #now = Date.parse("2026-01-01T00:00:00Z");
  #timers: { at: number; work: () => void }[] = [];

  readonly now = (): number => this.#now;

  readonly after = (ms: number, work: () => void): (() => void) => {
    const timer = { at: this.#now + ms, work };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  };

  /** When the next timer is due; undefined when none waits. */
  get next(): number | undefined {
    return this.#timers.length === 0 ? undefined : Math.min(...this.#timers.map(({ at }) => at));
  }

  /** Moves to this time, timer after timer; `settled` lets what each began come to rest. */
  async moveTo(time: number, settled: () => Promise<void>): Promise<void> {
    for (;;) {
      await settled();
      const { next } = this;
      if (next === undefined || next > time) break;
      this.#now = Math.max(this.#now, next);
      const due = this.#timers.filter(({ at }) => at <= this.#now);
      this.#timers = this.#timers.filter(({ at }) => at > this.#now);
      for (const { work } of due) work();
    }
    this.#now = Math.max(this.#now, time);
  }
}
