/** What was handed over for the process that leads: it takes it in. */
import { Pauses } from "./desk/pauses.ts";
import type { Handed, Log, Others } from "./desk/ports.ts";
import type { After } from "./desk/timing.ts";

interface HandedParts {
  others: Pick<Others, "handed" | "taken">;
  /** Such that taking it in twice is once. `not now`: nothing can be taken in at the moment. */
  take(handed: Handed): Promise<"in" | "failed" | "not now">;
  /** What has the same line is taken in one after the other. */
  lineOf(handed: Handed): string;
  /** Told of what is given up. */
  onDropped(handed: Handed): void;
  log: Log;
  after: After;
}

const lookEveryMs = 1_000;
const tryAgainMs = 2_000;
/** What has failed so often keeps what comes after it on its line waiting no more. */
const mostTries = 5;
const tryApartMs = 60_000;
/** What waits beyond them stays where it is. */
const mostAtOnce = 500;

export class HandedOver {
  readonly #parts: HandedParts;
  /** By the line, what is being taken in. */
  readonly #underway = new Map<string, Handed>();
  /** What has failed often, and is not to be tried for a while. */
  readonly #apart = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #pauses: Pauses;
  #looking: Promise<void> | undefined;
  #isAsked = false;
  #isWaiting = false;
  #wasEmpty = false;

  constructor(parts: HandedParts) {
    this.#parts = parts;
    this.#pauses = new Pauses(parts.after);
  }

  /** Whether what was there when this process began to lead has been taken in. */
  get isDrained(): boolean {
    return this.#wasEmpty;
  }

  /** Looks now, unless something has failed just before, and every now and then. Does not wait. */
  look(): void {
    if (this.#pauses.isOver || this.#isWaiting) return;
    this.#isAsked = true;
    this.#looking ??= this.#lookUntilDone().finally(() => {
      this.#looking = undefined;
    });
  }

  async stop(): Promise<void> {
    this.#pauses.end();
    await this.#looking;
  }

  async #lookUntilDone(): Promise<void> {
    while (this.#isAsked && !this.#pauses.isOver && !this.#isWaiting) {
      this.#isAsked = false;
      if (await this.#lookOnce()) this.#isAsked = true;
    }
    if (!this.#isWaiting) this.#later(lookEveryMs, () => this.look());
  }

  #later(ms: number, act: () => void): void {
    void this.#pauses.pause(ms).then((isDue) => {
      if (isDue) act();
    });
  }

  /** Whether there may be more. */
  async #lookOnce(): Promise<boolean> {
    const { others, log, lineOf } = this.#parts;
    if (this.#underway.size >= mostAtOnce) return false;
    try {
      const underway = [...this.#underway.values()].map(({ id }) => id);
      const all = await others.handed([...underway, ...this.#apart]);
      if (all.length === 0 && underway.length === 0) this.#wasEmpty = true;
      // What has failed meanwhile is not among them, and comes first.
      if (this.#isWaiting || this.#pauses.isOver) return false;
      let begun = 0;
      for (const each of all) {
        const line = `${each.platform} ${lineOf(each)}`;
        if (this.#underway.has(line)) continue;
        begun += 1;
        this.#underway.set(line, each);
        void this.#take(line, each);
      }
      return begun > 0;
    } catch (err) {
      log.error({ err }, "What was handed over cannot be read: it waits");
      return false;
    }
  }

  async #take(line: string, handed: Handed): Promise<void> {
    const { id, platform } = handed;
    try {
      await this.#takeIn(handed);
      this.#failures.delete(id);
      this.#underway.delete(line);
      // What is next on its line could not be begun.
      this.look();
    } catch (err) {
      if (err !== notNow) {
        this.#parts.log.error(
          { platform, id, err },
          "What was handed over failed: it is tried again",
        );
        this.#noteFailure(id);
      }
      this.#underway.delete(line);
      this.#pause();
    }
  }

  async #takeIn(handed: Handed): Promise<void> {
    const { others, take, log, onDropped } = this.#parts;
    const { id, platform, isOld } = handed;
    const outcome = await take(handed);
    if (outcome === "not now") throw notNow;
    if (outcome === "failed" && !isOld) throw new Error("it could not be taken in");
    if (outcome === "failed") {
      log.error({ platform, id }, "What was told could not be taken in for a day: it is dropped");
      onDropped(handed);
    }
    await others.taken(id);
  }

  #noteFailure(id: string): void {
    const failures = (this.#failures.get(id) ?? 0) + 1;
    this.#failures.set(id, failures);
    if (failures < mostTries) return;
    this.#apart.add(id);
    this.#later(tryApartMs, () => this.#apart.delete(id));
  }

  /** What comes next on a line that failed is not to overtake it. */
  #pause(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#later(tryAgainMs, () => {
      this.#isWaiting = false;
      this.look();
    });
  }
}

const notNow = new Error("nothing can be taken in at the moment");
