/** Looks every now and then whether a platform still lets us do our work, and tells operators. */
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
  /** Ends each pause that is under way. */
  readonly #wakes = new Set<() => void>();
  #stopped = false;

  constructor(parts: LookoutParts) {
    this.#parts = parts;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Looks now, and every now and then from then on. Resolves when it has looked once. */
  async start(look: () => Promise<void>): Promise<void> {
    await look();
    void this.#goOn(look);
  }

  stop(): void {
    this.#stopped = true;
    for (const wake of [...this.#wakes]) wake();
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
      await this.#pause(lookAgainMs);
      if (this.#stopped) throw error;
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

  async #goOn(look: () => Promise<void>): Promise<void> {
    while (!this.#stopped) {
      await this.#pause(lookEveryMs);
      if (!this.#stopped) await look();
    }
  }

  async #pause(ms: number): Promise<void> {
    if (this.#stopped) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        cancel();
        this.#wakes.delete(wake);
        resolve();
      };
      const cancel = this.#parts.after(ms, wake);
      this.#wakes.add(wake);
    });
  }
}
