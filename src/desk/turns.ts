/**
 * Whose turn it is to send. On each platform there are so many turns at once, in a fair order; what
 * counts against the same limit of the platform has its turns one after the other, no sooner than the
 * limit allows; and while the platform is down, there is one turn at a time, to try whether it is back.
 * Times are in ms.
 */
import type { Pace } from "./chat.ts";
import { Circuit, type Sign } from "./circuit.ts";
import { FairLine } from "./fair-line.ts";
import type { After } from "./timing.ts";

/** Somebody who waits for a turn. */
export interface Waiting {
  /** Since when it has been owed: of what is not new, the oldest goes first. */
  since: number;
  /** Until then, it is new. */
  newUntil: number;
  /** It can wait: it has its turns beside what others wait for, so that it takes none of theirs. */
  isMinor: boolean;
  /** The limit that it counts against, as it stands now. */
  pace(): Pace | undefined;
  /** Has its turn, until this resolves, to what it says of the platform. */
  go(): Promise<Sign | undefined>;
}

export interface TurnsParts {
  /** How many have a turn at once, on each platform; a quarter as many of what can wait. */
  atOnce: number;
  now(): number;
  after: After;
  /** From 0 to 1. */
  random(): number;
  /** A platform does not answer any more, or does again. */
  onCircuit(platform: string, change: "opened" | "closed"): void;
}

interface Entry extends Waiting {
  /** In which order they came. */
  order: number;
  hasLeft: boolean;
  /** The limit of which it is the one that may go next. */
  holds: string | undefined;
}

/** What waits for one limit. While one of it is next on the platform, has its turn, or waits for the time, it is taken. */
interface Limited {
  waiting: FairLine<Entry>;
  isTaken: boolean;
  pace(): Pace | undefined;
}

/** Those who wait for their turns, and how many of them have one. */
interface Queue {
  waiting: FairLine<Entry>;
  active: number;
  atOnce: number;
}

interface Platform {
  name: string;
  main: Queue;
  minor: Queue;
  limits: Map<string, Limited>;
  circuit: Circuit;
  /** It waits until it may be tried whether it is back. */
  isWaiting: boolean;
}

/** What is owed to a platform that is down is tried more often than this: where nothing is, nothing is owed. */
const unaskedMs = 10 * 60_000;

export class Turns {
  readonly #parts: TurnsParts;
  readonly #platforms = new Map<string, Platform>();
  readonly #timers = new Set<() => void>();
  #asked = 0;
  #stopped = false;

  constructor(parts: TurnsParts) {
    this.#parts = parts;
  }

