/** Channels that the bot is not in: it is told nothing of what is written there. */
import type { Context } from "./context.ts";
import type { SlackEvent } from "./events.ts";
import type { HeardUntil } from "./heard-until.ts";

/** From when on it is read back where it is not known since when the bot was not there. */
const unknownMs = 24 * 60 * 60_000;

export class Outside {
  readonly #now: () => number;
  readonly #heard: Pick<HeardUntil, "missed">;
  /** When the bot was removed from a channel, in ms since 1970. */
  readonly #since = new Map<string, number>();

  constructor({ now }: Pick<Context, "now">, heard: Pick<HeardUntil, "missed">) {
    this.#now = now;
    this.#heard = heard;
  }

  /** To be told of every event. What was written in a channel meanwhile is read back on return. */
  heard(event: SlackEvent): void {
    if (event.type === "bot-removed" && !this.#since.has(event.channel))
      this.#since.set(event.channel, this.#now());
    if (event.type !== "bot-added") return;
    this.#heard.missed(this.#since.get(event.channel) ?? this.#now() - unknownMs);
    this.#since.delete(event.channel);
  }
}
