/**
 * Whether a bucket answers at all. One that takes connections and says nothing would hold up whoever
 * needs it, each as long as the first one: so after one call that was not answered in time, all fail
 * at once. Whether it is back is tried by a call that nobody waits for, one at a time.
 */
import { Circuit } from "../desk/circuit.ts";
import type { After } from "../desk/timing.ts";
import { BucketError } from "./bucket-errors.ts";

interface AnsweringParts {
  /** In ms since 1970. */
  now(): number;
  after: After;
  /** From 0 to 1. */
  random(): number;
  /** Asks it something small; throws a `BucketError` that `isUnanswered` while it does not answer. */
  tries(): Promise<Response>;
}

/** People wait for their files: it is tried after 1, 2, 4, … seconds, and then this often. */
const longestProbeMs = 10_000;

export class Answering {
  readonly #parts: AnsweringParts;
  readonly #circuit: Circuit;
  /** Takes back that it is tried later. */
  #cancel: () => void = () => undefined;
  #isOver = false;

  constructor(parts: AnsweringParts) {
    this.#parts = parts;
    this.#circuit = new Circuit(parts.random, { mostDown: 1, longestProbeMs });
  }

  /** It is not tried any more. */
  close(): void {
    this.#isOver = true;
    this.#cancel();
  }

  /** Throws a `BucketError` while it does not answer. */
  check(): void {
    const { openSince } = this.#circuit;
    if (openSince === undefined) return;
    const since = new Date(openSince).toISOString();
    const message = `it has not answered since ${since}, and is not asked until it does`;
    throw new BucketError(message, { isUnanswered: true });
  }

  /** Takes note of how the work goes; throws what it throws. */
  async heed<T>(work: () => Promise<T>): Promise<T> {
    try {
      const done = await work();
      this.#hear(undefined);
      return done;
    } catch (error) {
      this.#hear(error);
      throw error;
    }
  }

  /** Also what is refused, or cannot be reached, fails soon: nobody is held up by it. */
  #hear(error: unknown, isProbe = false): void {
    const sign = isUnanswered(error) ? "down" : "answers";
    const change = this.#circuit.end(sign, isProbe, this.#parts.now());
    if (change === "closed") this.#cancel();
    if (change === "opened" || (isProbe && sign === "down")) this.#tryLater();
  }

  #tryLater(): void {
    this.#cancel();
    if (this.#isOver) return;
    const { now, after } = this.#parts;
    this.#cancel = after(this.#circuit.probeAt - now(), () => void this.#try());
  }

  async #try(): Promise<void> {
    const isProbe = this.#circuit.begin();
    try {
      const { body } = await this.#parts.tries();
      body?.cancel().catch(() => undefined);
      this.#hear(undefined, isProbe);
    } catch (error) {
      this.#hear(error, isProbe);
    }
  }
}

const isUnanswered = (error: unknown): boolean =>
  error instanceof BucketError && error.isUnanswered;
