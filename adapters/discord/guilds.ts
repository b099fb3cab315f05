/** The servers that the bot is in ("guilds"), as the gateway tells of them: asking costs no call. */
import {
  type AnyThreadChannel,
  type Guild as CachedGuild,
  ChannelType,
  type Client,
  type GuildBasedChannel,
  type GuildMember,
  PermissionFlagsBits,
} from "discord.js";
import { has, type Overwrite, permissionsIn, permissionsInAll } from "./permissions.ts";

interface Guild {
  id: string;
  name: string;
}

export interface Channel {
  id: string;
  guild: string;
  name: string;
  type: ChannelType;
  /** A thread's channel; another channel's category. */
  parent: string | undefined;
  /** Who opened it, of a thread. */
  owner: string | undefined;
  /** A forum's. */
  tags: readonly { id: string; name: string }[];
}

export interface Guilds {
  all(): readonly Guild[];
  /** Also a thread, unless it has been archived for long; undefined: it is not known. */
  channel(id: string): Channel | undefined;
  /** Undefined for roles of other servers than this: their names are for those who are there. */
  roleName(id: string, guild: string | undefined): string | undefined;
  /** The server in which this role is. */
  guildOfRole(id: string): string | undefined;
  /** A channel's name, if it is in this server and everyone there sees it: others' are for those who do. */
  publicNameOf(channel: string, guild: string | undefined): string | undefined;
  /** In a thread, those in its channel; undefined: the channel is not known. */
  permissionsOf(user: string, roles: readonly string[], channel: string): bigint | undefined;
  /** The bot's own. */
  ownPermissions(channel: string): bigint | undefined;
  /** The bot's own in this server, wherever no channel says otherwise. */
  ownPermissionsInAll(guild: string): bigint | undefined;
  /** The channels below which there are private threads of the bot's that are open. */
  withPrivateThreads(): readonly Channel[];
  /** The threads that the bot has opened, and that are not archived, by their ids. */
  openThreads(): readonly string[];
}

/** `client` is asked for each time, as there is another after a connection that was lost for good. */
export function createGuilds(client: () => Client | undefined): Guilds {
  const guilds = () => [...(client()?.guilds.cache.values() ?? [])];
  const cached = (id: string) => inGuild(client()?.channels.cache.get(id));
  const roleOf = (id: string) =>
    guilds()
      .map(({ roles }) => roles.cache.get(id))
      .find((role) => role !== undefined);
  const permissionsOf = (user: string, roles: readonly string[], id: string) => {
    const channel = cached(id);
    const overwrites = channel && overwritesOf(channel);
    if (!overwrites) return undefined;
    return permissionsIn(rightsOf(channel.guild), { user, roles }, overwrites);
  };
  return {
    all: () => guilds().map(({ id, name }) => ({ id, name })),
    channel: (id) => told(cached(id)),
    roleName(id, guild) {
      const role = roleOf(id);
      return role?.guild.id === guild ? role?.name : undefined;
    },
    guildOfRole: (id) => roleOf(id)?.guild.id,
    publicNameOf(id, guild) {
      const channel = cached(id);
      if (channel?.guild.id !== guild) return undefined;
      const everyone = permissionsOf("", [], id) ?? 0n;
      const isPublic = has(everyone, PermissionFlagsBits.ViewChannel) && !isPrivateThread(channel);
      return isPublic ? channel?.name : undefined;
    },
    permissionsOf,
    ownPermissions(id) {
      const us = cached(id)?.guild.members.me;
      return us ? permissionsOf(us.id, rolesOf(us), id) : undefined;
    },
    ownPermissionsInAll(id) {
      const guild = client()?.guilds.cache.get(id);
      const us = guild?.members.me;
      return us
        ? permissionsInAll(rightsOf(guild), { user: us.id, roles: rolesOf(us) })
        : undefined;
    },
    withPrivateThreads() {
      const parents = openThreadsOf(client()).flatMap(
        (each) => (isPrivateThread(each) && each.parent) || [],
      );
      return [...new Set(parents)].flatMap((each) => told(each) ?? []);
    },
    openThreads: () => openThreadsOf(client()).map(({ id }) => id),
  };
}

const rolesOf = ({ roles }: GuildMember): string[] => [...roles.cache.keys()];

type Cached = ReturnType<Client["channels"]["cache"]["get"]>;

const inGuild = (channel: Cached): GuildBasedChannel | undefined =>
  channel && !channel.isDMBased() ? channel : undefined;

function told(channel: GuildBasedChannel | undefined): Channel | undefined {
  if (!channel) return undefined;
  const { id, guild, name, type, parentId } = channel;
  return {
    ...{ id, guild: guild.id, name, type, parent: parentId ?? undefined },
    owner: channel.isThread() ? (channel.ownerId ?? undefined) : undefined,
    tags:
      "availableTags" in channel ? channel.availableTags.map(({ id, name }) => ({ id, name })) : [],
  };
}

const rightsOf = ({ id, ownerId, roles }: CachedGuild) => ({
  id,
  owner: ownerId,
  roles: new Map(roles.cache.map((role) => [role.id, role.permissions.bitfield])),
});

/** Undefined for a thread whose channel is not known. */
function overwritesOf(channel: GuildBasedChannel): Overwrite[] | undefined {
  const holder = channel.isThread() ? channel.parent : channel;
  return holder?.permissionOverwrites.cache.map(({ id, type, allow, deny }) => ({
    ...{ id, type, allow: allow.bitfield, deny: deny.bitfield },
  }));
}

const isPrivateThread = (channel: GuildBasedChannel | undefined): channel is AnyThreadChannel =>
  channel?.isThread() === true && channel.type === ChannelType.PrivateThread;

/** Those that the bot has opened. */
function openThreadsOf(client: Client | undefined): AnyThreadChannel[] {
  const us = client?.user?.id;
  const guilds = [...(client?.guilds.cache.values() ?? [])];
  return guilds
    .flatMap(({ channels }) => [...channels.cache.values()])
    .filter((channel) => channel.isThread())
    .filter(({ ownerId, archived }) => ownerId === us && !archived);
}
