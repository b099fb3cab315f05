/** What someone may do where: https://docs.discord.com/developers/topics/permissions */
import { ChannelType, PermissionFlagsBits as flags, OverwriteType } from "discord.js";

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

/**
 * What a member with these roles may do in a channel. A thread has no overwrites: its parent's
 * hold in it.
 */
export function permissionsIn(
  guild: GuildRights,
  member: { user: string; roles: readonly string[] },
  overwrites: readonly Overwrite[],
): bigint {
  if (member.user === guild.owner) return everything;
  const roles = [guild.id, ...member.roles];
  const base = roles.reduce((all, role) => all | (guild.roles.get(role) ?? 0n), 0n);
  if (has(base, flags.Administrator)) return everything;
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

/** Whether these suffice to answer tickets there; in a forum, also when new posts are not for them. */
export function mayAnswerIn(type: ChannelType, permissions: bigint): boolean {
  const inThreads = flags.ViewChannel | flags.SendMessagesInThreads;
  const isForum = type === ChannelType.GuildForum || type === ChannelType.GuildMedia;
  return has(permissions, isForum ? inThreads : inThreads | flags.SendMessages);
}

/** Those that are lacking, in the order above. */
export const lacking = (
  permissions: bigint,
  needed: readonly NeededPermission[],
): NeededPermission[] => needed.filter((name) => !has(permissions, neededPermissions[name]));
