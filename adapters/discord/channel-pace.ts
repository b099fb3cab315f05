/**
 * How soon a channel or thread takes one more message, as Discord's answers tell: how many it takes
 * still, and when it takes as many as ever again.
 * https://docs.discord.com/developers/topics/rate-limits#header-format
 */
import type { Pace } from "../../src/desk/chat.ts";

interface Headers {
  get(name: string): string | null;
}

interface Told {
  left: number;
  /** In ms since 1970. */
  resetAt: number;
}

const posting = /\/channels\/(\d+)\/messages$/;

/** Of channels that take as many as ever again, nothing has to be known. */
const fewChannels = 1_000;

export class ChannelPace {
  readonly #channels = new Map<string, Told>();
  readonly #now: () => number;
  #most = fewChannels;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Told of each answer. */
  learn({ method, url }: { method: string | undefined; url: string }, headers: Headers): void {
    const channel = method === "POST" && posting.exec(url)?.[1];
    const left = headers.get("x-ratelimit-remaining");
    const seconds = Number(headers.get("x-ratelimit-reset-after"));
    if (!channel || left === null || !(seconds > 0)) return;
    this.#tidy();
    this.#channels.set(channel, { left: Number(left), resetAt: this.#now() + seconds * 1_000 });
  }

  /** What is posted in a channel, as it stands now. */
  at(channel: string): Pace {
    const { left = 1, resetAt = 0 } = this.#channels.get(channel) ?? {};
    return { line: channel, waitMs: left > 0 ? 0 : Math.max(0, resetAt - this.#now()) };
  }

  #tidy(): void {
    if (this.#channels.size < this.#most) return;
    const now = this.#now();
    for (const [channel, { resetAt }] of this.#channels)
      if (resetAt <= now) this.#channels.delete(channel);
    this.#most = Math.max(fewChannels, 2 * this.#channels.size);
  }
}
