import type { After } from "./timing.ts";

/** What someone waits for between two tries; all of it can be ended at once. */
export class Pauses {
  readonly #after: After;
  /** Ends each pause that is under way. */
  readonly #wakes = new Set<() => void>();
  #isOver = false;

  constructor(after: After) {
    this.#after = after;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether the time has passed; false when it was ended before, or all were. */
  async pause(ms: number): Promise<boolean> {
    if (this.#isOver) return false;
    await new Promise<void>((resolve) => {
      const wake = () => {
        cancel();
        this.#wakes.delete(wake);
        resolve();
      };
      const cancel = this.#after(ms, wake);
      this.#wakes.add(wake);
    });
    return !this.#isOver;
  }

  /** Ends those under way, and any that are asked for later. */
  end(): void {
    this.#isOver = true;
    for (const wake of [...this.#wakes]) wake();
  }
}
