import { realAfter } from "./desk/timing.ts";

/** Time and chance, as everything that waits or draws is given them. */
export interface World {
  /** In ms since 1970. */
  now(): number;
  /**
   * Does the work after so long, unless what it returns is called before. Waits longer than some 24
   * days end early: whoever asks for one has to look again whether it is time.
   */
  after(ms: number, work: () => void): () => void;
  /** From 0 to 1. */
  random(): number;
}

export const realWorld: World = {
  now: Date.now,
  after: realAfter,
  random: Math.random,
};
