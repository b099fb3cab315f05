/** What someone may do where: https://docs.discord.com/developers/topics/permissions */
import { ChannelType, PermissionFlagsBits as flags, OverwriteType } from "discord.js";
import { isForum } from "./channel-kinds.ts";

export interface Overwrite {
  /** A role's id, or a person's. */
  id: string;
  type: OverwriteType;
  allow: bigint;
  deny: bigint;
}

export interface GuildRights {
  /** Also the id of the role `@everyone`. */
  id: string;
  owner: string;
  /** What each role allows. */
  roles: ReadonlyMap<string, bigint>;
}

const everything = Object.values(flags).reduce((all, flag) => all | flag, 0n);

/** What a member with these roles may do wherever no channel says otherwise. */
export function permissionsInAll(
  guild: GuildRights,
  member: { user: string; roles: readonly string[] },
): bigint {
  if (member.user === guild.owner) return everything;
  const roles = [guild.id, ...member.roles];
  const all = roles.reduce((sum, role) => sum | (guild.roles.get(role) ?? 0n), 0n);
  return has(all, flags.Administrator) ? everything : all;
}

/**
 * What a member with these roles may do in a channel. A thread has no overwrites: its parent's
 * hold in it.
 */
export function permissionsIn(
  guild: GuildRights,
  member: { user: string; roles: readonly string[] },
  overwrites: readonly Overwrite[],
): bigint {
  const base = permissionsInAll(guild, member);
  if (base === everything) return everything;
  const allowed = overwritten(base, overwrites, guild.id, member);
  // Where someone cannot look, they can do nothing.
  return has(allowed, flags.ViewChannel) ? allowed : 0n;
}

/** Those of `@everyone` first, then of all their roles at once, then their own. */
function overwritten(
  base: bigint,
  overwrites: readonly Overwrite[],
  everyone: string,
  { user, roles }: { user: string; roles: readonly string[] },
): bigint {
  const ofRole = ({ type }: Overwrite) => type === OverwriteType.Role;
  const steps = [
    overwrites.filter((each) => ofRole(each) && each.id === everyone),
    overwrites.filter((each) => ofRole(each) && each.id !== everyone && roles.includes(each.id)),
    overwrites.filter((each) => !ofRole(each) && each.id === user),
  ];
  return steps.reduce((before, step) => {
    const denied = step.reduce((all, { deny }) => all | deny, 0n);
    const allowed = step.reduce((all, { allow }) => all | allow, 0n);
    return (before & ~denied) | allowed;
  }, base);
}

export const has = (permissions: bigint, flag: bigint): boolean => (permissions & flag) === flag;

/** What the bot is asked to be given, by the names in Discord's settings. */
export const neededPermissions = {
  "View Channel": flags.ViewChannel,
  "Send Messages": flags.SendMessages,
  "Send Messages in Threads": flags.SendMessagesInThreads,
  "Create Public Threads": flags.CreatePublicThreads,
  "Create Private Threads": flags.CreatePrivateThreads,
  "Manage Threads": flags.ManageThreads,
  "Embed Links": flags.EmbedLinks,
  "Attach Files": flags.AttachFiles,
  "Read Message History": flags.ReadMessageHistory,
  "Add Reactions": flags.AddReactions,
} as const;

export type NeededPermission = keyof typeof neededPermissions;

const isNeeded = (name: string): name is NeededPermission => Object.hasOwn(neededPermissions, name);

export const allNeeded = Object.keys(neededPermissions).filter(isNeeded);

/** All of them, as an invitation's address has them: `&permissions=…`. */
export const permissionsInteger = "395137109056";

const everywhere = [
  "View Channel",
  "Send Messages",
  "Send Messages in Threads",
  "Embed Links",
  "Attach Files",
  "Read Message History",
  "Add Reactions",
] as const satisfies NeededPermission[];

/** Without which agents cannot be served there; undefined: such a channel cannot be theirs. */
export function neededIn(type: ChannelType): readonly NeededPermission[] | undefined {
  switch (type) {
    case ChannelType.GuildText:
    case ChannelType.GuildAnnouncement:
      return [...everywhere, "Create Public Threads"];
    case ChannelType.GuildForum:
    case ChannelType.GuildMedia:
      // A post is a message of its own: https://docs.discord.com/developers/topics/threads#forums
      return everywhere;
    default:
      return undefined;
  }
}

/** Without which nothing reaches requesters in their threads below a channel. */
export const neededForRequesters = [
  "View Channel",
  "Send Messages in Threads",
  "Embed Links",
  "Attach Files",
  "Read Message History",
] as const satisfies NeededPermission[];

const inThreads = flags.ViewChannel | flags.SendMessagesInThreads;

/** Whether these suffice to answer tickets there; in a forum, also when new posts are not for them. */
export const mayAnswerIn = (type: ChannelType, permissions: bigint): boolean =>
  has(permissions, isForum(type) ? inThreads : inThreads | flags.SendMessages);

/** They could write in tickets' threads, and are refused there: Send Messages is what they lack. */
export const maySpeakOnlyInThreads = (type: ChannelType, permissions: bigint): boolean =>
  has(permissions, inThreads) && !mayAnswerIn(type, permissions);

/** Those that are lacking, in the order above. */
export const lacking = (
  permissions: bigint,
  needed: readonly NeededPermission[],
): NeededPermission[] => needed.filter((name) => !has(permissions, neededPermissions[name]));
