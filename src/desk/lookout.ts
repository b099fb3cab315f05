/** Looks every now and then whether a platform still lets us do our work, and tells operators. */
import { Pauses } from "./pauses.ts";
import type { Log } from "./ports.ts";
import type { After } from "./timing.ts";

interface LookoutParts {
  /** Its name, as people write it. */
  platform: string;
  log: Log;
  after: After;
}

const lookEveryMs = 30_000;
/** A connection that broke once is no problem yet. */
const lookAgainMs = 3_000;

export class Lookout {
  readonly #parts: LookoutParts;
  readonly #problems = new Map<string, string>();
  /** What was said of each thing that keeps nothing from working. */
  readonly #hints = new Map<string, string>();
  readonly #pauses: Pauses;

  constructor(parts: LookoutParts) {
    this.#parts = parts;
    this.#pauses = new Pauses(parts.after);
  }

  get stopped(): boolean {
    return this.#pauses.isOver;
  }

  /** Looks now, and every now and then from then on. Resolves when it has looked once. */
  async start(look: () => Promise<void>): Promise<void> {
    await look();
    void this.#goOn(look);
  }

  stop(): void {
    this.#pauses.end();
  }

  /** What is wrong, each as a sentence; empty when nothing is. */
  problems(): string[] {
    return [...this.#problems.values()];
  }

  /** Asks a second time, unless it was the platform that refused. */
  async askTwice<T>(ask: () => Promise<T>, isRefusal: (error: unknown) => boolean): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (isRefusal(error)) throw error;
      if (!(await this.#pauses.pause(lookAgainMs))) throw error;
      return ask();
    }
  }

  /** What is wrong with this, if anything is. */
  tell(name: string, problem: string | undefined): void {
    const { log, platform } = this.#parts;
    const before = this.#problems.get(name);
    if (problem === before) return;
    if (problem === undefined) {
      this.#problems.delete(name);
      log.info({ was: before }, `Something that was wrong in ${platform} is right again`);
    } else {
      this.#problems.set(name, problem);
      log.error({ problem }, `Something is wrong in ${platform}; what is owed there waits`);
    }
  }

  /** What operators may want to mend, though it keeps nothing from working: it is only logged. */
  hint(name: string, sentence: string | undefined): void {
    if (sentence === this.#hints.get(name)) return;
    if (sentence === undefined) this.#hints.delete(name);
    else {
      this.#hints.set(name, sentence);
      this.#parts.log.warn(
        { hint: sentence },
        `Something could be better in ${this.#parts.platform}`,
      );
    }
  }

  async #goOn(look: () => Promise<void>): Promise<void> {
    while (await this.#pauses.pause(lookEveryMs)) await look();
  }
}
