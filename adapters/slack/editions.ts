import type { SlackEvent } from "./events.ts";

const mostRemembered = 2_000;

/**
 * The latest edit of each message that was taken in. One that has to come again may come after a
 * newer one, and must not undo it.
 */
export class Editions {
  readonly #latest = new Map<string, number>();

  isOutdated(event: SlackEvent): boolean {
    if (event.type !== "edited") return false;
    return event.at < (this.#latest.get(nameOf(event)) ?? 0);
  }

  taken(event: SlackEvent): void {
    if (event.type !== "edited") return;
    const name = nameOf(event);
    this.#latest.delete(name);
    this.#latest.set(name, event.at);
    const [oldest] = this.#latest.keys();
    if (oldest !== undefined && this.#latest.size > mostRemembered) this.#latest.delete(oldest);
  }
}

const nameOf = ({ channel, ts }: { channel: string; ts: string }) => `${channel} ${ts}`;
