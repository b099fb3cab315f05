/** Where a requester's thread can be. */
import { ChannelType, PermissionFlagsBits } from "discord.js";
import type { Context } from "./context.ts";
import type { Interacting } from "./interactions.ts";
import { has } from "./permissions.ts";
import type { Where } from "./references.ts";

/** What the bot has to be allowed: https://docs.discord.com/developers/topics/threads#permissions */
const needed =
  PermissionFlagsBits.ViewChannel |
  PermissionFlagsBits.CreatePrivateThreads |
  PermissionFlagsBits.SendMessagesInThreads;

/** Below the channel where it was asked for; in direct messages where there can be no such thread. */
export function placeFor(
  context: Pick<Context, "guilds">,
  asked: Pick<Interacting, "channel" | "member" | "permissions">,
  user: string,
): Where {
  const channel = channelBelow(context, asked);
  return channel === undefined ? { kind: "direct", user } : { kind: "private", channel, user };
}

/** Only text channels can have private threads, and threads have none. */
function channelBelow(
  { guilds }: Pick<Context, "guilds">,
  { channel, member, permissions }: Pick<Interacting, "channel" | "member" | "permissions">,
): string | undefined {
  if (!member || !has(permissions, needed)) return undefined;
  const { id, type, parent } = { ...guilds.channel(channel.id), ...channel };
  if (type === ChannelType.GuildText) return id;
  const isInText = guilds.channel(parent ?? "")?.type === ChannelType.GuildText;
  return isInText ? parent : undefined;
}
