/** Waiting for a bucket, but never for ever. */
import type { After } from "../desk/timing.ts";
import { BucketError, unreached } from "./bucket-errors.ts";

/** What is under way, each with a time limit; all of it ends when the client does. */
export class Calls {
  readonly #after: After;
  readonly #underway = new Set<(error: BucketError) => void>();
  #isOver = false;

  constructor(after: After) {
    this.#after = after;
  }

  close(): void {
    this.#isOver = true;
    for (const end of [...this.#underway]) end(new BucketError(stopping));
  }

  /** Ends early when all is over, and what comes next with it. */
  async pause(ms: number): Promise<void> {
    await this.within(ms, () => new Promise(() => undefined)).catch(() => undefined);
  }

  /** Throws a `BucketError`, also while the work goes on: `isUnanswered` once this took too long. */
  async within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#isOver) throw new BucketError(stopping);
    const controller = new AbortController();
    let end: (error: BucketError) => void = () => undefined;
    const ended = new Promise<never>((_, reject) => {
      end = (error) => {
        reject(error);
        controller.abort();
      };
    });
    this.#underway.add(end);
    const late = `there was no answer within ${Math.ceil(ms / 1_000)} s`;
    const cancel = this.#after(ms, () => end(new BucketError(late, { isUnanswered: true })));
    try {
      return await Promise.race([ended, work(controller.signal)]);
    } catch (cause) {
      throw cause instanceof BucketError ? cause : unreached(cause);
    } finally {
      cancel();
      this.#underway.delete(end);
    }
  }
}

const stopping = "Deskhand is stopping";
