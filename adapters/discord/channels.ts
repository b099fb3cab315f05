import { type ChannelType, Routes } from "discord.js";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import type { Call } from "./calls.ts";
import { withoutEffect } from "./errors.ts";

/** https://docs.discord.com/developers/resources/channel#channel-object */
export const channelSchema = z.object({
  id: z.string(),
  type: z.custom<ChannelType>((value) => typeof value === "number"),
  guild_id: z.string().optional(),
});

type Channel = z.infer<typeof channelSchema>;

const mostKept = 2_000;

/** What never changes about a channel or a thread; it is asked for once. */
export class Channels {
  readonly #call: Call;
  readonly #known = new LRUCache<string, Channel>({ max: mostKept });

  constructor(call: Call) {
    this.#call = call;
  }

  async get(id: string): Promise<Channel> {
    const known = this.#known.get(id);
    if (known) return known;
    const channel = await withoutEffect(() => this.#call("GET", Routes.channel(id), channelSchema));
    this.learn(channel);
    return channel;
  }

  learn({ id, type, guild_id }: Channel): void {
    this.#known.set(id, { id, type, ...(guild_id !== undefined && { guild_id }) });
  }
}
