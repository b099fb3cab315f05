import { isRecord, type Json, records, string } from "../json.ts";
import { invalidForm, refused } from "./errors.ts";
import { limits } from "./limits.ts";
import { mentionsIn } from "./mentions.ts";
import {
  type Attachment,
  type Channel,
  type Draft,
  type Message,
  messageFlag,
  messageType,
} from "./records.ts";
import { numberOr } from "./rule-parts.ts";
import type { Answering, Server } from "./server.ts";

/** Where a message is to stand, and who writes it. */
export interface Writing {
  readonly channel: Channel;
  readonly author: string;
  /** An answer to an interaction needs no permission to send, and can be for one person only. */
  readonly interaction?: boolean;
  readonly ephemeral?: boolean;
}

const settable =
  messageFlag.suppressEmbeds | messageFlag.suppressNotifications | messageFlag.componentsV2;

/**
 * The message that a body asks for. Embeds are left out, without a word, when the author may not use
 * them: https://docs.discord.com/developers/topics/permissions (EMBED_LINKS).
 */
export function draftOf(server: Server, at: Writing, { body, files }: Answering): Draft {
  const { channel, author } = at;
  const content = string(body.content).trim();
  const answered = answeredBy(server, at, body);
  const draft: Draft = {
    author,
    content,
    attachments: storedFiles(server, at, { body, files, kept: [] }),
    components: numbered(records(body.components)),
    embeds: embedsOf(server, at, body),
    stickers: stickersOf(body),
    poll: isRecord(body.poll) ? body.poll : undefined,
    flags: numberOr(body.flags, 0) & settable,
    nonce: typeof body.nonce === "number" ? body.nonce : string(body.nonce) || undefined,
    ...mentionsIn(server, {
      ...{ channel, author, content, allowed: body.allowed_mentions },
      answered: answered?.author,
    }),
    ...(answered && { type: messageType.reply, reference: referenceTo(channel, answered) }),
  };
  needSomething(draft);
  return draft;
}

/** How a body changes a message. */
export function changeOf(
  server: Server,
  message: Message,
  { body, files, ...at }: Answering & Omit<Writing, "channel" | "author">,
): Partial<Message> {
  const channel = server.channel(message.channel);
  const writing = { ...at, channel, author: message.author };
  const content = body.content === undefined ? message.content : string(body.content).trim();
  const said = { channel, author: message.author, content, allowed: body.allowed_mentions };
  const kept = body.attachments === undefined ? message.attachments : keptOf(message, body);
  const change = {
    content,
    ...(body.content !== undefined && mentionsIn(server, said)),
    embeds: body.embeds === undefined ? message.embeds : embedsOf(server, writing, body),
    components:
      body.components === undefined ? message.components : numbered(records(body.components)),
    attachments: storedFiles(server, writing, { body, files, kept }),
    flags: flagsOf(message, body),
    editedAt: server.clock.now(),
  };
  needSomething({ ...message, ...change });
  return change;
}

const flagsOf = ({ flags }: Message, body: Json) =>
  typeof body.flags === "number" ? (flags & ~settable) | (body.flags & settable) : flags;

function needSomething(draft: Draft) {
  const { content, embeds, components, attachments, stickers, poll, snapshots } = draft;
  const lists = [embeds, components, attachments, stickers, snapshots];
  const something = content || poll || lists.some((each) => each && each.length > 0);
  if (!something) throw refused(50006);
}

function embedsOf(server: Server, { channel, author, interaction }: Writing, body: Json): Json[] {
  const may = interaction || server.may(author, channel, "embedLinks");
  return may ? records(body.embeds).map((each) => ({ ...each, type: "rich" })) : [];
}

const stickersOf = (body: Json): Json[] =>
  (Array.isArray(body.sticker_ids) ? body.sticker_ids : []).map((id) => ({
    id,
    name: "sticker",
    format_type: 1,
  }));

/** https://docs.discord.com/developers/components/reference#anatomy-of-a-component: every one gets an id. */
function numbered(components: Json[]): Json[] {
  let last = 0;
  const number = (each: Json): Json => {
    last += 1;
    return {
      id: last,
      ...each,
      ...(Array.isArray(each.components) && { components: records(each.components).map(number) }),
      ...(isRecord(each.accessory) && { accessory: number(each.accessory) }),
    };
  };
  return components.map(number);
}

/** What the message replies to: it must be there unless the body says otherwise. */
function answeredBy(server: Server, { channel, author }: Writing, body: Json): Message | undefined {
  const reference = body.message_reference;
  if (!isRecord(reference) || reference.type === 1) return undefined;
  if (!server.may(author, channel, "readMessageHistory")) throw refused(160002);
  const answered = channel.messages.find(({ id }) => id === string(reference.message_id));
  if (answered && !isSystem(answered)) return answered;
  if (!answered && reference.fail_if_not_exists === false) return undefined;
  const [code, message] = answered
    ? ["REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE", "Cannot reply to a system message"]
    : ["REPLIES_UNKNOWN_MESSAGE", "Unknown message"];
  throw invalidForm([{ at: "message_reference", code, message }]);
}

const referenceTo = (channel: Channel, answered: Message) =>
  ({ type: 0, message: answered.id, channel: channel.id, guild: channel.guild }) as const;

const written = new Set<number>([
  ...[messageType.plain, messageType.reply, messageType.command, messageType.contextMenuCommand],
]);

/** Posted by Discord itself. */
export const isSystem = ({ type }: Message): boolean => !written.has(type);

function keptOf(message: Message, { attachments }: Json): Attachment[] {
  const ids = records(attachments).map(({ id }) => String(id));
  return message.attachments.filter(({ id }) => ids.includes(id));
}

/** Keeps what came with a request: https://docs.discord.com/developers/reference#uploading-files */
function storedFiles(
  server: Server,
  { channel, author, interaction, ephemeral = false }: Writing,
  { body, files, kept }: Answering & { kept: readonly Attachment[] },
): Attachment[] {
  if (files.length === 0) return [...kept];
  if (!interaction && !server.may(author, channel, "attachFiles")) throw refused(50013);
  if (kept.length + files.length > limits.files) throw refused(40005);
  const told = new Map(records(body.attachments).map((each) => [String(each.id), each]));
  const stored = files.map((file) => {
    const { filename, description } = told.get(file.key) ?? {};
    return keepFile(server, {
      channel: channel.id,
      name: string(filename) || file.name,
      type: file.type,
      content: file.content,
      description: string(description) || undefined,
      ephemeral,
    });
  });
  return [...kept, ...stored];
}

/** Puts a file where the CDN finds it. Discord takes everything from a name that is not plain. */
export function keepFile(server: Server, given: Omit<Attachment, "id">): Attachment {
  const name = given.name.replaceAll(/[^\p{L}\p{N}._-]+/gu, "_");
  const attachment = { ...given, name, id: server.newId() };
  server.attachments.set(attachment.id, attachment);
  return attachment;
}
