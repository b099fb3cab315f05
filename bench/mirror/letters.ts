/** Messages that people write on one platform, each followed until it is posted on the other. */
import { setTimeout as wait } from "node:timers/promises";
import type { Sides } from "./sides.ts";
import { markOf, type PlatformName, type SeenCall, watchCalls } from "./sightings.ts";
import type { Opened, Seat } from "./tickets.ts";

/** Times are `performance.now`. */
export interface Letter {
  from: PlatformName;
  /** The channel that it was written in. */
  channel: string;
  writtenAt: number;
  /** When it was to be posted on the other platform, the first time. */
  postedAt: number | undefined;
  /** The channel that it was to be posted in. */
  to: string | undefined;
  /** How often it was to be posted. */
  posts: number;
}

let written = 0;

export class Letters {
  readonly #letters = new Map<number, Letter>();
  readonly #stop: () => void;
  #underway = 0;

  constructor(sides: Sides) {
    this.#stop = watchCalls(sides, (call) => this.#seen(call));
  }

  /** All that were written, in that order. */
  get all(): Letter[] {
    return [...this.#letters.values()];
  }

  /** How many were not posted yet. */
  get underway(): number {
    return this.#underway;
  }

  write({ platform, channel, writes }: Seat): Letter {
    written += 1;
    this.#underway += 1;
    const letter: Letter = {
      ...{ from: platform, channel, writtenAt: performance.now() },
      ...{ postedAt: undefined, to: undefined, posts: 0 },
    };
    this.#letters.set(written, letter);
    writes(`${markOf(written)} please try again: the token was renewed at noon.`);
    return letter;
  }

  /** Waits until all were posted; throws when none is for so long. */
  async settled(patienceMs = 60_000): Promise<void> {
    let before = this.#underway;
    let until = performance.now() + patienceMs;
    while (this.#underway > 0) {
      await wait(lookMs);
      if (this.#underway !== before) until = performance.now() + patienceMs;
      before = this.#underway;
      if (performance.now() > until)
        throw new Error(`${this.#underway} messages were not mirrored`);
    }
  }

  end(): void {
    this.#stop();
  }

  #seen({ platform, marks, where, at }: SeenCall): void {
    for (const mark of marks) {
      const letter = this.#letters.get(mark);
      if (!letter || letter.from === platform) continue;
      letter.posts += 1;
      if (letter.postedAt !== undefined) continue;
      Object.assign(letter, { postedAt: at, to: where });
      this.#underway -= 1;
    }
  }
}

const lookMs = 10;

/** The same each time, between 0 and 1: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** With an agent's first answer, a ticket's status changes. */
export async function answerAll(letters: Letters, opened: readonly Opened[]): Promise<void> {
  for (const { agents } of opened) {
    letters.write(agents);
    while (letters.underway > atOnce) await wait(lookMs);
  }
  await letters.settled();
}

const atOnce = 20;

interface Steady {
  /** In which one after the other is written. */
  seats: readonly Seat[];
  perSecond: number;
  durationMs: number;
  random: () => number;
}

/** People write at random moments, so many a second on average. */
export async function writeSteadily(
  letters: Letters,
  { seats, perSecond, durationMs, random }: Steady,
): Promise<void> {
  const started = performance.now();
  const mean = 1_000 / perSecond;
  let due = started;
  for (let index = 0; ; index += 1) {
    due += -Math.log(1 - random()) * mean;
    if (due - started > durationMs) return;
    const waitMs = due - performance.now();
    if (waitMs > 0) await wait(waitMs);
    const seat = seats[index % seats.length];
    if (seat) letters.write(seat);
  }
}
