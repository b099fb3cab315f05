/** Posting files. https://docs.discord.com/developers/reference#uploading-files */
import { RESTJSONErrorCodes as Code, GuildPremiumTier, Routes } from "discord.js";
import { z } from "zod";
import type { OutboundFile } from "../../src/desk/chat.ts";
import { shownName } from "../../src/desk/file-name.ts";
import { DiscordFault, refusedWith, withoutEffect } from "./errors.ts";
import { limits } from "./limits.ts";
import { writeFileMessage } from "./messages.ts";
import { type Poster, postReply } from "./post.ts";
import type { MessageAddress, ThreadAddress } from "./references.ts";

/** A message of its own for each file. */
export async function postFile(
  poster: Poster,
  thread: ThreadAddress,
  { author, name, type, content }: OutboundFile,
  key: string,
): Promise<MessageAddress> {
  if (content.byteLength === 0) throw new DiscordFault("FILE_EMPTY", "The file is empty");
  await requireRoom(poster, thread.channel, content.byteLength);
  const files = [{ name: shownName(name).trim() || "file", data: content, contentType: type }];
  try {
    return await postReply(poster, thread, writeFileMessage(author), key, { files });
  } catch (cause) {
    const isForbidden = refusedWith(cause) === Code.MissingPermissions;
    if (!isForbidden || !(await takesText(poster, thread.channel))) throw cause;
    throw new DiscordFault("NO_UPLOADS", "The bot may not post files there", { cause });
  }
}

/** Whether text can be posted there: who may not do that may not say either that they are typing. */
async function takesText({ call }: Poster, channel: string): Promise<boolean> {
  try {
    await call("POST", Routes.channelTyping(channel), z.unknown());
    return true;
  } catch {
    return false;
  }
}

const mebibyte = 1024 * 1024;

/** https://support.discord.com/hc/en-us/articles/360028038352: what boosts give a server. */
const boostedBytes: Readonly<Record<number, number>> = {
  [GuildPremiumTier.Tier2]: 50 * mebibyte,
  [GuildPremiumTier.Tier3]: 100 * mebibyte,
};

/** Discord would break the connection off while a file that is too large is on its way. */
async function requireRoom(
  { call, channels }: Poster,
  channel: string,
  sizeBytes: number,
): Promise<void> {
  if (sizeBytes <= limits.fileBytes) return;
  const { guild_id } = await channels.get(channel);
  const mostBytes = guild_id === undefined ? limits.fileBytes : await roomIn(call, guild_id);
  if (sizeBytes > mostBytes)
    throw new DiscordFault("FILE_TOO_LARGE_THERE", `${sizeBytes} bytes are more than ${mostBytes}`);
}

const guildSchema = z.object({ premium_tier: z.number().catch(0) });

async function roomIn(call: Poster["call"], guild: string): Promise<number> {
  const reading = () => call("GET", Routes.guild(guild), guildSchema);
  const { premium_tier } = await withoutEffect(reading);
  return boostedBytes[premium_tier] ?? limits.fileBytes;
}
