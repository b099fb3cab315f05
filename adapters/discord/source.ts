import { RESTJSONErrorCodes as Code, Routes } from "discord.js";
import type { Context } from "./context.ts";
import { unlessRefused } from "./errors.ts";
import { readMessage } from "./message-events.ts";
import { readMessageReference } from "./references.ts";

const gone = [
  Code.UnknownChannel,
  Code.UnknownMessage,
  Code.MissingAccess,
  Code.MissingPermissions,
] as const;

/** A message as it is now; undefined when it has been deleted, or is where the bot cannot look. */
export async function sourceMessage({ rest, us }: Pick<Context, "rest" | "us">, source: string) {
  const { channel, message } = readMessageReference(source);
  const found = await unlessRefused(gone, rest.get(Routes.channelMessage(channel, message)));
  return found === undefined ? undefined : readMessage(found, us.user);
}
