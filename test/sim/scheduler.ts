import { Random } from "./random.ts";

/** A process: what it has under way ends with it. */
export interface Owner {
  readonly isOver: boolean;
}

interface Step {
  label: string;
  run: () => void;
  owner: Owner | undefined;
  /** Others go first, most of the time. */
  isSlow: boolean;
  /** The time (in ms) by which it has happened. */
  by: number;
  /** What becomes of it when its owner ends; when left out, it is lost. */
  fate: (() => Fate) | undefined;
}

/** Never, or all the same: at once, or a little later. */
export type Fate = "lost" | "now" | "later";

interface Timer {
  at: number;
  step: Step;
}

export interface Rules {
  /** The share of steps that take long. */
  slow: number;
  /** How often time goes on though something is still under way. */
  hurry: number;
}

/** What was sent by a process before it ended has arrived by then. */
const arrivedMs = 4_000;

const beginning = Date.parse("2026-01-01T00:00:00Z");

/**
 * All that happens, one step after the other: whatever may come next is in a pool, and the seed says
 * which of it does. Between two steps all that follows from the first without waiting for anything
 * has happened. Time stands still during a step, and moves when nothing else is to be done, or, now
 * and then, before it is.
 */
export class Scheduler {
  readonly #random: Random;
  readonly #rules: Rules;
  #pool: Step[] = [];
  /** By time; those of the same time in the order in which they were set. */
  #timers: Timer[] = [];
  #now = beginning;
  #steps = 0;
  #hash = 0x811c9dc5;
  #otherHash = 0x1234567;
  /** What happened, step by step, when it is kept. */
  readonly trace: string[] | undefined;
  /** Called before each step with its number. */
  before: (step: number) => void = () => undefined;

  constructor(seed: number, rules: Rules, given: { trace: boolean }) {
    this.#random = new Random(seed, "schedule");
    this.#rules = rules;
    this.trace = given.trace ? [] : undefined;
  }

  readonly now = (): number => this.#now;

  /** How many steps there were. */
  get steps(): number {
    return this.#steps;
  }

  /** Differs when histories do. */
  get digest(): string {
    const hex = (half: number) => (half >>> 0).toString(16).padStart(8, "0");
    return hex(this.#hash) + hex(this.#otherHash);
  }

  /** Nothing is under way; timers may wait. */
  get isAtRest(): boolean {
    const first = this.#timers[0];
    return this.#pool.length === 0 && (first === undefined || first.at > this.#now);
  }

  /** Something that happens soon, in no order with what else does. */
  put(
    label: string,
    run: () => void,
    given: { owner?: Owner | undefined; fate?: () => Fate } = {},
  ): void {
    const { owner, fate } = given;
    if (owner?.isOver) return;
    const isSlow = this.#random.chance(this.#rules.slow);
    this.#pool.push({ label, run, owner, fate, isSlow, by: Number.POSITIVE_INFINITY });
  }

  /** Something that happens after so long. What it returns takes that back. */
  after(ms: number, label: string, run: () => void, owner?: Owner): () => void {
    if (owner?.isOver) return () => undefined;
    const by = Number.POSITIVE_INFINITY;
    const step = { label, run, owner, fate: undefined, isSlow: false, by };
    const timer = { at: this.#now + Math.max(0, ms), step };
    const index = this.#timers.findLastIndex(({ at }) => at <= timer.at);
    this.#timers.splice(index + 1, 0, timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
      this.#pool = this.#pool.filter((each) => each !== step);
    };
  }

  /** Ends what this process has under way, but for what had left it. */
  end(owner: Owner): void {
    const before = this.#pool;
    this.#pool = before.filter((step) => step.owner !== owner);
    this.#timers = this.#timers.filter(({ step }) => step.owner !== owner);
    for (const step of before) {
      const fate = step.owner === owner ? step.fate?.() : undefined;
      if (fate === "now") {
        this.tell(step.label);
        step.run();
      }
      if (fate === "later")
        this.#pool.push({ ...step, owner: undefined, by: this.#now + arrivedMs });
    }
  }

  /** Says what happens beside the steps, such as a crash. */
  tell(what: string): void {
    for (let at = 0; at < what.length; at += 1) {
      const code = what.charCodeAt(at);
      this.#hash = Math.imul(this.#hash ^ code, 0x01000193);
      this.#otherHash = Math.imul(this.#otherHash ^ code, 0x5bd1e995) + at;
    }
    this.#hash = Math.imul(this.#hash ^ (this.#now - beginning), 0x01000193);
    const seconds = ((this.#now - beginning) / 1_000).toFixed(3);
    this.trace?.push(`${String(this.#steps).padStart(6)} ${seconds.padStart(10)} s  ${what}`);
  }

  /**
   * Goes on as long as it is said to, and something is left to happen. What is asked of promises
   * only is done before the next step: ticks come when no microtask is left
   * (https://nodejs.org/en/learn/asynchronous-work/event-loop-timers-and-nexttick).
   */
  run(goesOn: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const next = (): void => {
        try {
          if (goesOn() && this.#step()) queueMicrotask(() => process.nextTick(next));
          else resolve();
        } catch (error) {
          reject(error);
        }
      };
      queueMicrotask(() => process.nextTick(next));
    });
  }

  #step(): boolean {
    this.#steps += 1;
    this.before(this.#steps);
    const step = this.#next();
    if (!step) return false;
    this.tell(step.label);
    step.run();
    return true;
  }

  #next(): Step | undefined {
    this.#passTime();
    const { length } = this.#pool;
    let index = this.#random.below(length);
    // What is slow is drawn several times before it happens.
    for (let more = 0; more < 4 && this.#pool[index]?.isSlow; more += 1)
      index = this.#random.below(length);
    return this.#pool.splice(index, 1)[0];
  }

  #passTime(): void {
    const isIdle = this.#pool.length === 0;
    const [next] = this.#timers;
    if (next && (isIdle || (this.#random.chance(this.#rules.hurry) && this.#mayWait(next.at))))
      this.#now = Math.max(this.#now, next.at);
    while (this.#timers[0] && this.#timers[0].at <= this.#now) {
      const due = this.#timers.shift();
      if (due) this.#pool.push(due.step);
    }
  }

  #mayWait(until: number): boolean {
    return until - this.#now <= longestWaitMs && this.#pool.every(({ by }) => by >= until);
  }
}

/** No call of a platform takes longer. */
const longestWaitMs = 60_000;
