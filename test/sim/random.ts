/** Numbers that look random, and are the same each time for the same seed and name. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  /** Streams of different names are independent: drawing from one does not change another. */
  constructor(seed: number, name: string) {
    this.#a = seed | 0;
    this.#b = hashOf(name);
    this.#c = Math.imul(seed, 0x9e3779b1) | 0;
    for (let drawn = 0; drawn < 12; drawn += 1) this.next();
  }

  /** From 0 to below 1. Small fast counter: https://pracrand.sourceforge.net/RNG_engines.txt */
  next(): number {
    const sum = (this.#a + this.#b + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to below this. */
  below(most: number): number {
    return Math.floor(this.next() * most);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(all: readonly T[]): T {
    const picked = all[this.below(all.length)];
    if (picked === undefined) throw new Error("There is nothing to pick from");
    return picked;
  }

  /** One of them, the more often the heavier it is. */
  weighed<T>(all: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.next() * all.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of all) {
      left -= weight;
      if (left < 0) return value;
    }
    throw new Error("There is nothing to pick from");
  }
}

/** FNV-1a, over UTF-16 code units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1)
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}
