import { pingedBy } from "./mentions.ts";
import { memberObject } from "./objects.ts";
import { messageEvent } from "./objects-message.ts";
import {
  type Channel,
  channelType,
  type Draft,
  type Emoji,
  type Message,
  messageType,
} from "./records.ts";
import type { Server } from "./server.ts";
import { changeThread, joinThread } from "./threads.ts";

/** A message that is in no channel yet: an ephemeral one stays so. */
export function newMessage(server: Server, channel: Channel, draft: Draft): Message {
  return {
    id: server.newId(),
    channel: channel.id,
    type: messageType.plain,
    createdAt: server.clock.now(),
    ...{ content: "", embeds: [], components: [], attachments: [], stickers: [], snapshots: [] },
    ...{ flags: 0, mentions: [], mentionRoles: [], mentionEveryone: false, pings: [] },
    ...{ reactions: [], pinned: false, poll: undefined, nonce: undefined, reference: undefined },
    ...{ editedAt: undefined, interaction: undefined, webhook: undefined },
    ...draft,
  };
}

/**
 * Puts a message where it belongs and tells of it. An archived thread is opened again by it, and who
 * writes in a thread joins it, as does who is pinged there:
 * https://docs.discord.com/developers/topics/threads
 */
export function post(server: Server, channel: Channel, draft: Draft, id?: string): Message {
  const made = newMessage(server, channel, draft);
  const message = id === undefined ? made : { ...made, id };
  message.pings.push(...pingedBy(server, channel, message.author, message));
  if (channel.thread?.archived) changeThread(server, channel, { archived: false });
  channel.messages.push(message);
  channel.lastMessage = message.id;
  if (channel.thread && message.id !== channel.id) channel.thread.total += 1;
  noteNonce(server, message);
  tellOf(server, channel, message, "MESSAGE_CREATE");
  if (channel.thread) joinAll(server, channel, message);
  return message;
}

function noteNonce({ application, ownNonces }: Server, message: Message) {
  const { nonce, author } = message;
  if (nonce === undefined || author !== application.id) return;
  ownNonces.set(String(nonce), [...(ownNonces.get(String(nonce)) ?? []), message]);
}

const joins = new Set<number>([messageType.plain, messageType.reply]);

function joinAll(server: Server, channel: Channel, message: Message) {
  if (!joins.has(message.type)) return;
  const parent = server.parentOf(channel);
  joinThread(server, channel, message.author);
  for (const user of message.mentions) {
    if (parent && server.may(user, parent, "viewChannel")) joinThread(server, channel, user);
  }
}

function tellOf(server: Server, channel: Channel, message: Message, event: string) {
  server.tell(event, messageEvent(server, message), { guild: channel.guild, channel });
}

/** Changes a message and tells of it, also when nothing that can be read is different. */
export function edit(server: Server, message: Message, change: Partial<Message>): void {
  Object.assign(message, change);
  tellOf(server, server.channel(message.channel), message, "MESSAGE_UPDATE");
}

export function remove(server: Server, message: Message): void {
  const channel = server.channel(message.channel);
  const place = channel.messages.indexOf(message);
  if (place < 0) return;
  channel.messages.splice(place, 1);
  const { id } = message;
  const data = { id, channel_id: channel.id, ...(channel.guild && { guild_id: channel.guild }) };
  server.tell("MESSAGE_DELETE", data, { guild: channel.guild, channel });
}

const sameEmoji = (one: Emoji, other: Emoji) =>
  one.id === null ? one.name === other.name : one.id === other.id;

export const reactionWith = (message: Message, emoji: Emoji) =>
  message.reactions.find((each) => sameEmoji(each.emoji, emoji));

/** False when it was so already. */
export function react(
  server: Server,
  message: Message,
  { user, emoji, on }: { user: string; emoji: Emoji; on: boolean },
): boolean {
  const known = reactionWith(message, emoji);
  if (on === (known?.users.includes(user) ?? false)) return false;
  if (!known) message.reactions.push({ emoji, users: [user] });
  else if (on) known.users.push(user);
  else known.users.splice(known.users.indexOf(user), 1);
  message.reactions = message.reactions.filter(({ users }) => users.length > 0);
  const channel = server.channel(message.channel);
  const { guild } = channel;
  const member = guild && server.guilds.get(guild)?.members.get(user);
  server.tell(
    on ? "MESSAGE_REACTION_ADD" : "MESSAGE_REACTION_REMOVE",
    {
      ...{ user_id: user, channel_id: channel.id, message_id: message.id, emoji },
      ...{ burst: false, type: 0, message_author_id: message.author },
      ...(guild && { guild_id: guild }),
      ...(on && member ? { member: memberObject(server, member) } : {}),
    },
    { guild, channel },
  );
  return true;
}

export const canHoldMessages = ({ type }: Channel): boolean =>
  type !== channelType.category && type !== channelType.forum && type !== channelType.media;
