/** What the bot says below a message, to whoever wrote it. */
import { DiscordAPIError, Routes } from "discord.js";
import type { Said } from "./answers.ts";
import type { Context } from "./context.ts";
import { nonceOf } from "./delivery-key.ts";
import type { WrittenMessage } from "./message-events.ts";

/** Tells someone what became of what they wrote: nothing else has to wait for it. */
export type Telling = () => Promise<void>;

export const laterWords =
  "This is not in the ticket yet, because something does not work at the moment. It will be, as soon as that works again.";
export const lostWords =
  "This could not be added to the ticket yet, through no fault of yours. It is tried once more; if nobody answers, please write it again later.";

/** Whether more is to come after these words of the bot's. */
export const isPreliminary = (words: string): boolean =>
  words === laterWords || words === lostWords;

/**
 * Says something below a message; the same twice is shown once, for a few minutes
 * (https://docs.discord.com/developers/resources/message#create-message).
 */
export async function answer(
  { rest, log }: Pick<Context, "rest" | "log">,
  { channel, id }: Pick<WrittenMessage, "channel" | "id">,
  said: Said,
): Promise<void> {
  const body = {
    ...said,
    message_reference: { message_id: id, fail_if_not_exists: false },
    allowed_mentions: { parse: [], replied_user: false },
    nonce: nonceOf(`${id} ${said.content}`, channel),
    enforce_nonce: true,
  };
  try {
    await rest.post(Routes.channelMessages(channel), { body });
  } catch (err) {
    if (!(err instanceof DiscordAPIError)) throw err;
    log.warn({ err, channel }, "Someone in Discord could not be told what became of their message");
  }
}
