import type { Process } from "./engine.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/** One event on its way. */
export interface Telling {
  /** When it happened, in ms. */
  at: number;
  connection: number | undefined;
  /** The process that was told: it goes on with it until it is durable, or the process ends. */
  to: Process | undefined;
}

/**
 * How one platform tells of what happens there: to whom is connected, once. What happens while no one
 * is, is told to no one; what a process had been told and had not written down dies with it.
 */
export class Gateway {
  readonly #name: string;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #undurable = new Set<Telling>();
  #process: Process | undefined;
  #connection: number | undefined;
  #connections = 0;
  #hasDropped = false;
  /** What was dropped and not told of yet. */
  #untold = 0;
  /** Until when the process that is there has been told of everything, while it is not connected. */
  #heardUntil: number | undefined;

  constructor(name: string, scheduler: Scheduler, random: Random) {
    this.#name = name;
    this.#scheduler = scheduler;
    this.#random = random;
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** Nothing is left to be told. */
  get isQuiet(): boolean {
    return this.isConnected && this.#untold === 0;
  }

  /** It was connected once, and has told of everything since. */
  get isUnbroken(): boolean {
    return this.#connections === 1 && !this.#hasDropped;
  }

  /** As the adapter tells it. */
  heardUntil = (): number | undefined => {
    const all = this.isConnected ? this.#scheduler.now() : this.#heardUntil;
    if (all === undefined) return undefined;
    return Math.min(all, ...[...this.#undurable].map(({ at }) => at - 1));
  };

  /** A process has started: after a while it is connected. */
  begins(process: Process): void {
    this.#process = process;
    this.#untold = 0;
    this.#heardUntil = undefined;
    this.#undurable.clear();
    this.#connectAfter(this.#random.pick([0, 10, 500, 2_000, 30_000]));
  }

  ended(): void {
    this.#process = undefined;
    this.#connection = undefined;
  }

  disconnect(ms: number): void {
    if (!this.isConnected) return;
    this.#scheduler.tell(`${this.#name} is disconnected`);
    this.#heardUntil = this.#scheduler.now();
    this.#connection = undefined;
    this.#connectAfter(ms);
  }

  /** Something has happened; undefined, when no one is told. */
  tells(): Telling | undefined {
    const { now } = this.#scheduler;
    if (this.#connection === undefined) {
      this.#hasDropped = true;
      return undefined;
    }
    return { at: now(), connection: this.#connection, to: undefined };
  }

  /** It was too much to tell of, as the process is told some time later. */
  drops(): void {
    const process = this.#process;
    const since = this.#scheduler.now();
    this.#hasDropped = true;
    if (!process) return;
    this.#untold += 1;
    this.#scheduler.after(
      this.#random.pick([0, 1_000, 20_000]),
      `${this.#name} says that it did not tell of everything`,
      () => {
        this.#untold -= 1;
        process.chat.mayHaveMissed(this.#name, since);
      },
      process,
    );
  }

  mayArrive({ to, connection }: Telling): boolean {
    return to ? to === this.#process : connection === this.#connection;
  }

  arrives(telling: Telling, process: Process): void {
    telling.to = process;
    this.#undurable.add(telling);
  }

  isDurable(telling: Telling): void {
    this.#undurable.delete(telling);
  }

  #connectAfter(ms: number): void {
    const process = this.#process;
    if (!process) return;
    const since = this.#heardUntil;
    this.#scheduler.after(
      ms,
      `${this.#name} is connected`,
      () => {
        this.#connections += 1;
        this.#connection = this.#connections;
        process.chat.mayHaveMissed(
          this.#name,
          since === undefined ? undefined : this.#before(since),
        );
      },
      process,
    );
  }

  #before = (since: number): number => Math.min(since, this.heardUntil() ?? since);
}
