/** What others were told by a platform and have handed over: the one that leads takes it in. */
import type { Handed, Log, Others } from "./desk/ports.ts";
import type { After } from "./desk/timing.ts";

interface HandedParts {
  others: Pick<Others, "handed" | "taken">;
  /** Whether it was taken in; such that taking it in twice is once. */
  take(handed: Handed): Promise<boolean>;
  log: Log;
  after: After;
}

const lookEveryMs = 1_000;
/** What comes after something that failed waits with it, so that it is taken in after it. */
const tryAgainMs = 2_000;
/** What has failed so often keeps nothing else waiting any more. */
const mostTries = 5;
const tryApartMs = 60_000;
/** What waits beyond them stays where it is. */
const mostAtOnce = 500;

export class HandedOver {
  readonly #parts: HandedParts;
  /** What is being taken in, or is not to be tried for a while. */
  readonly #underway = new Set<string>();
  readonly #failures = new Map<string, number>();
  #looking: Promise<void> | undefined;
  #isAsked = false;
  #isWaiting = false;
  #cancel: () => void = () => undefined;
  #isStopped = false;

  constructor(parts: HandedParts) {
    this.#parts = parts;
  }

  /** Looks now, unless something has failed just before, and every now and then. Does not wait. */
  look(): void {
    if (this.#isStopped || this.#isWaiting) return;
    this.#isAsked = true;
    this.#looking ??= this.#lookUntilDone().finally(() => {
      this.#looking = undefined;
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#looking;
  }

  async #lookUntilDone(): Promise<void> {
    while (this.#isAsked && !this.#isStopped && !this.#isWaiting) {
      this.#isAsked = false;
      if ((await this.#lookOnce()) > 0) this.#isAsked = true;
    }
    if (!this.#isWaiting) this.#later(lookEveryMs);
  }

  #later(ms: number): void {
    this.#cancel();
    if (this.#isStopped) return;
    this.#cancel = this.#parts.after(ms, () => {
      this.#isWaiting = false;
      this.look();
    });
  }

  /** Resolves to how much is begun with. */
  async #lookOnce(): Promise<number> {
    const { others, log } = this.#parts;
    if (this.#underway.size >= mostAtOnce) return 0;
    try {
      const all = await others.handed([...this.#underway]);
      // In the order in which they came; what belongs together waits for each other there.
      for (const each of this.#isStopped ? [] : all) void this.#take(each);
      return all.length;
    } catch (err) {
      log.error({ err }, "What others were told cannot be read: it waits");
      return 0;
    }
  }

  async #take(handed: Handed): Promise<void> {
    const { others, log } = this.#parts;
    const { id, platform, isOld } = handed;
    this.#underway.add(id);
    try {
      const isIn = await this.#parts.take(handed);
      if (!isIn && isOld)
        log.error({ platform, id }, "What was told could not be taken in for a day: it is dropped");
      if (!isIn && !isOld) return this.#failed(id);
      await others.taken(id);
      this.#failures.delete(id);
      this.#underway.delete(id);
    } catch (err) {
      log.error({ platform, id, err }, "What was told could not be taken in: it is tried again");
      this.#failed(id);
    }
  }

  #failed(id: string): void {
    const failures = (this.#failures.get(id) ?? 0) + 1;
    this.#failures.set(id, failures);
    if (failures > mostTries) {
      this.#parts.after(tryApartMs, () => this.#underway.delete(id));
      return;
    }
    this.#underway.delete(id);
    this.#isWaiting = true;
    this.#later(tryAgainMs);
  }
}
