import type { Process } from "./engine.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/** Something that is asked of Deskhand, again and again until there is an answer. */
export interface Ask<T> {
  label: string;
  work(process: Process): Promise<T>;
  /** `later`: it cannot be answered yet, and is asked again. */
  answered(result: T): "done" | "later";
  /** Whether anyone still wants to know; from ever when left out. */
  isWanted?(): boolean;
  /** What of the same line was asked before is answered first. */
  line?: string;
  /** Is asked twice at the same time. */
  twice?: boolean;
}

type Any = Ask<unknown>;

const againMs = [1, 500, 1_000, 5_000];

/** What cannot be answered yet waits longer; and all that do, for the same moments. */
export const laterEveryMs = 60_000;

/** People and platforms ask until they are answered, also of the next process. */
export class Asking {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #lines = new Map<string, Any[]>();
  /** Asked of the process there is. */
  readonly #asked = new Set<Any>();
  readonly #waiting = new Set<Any>();
  /** On their way, or under way. */
  readonly #busy = new Set<Any>();
  /** Asked while no process listens. */
  #held: Any[] = [];
  #process: Process | undefined;

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /** What was asked is answered, unless it cannot be yet. */
  get isIdle(): boolean {
    return this.#busy.size === 0;
  }

  get isHeard(): boolean {
    return this.#process !== undefined;
  }

  /** What cannot be answered yet. */
  get waiting(): string[] {
    return [...this.#waiting].map(({ label }) => label);
  }

  ask<T>(given: Ask<T>): void {
    const ask: Any = { ...given, answered: (result) => given.answered(result as T) };
    const line = ask.line === undefined ? [] : (this.#lines.get(ask.line) ?? []);
    if (ask.line !== undefined) this.#lines.set(ask.line, line);
    line.push(ask);
    if (line.length === 1) this.#begin(ask);
  }

  /** From now on, this process is asked. */
  listens(process: Process): void {
    this.#process = process;
    for (const ask of this.#held.splice(0)) this.#later(ask);
  }

  /** The process listens no longer, though it may answer yet. */
  isDeaf(): void {
    this.#process = undefined;
  }

  /** The process has died: what it has not answered is asked again. */
  died(): void {
    this.isDeaf();
    this.#held.push(...this.#asked);
    this.#asked.clear();
  }

  #later(ask: Any): void {
    this.#scheduler.after(this.#random.pick(againMs), `${ask.label}, again`, () => this.#try(ask));
  }

  #begin(ask: Any): void {
    this.#busy.add(ask);
    this.#scheduler.put(ask.label, () => this.#try(ask));
  }

  #try(ask: Any): void {
    this.#waiting.delete(ask);
    this.#busy.add(ask);
    const process = this.#process;
    if (ask.isWanted?.() === false) this.#end(ask);
    else if (process) this.#askOf(process, ask);
    else this.#held.push(ask);
  }

  #askOf(process: Process, ask: Any): void {
    this.#asked.add(ask);
    const work = ask.work(process);
    const again = ask.twice ? ask.work(process).catch(() => undefined) : undefined;
    // What comes next in its line comes after both.
    const done = ask.line === undefined ? work : work.finally(() => again);
    const then = (how: string, follow: () => void) =>
      this.#scheduler.put(
        `${ask.label}: ${how}`,
        () => {
          this.#asked.delete(ask);
          follow();
        },
        { owner: process },
      );
    done.then(
      (result) => then(wordsOf(result), () => this.#answered(ask, result)),
      () => then("fails", () => this.#later(ask)),
    );
  }

  #answered(ask: Any, result: unknown): void {
    if (ask.answered(result) === "done") {
      this.#end(ask);
      return;
    }
    this.#busy.delete(ask);
    this.#waiting.add(ask);
    const ms = laterEveryMs - (this.#scheduler.now() % laterEveryMs);
    this.#scheduler.after(ms, `${ask.label}, later`, () => this.#try(ask));
  }

  #end(ask: Any): void {
    this.#busy.delete(ask);
    const line = this.#lines.get(ask.line ?? "");
    line?.shift();
    const next = line?.[0];
    if (next) this.#begin(next);
  }
}

/** An answer in a word, for the trace. */
function wordsOf(result: unknown): string {
  if (typeof result !== "object" || result === null) return String(result);
  if ("heard" in result) return String(result.heard);
  return "refused" in result ? `refused, ${result.refused}` : "done";
}
