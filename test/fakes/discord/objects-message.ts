import { createHash } from "node:crypto";
import { type Json, present, records, string } from "../json.ts";
import { channelObject, memberObject, userObject, written } from "./objects.ts";
import {
  type Attachment,
  type Channel,
  type Message,
  messageFlag,
  messageType,
} from "./records.ts";
import type { Server } from "./server.ts";

/** For how long the address of a file is good. */
const addressLifeMs = 24 * 60 * 60_000;

/** https://docs.discord.com/developers/reference#signed-attachment-cdn-urls */
function fileAddress(server: Server, { id, channel, name, ephemeral }: Attachment): string {
  const issuedAt = server.clock.now();
  const ex = Math.floor((issuedAt + addressLifeMs) / 1_000).toString(16);
  const is = Math.floor(issuedAt / 1_000).toString(16);
  const folder = ephemeral ? "ephemeral-attachments" : "attachments";
  const path = `/cdn/${folder}/${channel}/${id}/${encodeURIComponent(name)}`;
  return `${server.origin}${path}?ex=${ex}&is=${is}&hm=${signature(id, ex)}&`;
}

export const signature = (id: string, ex: string): string =>
  createHash("sha256").update(`${id} ${ex}`).digest("hex");

/** https://docs.discord.com/developers/resources/message#attachment-object */
export function attachmentObject(server: Server, attachment: Attachment): Json {
  const { id, name, type, content, description, ephemeral } = attachment;
  const url = fileAddress(server, attachment);
  return present({
    id,
    filename: name,
    size: content.length,
    url,
    proxy_url: url,
    content_type: type,
    content_scan_version: 0,
    description,
    ephemeral: ephemeral || undefined,
  });
}

/**
 * A message as the API shows it to the bot: https://docs.discord.com/developers/resources/message#message-object.
 * The nonce is in the answer to its creation and in its dispatch, and never when it is read.
 */
export function messageObject(server: Server, message: Message): Json {
  const { id, channel, author, type, content, createdAt, editedAt } = message;
  const at = server.channels.get(channel);
  return present({
    id,
    channel_id: channel,
    channel_type: at?.type,
    type,
    author: userObject(server.user(author)),
    content,
    timestamp: written(createdAt),
    edited_timestamp: editedAt === undefined ? null : written(editedAt),
    tts: false,
    pinned: message.pinned,
    mention_everyone: message.mentionEveryone,
    mentions: message.mentions.map((each) => userObject(server.user(each))),
    mention_roles: message.mentionRoles,
    attachments: message.attachments.map((each) => attachmentObject(server, each)),
    embeds: shownEmbeds(message),
    components: message.components,
    flags: message.flags,
    poll: message.poll,
    sticker_items: message.stickers.length > 0 ? message.stickers : undefined,
    reactions: reactions(server, message),
    position: at?.thread ? positionIn(at, message) : undefined,
    ...references(server, message),
    ...interactionFields(server, message),
    thread: startedThread(server, message),
  });
}

/** Hidden ones stay with it, and are not shown to anyone. */
export const shownEmbeds = ({ embeds, flags }: Message): Json[] =>
  (flags & messageFlag.suppressEmbeds) === 0 ? embeds : [];

/**
 * As MESSAGE_CREATE and MESSAGE_UPDATE have it: with the guild, the nonce, and who the author and
 * those who are mentioned are there. Without all of that it is read over HTTP.
 * https://docs.discord.com/developers/events/gateway-events#message-create
 */
export function messageEvent(server: Server, message: Message): Json {
  const guild = server.channels.get(message.channel)?.guild;
  const memberOf = (user: string): Json | undefined => {
    const member = guild && server.guilds.get(guild)?.members.get(user);
    return member ? memberObject(server, member, { withUser: false }) : undefined;
  };
  return present({
    ...messageObject(server, message),
    nonce: message.nonce,
    guild_id: guild,
    member: memberOf(message.author),
    mentions: message.mentions.map((each) =>
      present({ ...userObject(server.user(each)), member: memberOf(each) }),
    ),
  });
}

/**
 * What is left of a message without the *Message Content* intent, in events and in answers alike:
 * https://docs.discord.com/developers/events/gateway#message-content-intent
 */
export function withoutContent(server: Server, shown: Json): Json {
  const bot = server.application.id;
  const channel = server.channels.get(string(shown.channel_id));
  const own = userId(shown.author) === bot;
  const mentioned = records(shown.mentions).some(({ id }) => id === bot);
  if (own || mentioned || channel?.guild === undefined) return shown;
  const { poll: _, message_snapshots: __, ...rest } = shown;
  const bare = { ...rest, content: "", embeds: [], attachments: [], components: [] };
  const answered = records([shown.referenced_message])[0];
  return answered ? { ...bare, referenced_message: withoutContent(server, answered) } : bare;
}

const userId = (user: unknown) => records([user])[0]?.id;

const positionIn = ({ id, messages }: Channel, message: Message) =>
  Math.max(0, messages.filter((each) => each.id !== id).indexOf(message));

function reactions(server: Server, message: Message): Json[] | undefined {
  if (message.reactions.length === 0) return undefined;
  const bot = server.application.id;
  return message.reactions.map(({ emoji, users }) => ({
    emoji,
    count: users.length,
    count_details: { burst: 0, normal: users.length },
    me: users.includes(bot),
    me_burst: false,
    burst_me: false,
    burst_count: 0,
    burst_colors: [],
  }));
}

function references(server: Server, { type, reference, snapshots }: Message): Json {
  if (!reference) return {};
  const shown = present({
    type: reference.type,
    message_id: reference.message,
    channel_id: reference.channel,
    guild_id: reference.guild,
  });
  if (snapshots.length > 0) return { message_reference: shown, message_snapshots: snapshots };
  const isAnswer = type === messageType.reply || type === messageType.threadStarter;
  if (!isAnswer) return { message_reference: shown };
  const answered = server.message(reference.channel, reference.message ?? "");
  // Only one deep: what was answered does not show what that one answered in turn.
  const bare = answered && { ...answered, reference: undefined };
  return {
    message_reference: shown,
    referenced_message: bare ? messageObject(server, bare) : null,
  };
}

const interactionFields = (server: Server, { interaction, webhook }: Message): Json =>
  present({
    application_id: webhook === undefined ? undefined : server.application.id,
    webhook_id: webhook,
    interaction_metadata: interaction,
  });

/** A thread has the id of the message that it was started from. */
function startedThread(server: Server, { id, flags, channel }: Message): Json | undefined {
  const thread = server.channels.get(id);
  if (!thread || thread.parent !== channel || !(flags & messageFlag.hasThread)) return undefined;
  return channelObject(server, thread);
}
