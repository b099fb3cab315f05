/** What stories need in which anything may go wrong at any time. */
import type { HandClock } from "../fakes/clock.ts";
import { isAtDisk } from "./at-work.ts";

/** Draws that are the same in every run. */
export function draws(seed: number) {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return {
    next,
    pick: <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T,
    chance: (likely: number) => next() < likely,
  };
}

export type Draws = ReturnType<typeof draws>;

/** Resolves when it has happened. Time passes meanwhile. */
export type Until = (look: () => unknown) => Promise<void>;

const mostTurns = 60_000;

/**
 * Lets time pass while people act; a little of it, as long as anything is on its way: that something
 * takes a second here is not to look like a minute there. `turn` is called again and again meanwhile.
 */
export async function passingTime(
  given: { clock: HandClock; underway: () => number; turn?: () => void },
  act: (until: Until) => Promise<void>,
): Promise<void> {
  const waiting = new Set<() => void>();
  const turn = () => {
    given.turn?.();
    for (const look of waiting) look();
    given.clock.advance(given.underway() > 0 || isAtDisk() ? 20 : 100);
  };
  const until: Until = (look) =>
    new Promise<void>((resolve, reject) => {
      let turns = 0;
      const again = () => {
        turns += 1;
        if (turns > mostTurns) reject(new Error(`it did not happen: ${look.toString()}`));
        else if (look()) resolve();
        else return;
        waiting.delete(again);
      };
      waiting.add(again);
    });
  const acted = act(until);
  let ended = false;
  acted.then(...[() => (ended = true), () => (ended = true)]);
  while (!ended) {
    turn();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await acted;
}

/** All is told, and nothing is owed any more. */
export async function nothingOwed(
  { url, underway }: { url: () => string; underway: () => number },
  until: Until,
): Promise<void> {
  let still = 0;
  let turns = 0;
  const isAtWork = () => underway() > 0 || isAtDisk();
  const ask = async () => {
    const wasAtWork = isAtWork();
    const metrics = await (await fetch(`${url()}/metrics`)).text();
    const owes = !/^deskhand_outbox_tickets 0$/m.test(metrics);
    still = owes || wasAtWork || isAtWork() ? 0 : still + 1;
  };
  await until(() => {
    turns += 1;
    if (turns % 50 === 0) void ask();
    // What is between two steps of its work is found the next time.
    return still > 1;
  });
}
