/** How long ago the database last let this process know that it holds it, by the process's own clocks. */
export class Freshness {
  readonly #forMs: number;
  #at: { monotonic: number; wall: number };

  constructor(forMs: number) {
    this.#forMs = forMs;
    this.#at = now();
  }

  /** Asks, and notes that it was so when it was asked. Throws what asking throws. */
  async confirm(ask: () => Promise<unknown>): Promise<void> {
    const asked = now();
    await ask();
    this.#at = asked;
  }

  /** Of two clocks the one that says more: one may stand still with the machine, one may be set. */
  get isFresh(): boolean {
    const { monotonic, wall } = now();
    return Math.max(monotonic - this.#at.monotonic, wall - this.#at.wall) < this.#forMs;
  }
}

const now = () => ({ monotonic: performance.now(), wall: Date.now() });
