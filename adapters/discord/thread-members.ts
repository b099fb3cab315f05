/** The requester in their private thread: what is posted there is seen by who is in it. */
import { RESTJSONErrorCodes as Code, Routes } from "discord.js";
import { z } from "zod";
import { channelSchema } from "./channels.ts";
import { DiscordFault, refusedWith, withoutEffect } from "./errors.ts";
import { inOpenThread, type Poster } from "./post.ts";
import type { ThreadAddress, Where } from "./references.ts";

const anything = z.unknown();

/**
 * They may have left it, or been taken out. Who is in it is not added again, nor told of it.
 * https://docs.discord.com/developers/resources/channel#add-thread-member
 */
export async function bringIn(poster: Poster, thread: ThreadAddress, where: Where): Promise<void> {
  if (thread.kind !== "thread" || where.kind !== "private") return;
  const { channel } = thread;
  const { user } = where;
  const route = Routes.threadMembers(channel, user);
  const adding = () => withoutEffect(() => poster.call("PUT", route, anything));
  try {
    await inOpenThread(poster, channel, adding);
  } catch (cause) {
    if (refusedWith(cause) === Code.MissingAccess) await tellWhose(poster, channel, user, cause);
    throw cause;
  }
}

/** Discord says the same when the bot does not see the channel, and when they do not: this throws which. */
async function tellWhose({ call }: Poster, thread: string, user: string, cause: unknown) {
  const { guild_id: guild } = await withoutEffect(() =>
    call("GET", Routes.channel(thread), channelSchema),
  );
  if (guild === undefined) return;
  await withoutEffect(() => call("GET", Routes.guildMember(guild, user), anything));
  throw new DiscordFault("NOT_SEEN_BY_THEM", `${user} cannot be in ${thread}`, { cause });
}