  /** Waits for a turn, which may come at once; calling what it returns gives that up. */
  ask(platform: string, waiting: Waiting): () => void {
    const on = this.#on(platform);
    const { since, newUntil, isMinor } = waiting;
    this.#asked += 1;
    const entry: Entry = {
      ...{ since, newUntil, isMinor, order: this.#asked, hasLeft: false, holds: undefined },
      pace: () => waiting.pace(),
      go: () => waiting.go(),
    };
    this.#wait(on, entry);
    this.#dispatch(on);
    return () => this.#leave(on, entry);
  }

  #wait(on: Platform, entry: Entry): void {
    queueOf(on, entry).waiting.add(entry, this.#parts.now());
  }

  /** Whether who asks now has its turn at once, or nearly so: if it is nothing that can wait. */
  isFree(platform: string, pace: Pace | undefined): boolean {
    const on = this.#on(platform);
    const { waiting } = on.main;
    if (on.circuit.openSince !== undefined || !waiting.isEmpty(this.#parts.now())) return false;
    if (!pace) return true;
    const limited = on.limits.get(pace.line);
    return pace.waitMs <= 0 && (limited?.waiting.isEmpty(this.#parts.now()) ?? true);
  }

  /** Since when a platform has not answered; undefined while it does, or no one asks it any more. */
  downSince(platform: string): number | undefined {
    const on = this.#platforms.get(platform);
    return on && this.#isAsked(on) ? on.circuit.openSince : undefined;
  }

  #isAsked({ main, minor, limits, circuit }: Platform): boolean {
    const now = this.#parts.now();
    const isBusy = ({ active, waiting }: Queue) => active > 0 || !waiting.isEmpty(now);
    const isWaited = isBusy(main) || isBusy(minor) || limits.size > 0;
    return isWaited || now - circuit.heardAt < unaskedMs;
  }

  /** No one has a turn any more, but who has one keeps it. */
  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#timers) cancel();
  }

  #on(name: string): Platform {
    const known = this.#platforms.get(name);
    if (known) return known;
    const circuit = new Circuit(this.#parts.random);
    const limits = new Map<string, Limited>();
    const { atOnce } = this.#parts;
    const main = newQueue(atOnce);
    const minor = newQueue(Math.ceil(atOnce / 4));
    const on: Platform = { name, main, minor, limits, circuit, isWaiting: false };
    this.#platforms.set(name, on);
    return on;
  }

  #leave(on: Platform, entry: Entry): void {
    entry.hasLeft = true;
    this.#letGo(on, entry);
    this.#dispatch(on);
  }

  #dispatch(on: Platform): void {
    for (let entry = this.#next(on); entry; entry = this.#next(on)) this.#give(on, entry);
  }

  #next(on: Platform): Entry | undefined {
    if (this.#stopped) return undefined;
    return this.#nextIn(on, on.main) ?? this.#nextIn(on, on.minor);
  }

  #nextIn(on: Platform, queue: Queue): Entry | undefined {
    const { waiting } = queue;
    const now = this.#parts.now();
    if (waiting.isEmpty(now) || !this.#mayGo(on, queue)) return undefined;
    const isOpen = on.circuit.openSince !== undefined;
    for (;;) {
      const entry = isOpen ? waiting.takeOldest(now) : waiting.take(now);
      if (!entry || !this.#isHeldUp(on, entry)) return entry;
    }
  }

  #mayGo(on: Platform, { active, atOnce }: Queue): boolean {
    const { circuit } = on;
    if (circuit.openSince === undefined) return active < atOnce;
    const isTime = circuit.probeAt <= this.#parts.now();
    if (!isTime) this.#probeLater(on);
    return isTime;
  }

  #probeLater(on: Platform): void {
    const { probeAt } = on.circuit;
    if (on.isWaiting || !Number.isFinite(probeAt)) return;
    on.isWaiting = true;
    this.#later(probeAt - this.#parts.now(), () => {
      on.isWaiting = false;
      this.#dispatch(on);
    });
  }

  #later(ms: number, work: () => void): void {
    const cancel = this.#parts.after(ms, () => {
      this.#timers.delete(cancel);
      work();
    });
    this.#timers.add(cancel);
  }

  /** Whether its limit lets it go only later: then it waits with the others for whom that holds. */
  #isHeldUp(on: Platform, entry: Entry): boolean {
    const pace = entry.pace();
    if (entry.holds !== pace?.line) this.#letGo(on, entry);
    if (!pace) return false;
    const { line, waitMs } = pace;
    const limited = this.#limited(on, line, entry);
    if (limited.isTaken && entry.holds === undefined) {
      limited.waiting.add(entry, this.#parts.now());
      return true;
    }
    limited.isTaken = true;
    entry.holds = waitMs <= 0 ? line : undefined;
    if (waitMs <= 0) return false;
    limited.waiting.add(entry, this.#parts.now());
    this.#nextOf(on, line);
    return true;
  }

  #limited(on: Platform, line: string, { pace }: Entry): Limited {
    const known = on.limits.get(line);
    const limited = known ?? { waiting: new FairLine<Entry>(), isTaken: false, pace };
    on.limits.set(line, limited);
    return limited;
  }

  #letGo(on: Platform, entry: Entry): void {
    const { holds } = entry;
    entry.holds = undefined;
    if (holds !== undefined) this.#nextOf(on, holds);
  }

  /** Of those who wait for a limit, the next one may go, as soon as it allows. */
  #nextOf(on: Platform, line: string): void {
    const limited = on.limits.get(line);
    const now = this.#parts.now();
    if (!limited || limited.waiting.isEmpty(now)) {
      on.limits.delete(line);
      return;
    }
    const waitMs = limited.pace()?.waitMs ?? 0;
    if (waitMs > 0) {
      this.#later(waitMs, () => {
        this.#nextOf(on, line);
        this.#dispatch(on);
      });
      return;
    }
    const entry = limited.waiting.take(now);
    if (!entry) return;
    entry.holds = line;
    this.#wait(on, entry);
  }

  #give(on: Platform, entry: Entry): void {
    const queue = queueOf(on, entry);
    queue.active += 1;
    const isProbe = on.circuit.begin();
    const over = (sign?: Sign) => {
      queue.active -= 1;
      const change = on.circuit.end(sign, isProbe, this.#parts.now());
      if (change) this.#parts.onCircuit(on.name, change);
      this.#letGo(on, entry);
      this.#dispatch(on);
    };
    entry.go().then(over, () => over());
  }
}

const newQueue = (atOnce: number): Queue => ({
  ...{ waiting: new FairLine<Entry>(), active: 0, atOnce },
});

const queueOf = ({ main, minor }: Platform, { isMinor }: Entry): Queue => (isMinor ? minor : main);
