import { type Channel, channelType, type Guild, type Overwrite } from "./records.ts";

/** https://docs.discord.com/developers/topics/permissions#permissions-bitwise-permission-flags */
export const permission = {
  administrator: 1n << 3n,
  manageChannels: 1n << 4n,
  manageGuild: 1n << 5n,
  addReactions: 1n << 6n,
  viewChannel: 1n << 10n,
  sendMessages: 1n << 11n,
  sendTtsMessages: 1n << 12n,
  manageMessages: 1n << 13n,
  embedLinks: 1n << 14n,
  attachFiles: 1n << 15n,
  readMessageHistory: 1n << 16n,
  mentionEveryone: 1n << 17n,
  useExternalEmojis: 1n << 18n,
  manageRoles: 1n << 28n,
  useApplicationCommands: 1n << 31n,
  manageThreads: 1n << 34n,
  createPublicThreads: 1n << 35n,
  createPrivateThreads: 1n << 36n,
  useExternalStickers: 1n << 37n,
  sendMessagesInThreads: 1n << 38n,
  sendVoiceMessages: 1n << 46n,
  sendPolls: 1n << 49n,
  useExternalApps: 1n << 50n,
  pinMessages: 1n << 51n,
  bypassSlowmode: 1n << 52n,
} as const;

export type PermissionName = keyof typeof permission;

export const permissionsOfNames = (names: readonly PermissionName[]): bigint =>
  names.reduce((all, name) => all | permission[name], 0n);

const everything = (1n << 53n) - 1n;

/** What `@everyone` may do in a guild that no one has changed. */
export const usualPermissions = permissionsOfNames([
  ...(["viewChannel", "sendMessages", "sendTtsMessages", "embedLinks", "attachFiles"] as const),
  ...(["readMessageHistory", "addReactions", "useExternalEmojis", "useExternalStickers"] as const),
  ...(["mentionEveryone", "useApplicationCommands", "createPublicThreads"] as const),
  ...(["createPrivateThreads", "sendMessagesInThreads", "sendVoiceMessages"] as const),
  ...(["sendPolls", "useExternalApps"] as const),
]);

const inDirectMessages = permissionsOfNames([
  ...(["viewChannel", "sendMessages", "embedLinks", "attachFiles", "readMessageHistory"] as const),
  ...(["addReactions", "mentionEveryone", "useExternalEmojis", "useExternalStickers"] as const),
  ...(["useApplicationCommands", "sendVoiceMessages", "sendPolls", "pinMessages"] as const),
]);

export const has = (all: bigint, name: PermissionName): boolean =>
  (all & permission[name]) === permission[name];

export const isThread = ({ type }: { type: number }): boolean =>
  type === channelType.publicThread ||
  type === channelType.privateThread ||
  type === channelType.announcementThread;

/** By roles alone; 0 for who is not a member. */
export function permissionsInGuild(guild: Guild, user: string): bigint {
  const member = guild.members.get(user);
  if (!member) return 0n;
  if (guild.owner === user) return everything;
  let all = guild.roles.get(guild.id)?.permissions ?? 0n;
  for (const role of member.roles) all |= guild.roles.get(role)?.permissions ?? 0n;
  return has(all, "administrator") ? everything : all;
}

export const permissionsInDirectMessages = (channel: Channel, user: string, bot: string): bigint =>
  user === channel.recipient || user === bot ? inDirectMessages : 0n;

/**
 * https://docs.discord.com/developers/topics/permissions#permission-overwrites; in a thread those of
 * its parent hold: https://docs.discord.com/developers/topics/threads#permissions
 */
export function permissionsInChannel(
  guild: Guild,
  user: string,
  { channel, parent }: { channel: Channel; parent: Channel | undefined },
): bigint {
  const base = permissionsInGuild(guild, user);
  if (base === everything || base === 0n) return base;
  const { overwrites } = parent && isThread(channel) ? parent : channel;
  const all = effective(overwritten(base, overwrites, { guild, user }), channel);
  const hidden =
    channel.type === channelType.privateThread &&
    !channel.thread?.members.has(user) &&
    !has(all, "manageThreads");
  return hidden ? 0n : all;
}

function overwritten(
  base: bigint,
  overwrites: readonly Overwrite[],
  { guild, user }: { guild: Guild; user: string },
): bigint {
  const roles = guild.members.get(user)?.roles ?? new Set();
  const levels = [
    overwrites.filter(({ id }) => id === guild.id),
    overwrites.filter(({ id, type }) => type === 0 && id !== guild.id && roles.has(id)),
    overwrites.filter(({ id, type }) => type === 1 && id === user),
  ];
  return levels.reduce((all, level) => {
    const deny = level.reduce((sum, each) => sum | each.deny, 0n);
    const allow = level.reduce((sum, each) => sum | each.allow, 0n);
    return (all & ~deny) | allow;
  }, base);
}

const needSending = permissionsOfNames([
  ...(["mentionEveryone", "sendTtsMessages", "attachFiles", "embedLinks"] as const),
]);

/** https://docs.discord.com/developers/topics/permissions#implicit-permissions */
function effective(all: bigint, channel: Channel): bigint {
  if (!has(all, "viewChannel")) return 0n;
  const sending = isThread(channel) ? "sendMessagesInThreads" : "sendMessages";
  return has(all, sending) ? all : all & ~needSending;
}
