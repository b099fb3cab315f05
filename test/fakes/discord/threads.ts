import { channelObject, memberObject, threadForBot, threadMemberObject } from "./objects.ts";
import { isThread } from "./permissions.ts";
import type { Channel, Overwrite, Thread } from "./records.ts";
import type { Audience, Server } from "./server.ts";
import { bareChannel } from "./server.ts";

/** A thread as it is asked for. */
export interface NewThread {
  /** That of the message it is started from. */
  id?: string | undefined;
  name: string;
  type: number;
  owner: string;
  autoArchiveMinutes?: number | undefined;
  invitable?: boolean | undefined;
  tags?: string[];
}

const usualArchiveMinutes = 4_320;

const audienceOf = (channel: Channel): Audience => ({ guild: channel.guild, channel });

/** Who starts a thread is in it. */
export function startThread(server: Server, parent: Channel, given: NewThread): Channel {
  const now = server.clock.now();
  const channel: Channel = {
    ...bareChannel(given.id ?? server.newId(), given.type),
    guild: parent.guild,
    parent: parent.id,
    name: given.name,
    thread: {
      owner: given.owner,
      archived: false,
      locked: false,
      autoArchiveMinutes: given.autoArchiveMinutes ?? usualArchiveMinutes,
      archiveChangedAt: now,
      invitable: given.invitable ?? true,
      tags: given.tags ?? [],
      members: new Map([[given.owner, now]]),
      createdAt: now,
      total: 0,
    },
  };
  server.channels.set(channel.id, channel);
  const data = { ...threadForBot(server, channel), newly_created: true };
  server.tell("THREAD_CREATE", data, audienceOf(channel));
  return channel;
}

/** False when they were in it. The bot is told with the whole thread when it is the one. */
export function joinThread(server: Server, channel: Channel, user: string): boolean {
  const { thread, id, guild } = channel;
  if (!thread || thread.members.has(user)) return false;
  const bot = server.application.id;
  const could = server.may(bot, channel, "viewChannel");
  thread.members.set(user, server.clock.now());
  if (user === bot && !could) {
    server.tell("THREAD_CREATE", threadForBot(server, channel), audienceOf(channel));
  }
  const member = guild === undefined ? undefined : server.guilds.get(guild)?.members.get(user);
  const added = {
    ...threadMemberObject(channel, user),
    ...(member && { member: memberObject(server, member), presence: null }),
  };
  server.tell(
    "THREAD_MEMBERS_UPDATE",
    { id, guild_id: guild, member_count: thread.members.size, added_members: [added] },
    audienceOf(channel),
  );
  return true;
}

/** The bot is told also when it is the one, and sees the thread no longer. */
export function leaveThread(server: Server, channel: Channel, user: string): boolean {
  const { thread, id, guild } = channel;
  if (!thread?.members.has(user)) return false;
  const could = server.may(server.application.id, channel, "viewChannel");
  thread.members.delete(user);
  const data = { id, guild_id: guild, member_count: thread.members.size };
  if (could)
    server.tell("THREAD_MEMBERS_UPDATE", { ...data, removed_member_ids: [user] }, { guild });
  return true;
}

export type ThreadChange = Partial<
  Pick<Thread, "archived" | "locked" | "autoArchiveMinutes" | "invitable" | "tags">
> & { name?: string; flags?: number };

export function changeThread(server: Server, channel: Channel, change: ThreadChange): void {
  const { name, flags, ...ofThread } = change;
  if (!channel.thread) return;
  if (ofThread.archived !== undefined && ofThread.archived !== channel.thread.archived) {
    channel.thread.archiveChangedAt = server.clock.now();
  }
  Object.assign(channel.thread, ofThread);
  channel.name = name ?? channel.name;
  channel.flags = flags ?? channel.flags;
  server.tell("THREAD_UPDATE", threadForBot(server, channel), audienceOf(channel));
}

export function changeChannel(
  server: Server,
  channel: Channel,
  change: Partial<Pick<Channel, "name" | "topic" | "tags">>,
): void {
  Object.assign(channel, change);
  tellOfChannel(server, channel);
}

/** A bot is told of every channel, also of those that it does not see into. */
const tellOfChannel = (server: Server, channel: Channel) =>
  server.tell("CHANNEL_UPDATE", channelObject(server, channel), { guild: channel.guild });

/** Changes what a role or a member may do there. */
export function overwrite(server: Server, channel: Channel, given: Overwrite): void {
  const at = channel.overwrites.findIndex(({ id }) => id === given.id);
  channel.overwrites.splice(at < 0 ? channel.overwrites.length : at, at < 0 ? 0 : 1, given);
  tellOfChannel(server, channel);
}

/** A channel goes with its threads. */
export function removeChannel(server: Server, channel: Channel): void {
  const audience = { guild: channel.guild };
  const could = !isThread(channel) || server.may(server.application.id, channel, "viewChannel");
  if (!isThread(channel)) {
    for (const each of server.threadsOf(channel)) server.channels.delete(each.id);
  }
  server.channels.delete(channel.id);
  server.changed();
  if (!could) return;
  if (isThread(channel)) {
    const { id, guild, parent, type } = channel;
    server.tell("THREAD_DELETE", { id, guild_id: guild, parent_id: parent, type }, audience);
  } else {
    server.tell("CHANNEL_DELETE", channelObject(server, channel), audience);
  }
}
