import { RESTJSONErrorCodes as Code, Routes } from "discord.js";
import { plainText } from "../../src/desk/text-plain.ts";
import { within } from "../../src/desk/timing.ts";
import type { Context } from "./context.ts";
import { unlessRefused } from "./errors.ts";
import type { Interacting } from "./interactions.ts";
import { readMessage } from "./message-events.ts";
import { textOf } from "./message-text.ts";
import { readMessageReference } from "./references.ts";

const gone = [
  Code.UnknownChannel,
  Code.UnknownMessage,
  Code.MissingAccess,
  Code.MissingPermissions,
] as const;

/**
 * A message as it is now; undefined when it has been deleted, or is where the bot cannot look. What
 * names it may be made up by whoever pressed: only where they pressed it counts, as they can read
 * that themselves.
 */
export async function sourceMessage(
  { rest, us }: Pick<Context, "rest" | "us">,
  pressed: Pick<Interacting, "channel" | "member">,
  source: string,
) {
  const { channel, message } = readMessageReference(source);
  if (channel !== pressed.channel.id) return undefined;
  const found = await unlessRefused(gone, rest.get(Routes.channelMessage(channel, message)));
  return found === undefined ? undefined : readMessage(found, us.user, pressed.member?.guild);
}

/** Of the 3 s in which a form has to open. */
const readWithinMs = 1_000;

/** What stands in it, as plain text, for a form that has to open at once; undefined: it is not known. */
export async function sourceWords(
  context: Context,
  pressed: Pick<Interacting, "channel" | "member">,
  source: string,
): Promise<string | undefined> {
  const { guilds, after, log } = context;
  const read = sourceMessage(context, pressed, source).catch((err: unknown) => {
    log.warn({ err }, "Someone's words could not be read again for a form in Discord");
    return undefined;
  });
  const found = await within(read, { ms: readWithinMs, after, late: undefined });
  return found && plainText(textOf(guilds, found.message.content)).trim();
}
