/** The requester in their private thread: what is posted there is seen by who is in it. */
import { RESTJSONErrorCodes as Code, Routes } from "discord.js";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { channelSchema } from "./channels.ts";
import { DiscordFault, refusedWith, withoutEffect } from "./errors.ts";
import { inOpenThread, type Poster, removeStray } from "./post.ts";
import type { MessageAddress, ThreadAddress, Where } from "./references.ts";

const anything = z.unknown();
const mostKept = 2_000;

/** They may have left it, or been taken out. Who is in it is not added again, nor told of it. */
export class ThreadMembers {
  readonly #poster: Poster;
  /** By the thread, who could not be brought back into it, though something was posted there. */
  readonly #owed = new LRUCache<string, string>({ max: mostKept });

  constructor(poster: Poster) {
    this.#poster = poster;
  }

  /**
   * Posts, and brings them in at the same time, as nothing that is said waits for that. What they
   * cannot be brought to is taken off again: nobody would read it there.
   */
  async posting(
    thread: ThreadAddress,
    where: Where,
    post: () => Promise<MessageAddress>,
  ): Promise<MessageAddress> {
    if (thread.kind !== "thread" || where.kind !== "private") return post();
    const { channel } = thread;
    const { user } = where;
    const [posted, brought] = await Promise.allSettled([post(), this.#bringIn(channel, user)]);
    if (posted.status === "rejected") throw posted.reason;
    if (brought.status === "fulfilled") return posted.value;
    const { reason: cause } = brought;
    if (isRefusal(cause)) {
      await removeStray(this.#poster, posted.value);
      throw cause;
    }
    this.#owed.set(channel, user);
    throw new DiscordFault("HALF_DONE", `${user} could not be brought into ${channel}`, { cause });
  }

  /** What was found there is whole once they can read it; undefined when it is taken off, as they never can. */
  async found(message: MessageAddress): Promise<MessageAddress | undefined> {
    const { channel } = message;
    const user = this.#owed.get(channel);
    if (user === undefined) return message;
    try {
      await this.#bringIn(channel, user);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await removeStray(this.#poster, message);
      return undefined;
    }
    this.#owed.delete(channel);
    return message;
  }

  /** https://docs.discord.com/developers/resources/channel#add-thread-member */
  async #bringIn(channel: string, user: string): Promise<void> {
    const { call } = this.#poster;
    const route = Routes.threadMembers(channel, user);
    const adding = () => withoutEffect(() => call("PUT", route, anything));
    try {
      await inOpenThread(this.#poster, channel, adding);
    } catch (cause) {
      if (refusedWith(cause) === Code.MissingAccess)
        await tellWhose(this.#poster, channel, user, cause);
      throw cause;
    }
  }
}

/** Discord has said no, be it in our words. */
const isRefusal = (error: unknown): boolean =>
  refusedWith(error) !== undefined ||
  (error instanceof DiscordFault && refusedWith(error.cause) !== undefined);

/** Discord says the same when the bot does not see the channel, and when they do not: this throws which. */
async function tellWhose({ call }: Poster, thread: string, user: string, cause: unknown) {
  const { guild_id: guild } = await withoutEffect(() =>
    call("GET", Routes.channel(thread), channelSchema),
  );
  if (guild === undefined) return;
  await withoutEffect(() => call("GET", Routes.guildMember(guild, user), anything));
  throw new DiscordFault("NOT_SEEN_BY_THEM", `${user} cannot be in ${thread}`, { cause });
}
