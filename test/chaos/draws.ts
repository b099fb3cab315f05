/** What is drawn from a seed: the same in every run, however others draw meanwhile. */
export interface Draws {
  /** From 0 to 1, without 1. */
  next(): number;
  /** A whole number, both ends among them. */
  between(least: number, most: number): number;
  chance(likely: number): boolean;
  pick<T>(from: readonly T[]): T;
  shuffled<T>(all: readonly T[]): T[];
  /** Draws of their own, for whoever has this name. */
  fork(name: string): Draws;
}

export const draws = (seed: number): Draws => drawsOf(String(seed));

function drawsOf(name: string): Draws {
  const next = random(hashed(name));
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T;
  return {
    ...{ next, between, pick },
    chance: (likely) => next() < likely,
    shuffled: (all) =>
      all
        .map((each) => ({ each, at: next() }))
        .sort((one, other) => one.at - other.at)
        .map(({ each }) => each),
    fork: (of) => drawsOf(`${name}/${of}`),
  };
}

/** FNV-1a, of 32 bits. */
function hashed(text: string): number {
  let state = 0x811c9dc5;
  for (const character of text)
    state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return state >>> 0;
}

/** https://github.com/bryc/code/blob/master/jshash/PRNGs.md#mulberry32 */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
