/** Time and chance, as everything that waits or draws is given them. */
export interface World {
  /** In ms since 1970. */
  now(): number;
  /** Does the work after so long, unless what it returns is called before. */
  after(ms: number, work: () => void): () => void;
  /** From 0 to 1. */
  random(): number;
}

export const realWorld: World = {
  now: Date.now,
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};
