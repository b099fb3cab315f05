import { type Json, present } from "../json.ts";
import { isThread } from "./permissions.ts";
import {
  type Channel,
  channelType,
  type Guild,
  type Member,
  type Role,
  type User,
} from "./records.ts";
import type { Server } from "./server.ts";

/** Times as Discord writes them. */
export const written = (ms: number): string => new Date(ms).toISOString().replace("Z", "000+00:00");

/** https://docs.discord.com/developers/resources/user#user-object */
export const userObject = ({ id, name, globalName, avatar, bot }: User): Json => ({
  id,
  username: name,
  discriminator: bot ? "0001" : "0",
  global_name: globalName,
  avatar,
  banner: null,
  accent_color: null,
  public_flags: 0,
  flags: 0,
  avatar_decoration_data: null,
  collectibles: null,
  primary_guild: null,
  ...(bot && { bot: true }),
});

/** https://docs.discord.com/developers/resources/guild#guild-member-object; events of messages leave the user out. */
export function memberObject(server: Server, member: Member, { withUser = true } = {}): Json {
  return {
    ...(withUser && { user: userObject(server.user(member.user)) }),
    nick: member.nick,
    avatar: null,
    banner: null,
    roles: [...member.roles],
    joined_at: written(member.joinedAt),
    premium_since: null,
    deaf: false,
    mute: false,
    flags: 0,
    pending: false,
    communication_disabled_until: null,
    avatar_decoration_data: null,
  };
}

/** https://docs.discord.com/developers/topics/permissions#role-object */
export const roleObject = ({ id, name, permissions, position, mentionable }: Role): Json => ({
  id,
  name,
  color: 0,
  colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
  hoist: false,
  icon: null,
  unicode_emoji: null,
  position,
  permissions: String(permissions),
  managed: false,
  mentionable,
  flags: 0,
});

/** https://docs.discord.com/developers/resources/channel#channel-object */
export function channelObject(server: Server, channel: Channel): Json {
  const { id, type, name, flags, lastMessage } = channel;
  if (channel.recipient !== undefined) {
    const recipients = [userObject(server.user(channel.recipient))];
    return { id, type, flags, last_message_id: lastMessage, recipients };
  }
  if (isThread(channel)) return threadObject(channel);
  return {
    id,
    type,
    guild_id: channel.guild,
    name,
    position: channel.position,
    parent_id: channel.parent ?? null,
    permission_overwrites: channel.overwrites.map(({ allow, deny, ...each }) => ({
      ...each,
      allow: String(allow),
      deny: String(deny),
    })),
    flags,
    nsfw: false,
    topic: channel.topic,
    rate_limit_per_user: 0,
    last_message_id: lastMessage,
    ...(type === channelType.forum || type === channelType.media ? forumFields(channel) : {}),
  };
}

const forumFields = ({ tags }: Channel): Json => ({
  available_tags: tags.map((tag) => ({ ...tag, emoji_id: null, emoji_name: null })),
  default_reaction_emoji: null,
  default_sort_order: null,
  default_forum_layout: 0,
  default_thread_rate_limit_per_user: 0,
  template: "",
});

/** https://docs.discord.com/developers/resources/channel#channel-object-example-thread-channel */
function threadObject({
  id,
  type,
  guild,
  parent,
  name,
  flags,
  lastMessage,
  thread,
  ...rest
}: Channel): Json {
  if (!thread) return {};
  return present({
    id,
    type,
    guild_id: guild,
    parent_id: parent,
    name,
    flags,
    owner_id: thread.owner,
    last_message_id: lastMessage,
    rate_limit_per_user: 0,
    message_count: Math.max(0, rest.messages.length - (rest.messages[0]?.id === id ? 1 : 0)),
    total_message_sent: thread.total,
    member_count: Math.min(thread.members.size, 50),
    member_ids_preview: [...thread.members.keys()].slice(0, 10),
    applied_tags: thread.tags,
    thread_metadata: present({
      archived: thread.archived,
      archive_timestamp: written(thread.archiveChangedAt),
      auto_archive_duration: thread.autoArchiveMinutes,
      locked: thread.locked,
      create_timestamp: written(thread.createdAt),
      invitable: type === channelType.privateThread ? thread.invitable : undefined,
    }),
  });
}

/** https://docs.discord.com/developers/resources/channel#thread-member-object */
export const threadMemberObject = ({ id, thread }: Channel, user: string): Json => ({
  id,
  user_id: user,
  join_timestamp: written(thread?.members.get(user) ?? 0),
  flags: 0,
});

/** https://docs.discord.com/developers/resources/guild#guild-object, as `GET` and events both have it. */
export const bareGuildObject = (guild: Guild): Json => ({
  id: guild.id,
  name: guild.name,
  icon: null,
  splash: null,
  discovery_splash: null,
  description: null,
  home_header: null,
  banner: null,
  owner_id: guild.owner,
  application_id: null,
  region: "deprecated",
  afk_channel_id: null,
  afk_timeout: 300,
  system_channel_id: null,
  system_channel_flags: 0,
  widget_enabled: false,
  widget_channel_id: null,
  verification_level: 1,
  default_message_notifications: 1,
  explicit_content_filter: 0,
  mfa_level: 0,
  roles: [...guild.roles.values()].map(roleObject),
  emojis: [],
  stickers: [],
  features: ["COMMUNITY"],
  max_presences: null,
  max_members: 25_000_000,
  max_video_channel_users: 25,
  max_stage_video_channel_users: 50,
  vanity_url_code: null,
  premium_tier: 0,
  premium_subscription_count: 0,
  premium_progress_bar_enabled: false,
  preferred_locale: guild.locale,
  rules_channel_id: null,
  safety_alerts_channel_id: null,
  public_updates_channel_id: null,
  nsfw: false,
  nsfw_level: 0,
  incidents_data: null,
});

/**
 * What GUILD_CREATE carries: https://docs.discord.com/developers/events/gateway-events#guild-create.
 * Of threads only those that are active, and that the bot may see.
 */
export function guildObject(server: Server, guild: Guild): Json {
  const bot = server.application.id;
  const channels = [...server.channels.values()].filter((each) => each.guild === guild.id);
  const threads = channels.filter(
    (each) => each.thread && !each.thread.archived && server.may(bot, each, "viewChannel"),
  );
  return {
    ...bareGuildObject(guild),
    joined_at: written(guild.members.get(bot)?.joinedAt ?? 0),
    large: false,
    unavailable: false,
    member_count: guild.members.size,
    members: [...guild.members.values()].map((each) => memberObject(server, each)),
    channels: channels.filter((each) => !isThread(each)).map((each) => channelObject(server, each)),
    threads: threads.map((each) => threadForBot(server, each)),
    voice_states: [],
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
}

/** A thread with the bot's own membership, when it has one. */
export function threadForBot(server: Server, thread: Channel): Json {
  const bot = server.application.id;
  const joined = thread.thread?.members.has(bot);
  return {
    ...channelObject(server, thread),
    ...(joined && { member: threadMemberObject(thread, bot) }),
  };
}
