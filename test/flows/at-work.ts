import type { HandClock } from "../fakes/clock.ts";

/**
 * How long (in turns of who waits) something may be at work before time passes all the same: it may
 * wait for that.
 */
const patience = 250;

/** Whether this process reads or writes files just now. */
export const isAtDisk = (): boolean =>
  process.getActiveResourcesInfo().some((name) => name.startsWith("FSReq"));

/**
 * Lets time stand still while something is at work that does not wait for it: a disk or a machine that
 * is slow here is not to look like minutes there. `underway`: how much is on its way from the platforms.
 */
export class AtWork {
  readonly #underway: () => number;
  #turns = 0;

  constructor(underway: () => number) {
    this.#underway = underway;
  }

  isAtWork(): boolean {
    return this.#underway() > 0 || isAtDisk();
  }

  /** To be asked each turn: whether time may pass. */
  mayTimePass(): boolean {
    this.#turns = this.isAtWork() ? this.#turns + 1 : 0;
    return this.#turns === 0 || this.#turns > patience;
  }
}

/**
 * Lets a little time pass, for what has only seconds to be answered: so little that a machine which is
 * busy gets to it before they are over.
 */
export function passesALittle(clock: HandClock): void {
  if (!isAtDisk()) clock.advance(25);
}
