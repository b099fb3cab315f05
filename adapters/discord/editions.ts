import { LRUCache } from "lru-cache";

const mostRemembered = 5_000;

/** When each message was last edited, of what was taken in: of edits, only the latest counts. */
export class Editions {
  readonly #latest = new LRUCache<string, number>({ max: mostRemembered });

  /** `at` is Discord's time of the edit, in ms since 1970. */
  taken(message: string, at: number): void {
    this.#latest.set(message, Math.max(at, this.latest(message)));
  }

  /** 0: none that is known of. */
  latest(message: string): number {
    return this.#latest.get(message) ?? 0;
  }
}
