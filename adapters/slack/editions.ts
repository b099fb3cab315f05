import { LRUCache } from "lru-cache";
import type { SlackEvent } from "./events.ts";
import type { MessageAddress } from "./references.ts";

const mostRemembered = 2_000;

/**
 * The latest edit of each message that was taken in, as an event or when it was read back. One that
 * has to come again may come after a newer one, and must not undo it.
 */
export class Editions {
  readonly #latest = new LRUCache<string, { at: number; turn: number }>({ max: mostRemembered });
  #turn = 0;

  /** How many edits were taken in. */
  get turn(): number {
    return this.#turn;
  }

  isOutdated(event: SlackEvent): boolean {
    if (event.type !== "edited") return false;
    return event.at < (this.#latest.get(nameOf(event))?.at ?? 0);
  }

  taken(event: SlackEvent): void {
    if (event.type !== "edited") return;
    const name = nameOf(event);
    this.#turn += 1;
    const before = this.#latest.get(name)?.at ?? 0;
    const at = Number.isNaN(event.at) ? before : Math.max(before, event.at);
    this.#latest.set(name, { at, turn: this.#turn });
  }

  /** Whether an edit of this message was taken in after so many edits in all. */
  hasChangedSince(turn: number, message: MessageAddress): boolean {
    return (this.#latest.get(nameOf(message))?.turn ?? 0) > turn;
  }
}

const nameOf = ({ channel, ts }: MessageAddress) => `${channel} ${ts}`;
