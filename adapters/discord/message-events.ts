/** Messages as the gateway tells of them: https://docs.discord.com/developers/resources/message */
import { GatewayDispatchEvents, MessageReferenceType, MessageType } from "discord.js";
import { z } from "zod";
import type { OfferedFile, Person } from "../../src/desk/chat.ts";
import { memberSchema, personOf, userSchema } from "./people.ts";

/** All that can be read in a message. */
export interface MessageContent {
  /** In Discord's Markdown. */
  content: string;
  /** The names of those who are mentioned, by their ids. */
  people: ReadonlyMap<string, string>;
  /** By their names. */
  stickers: readonly string[];
  poll: { question: string; answers: readonly string[] } | undefined;
  /** What was written elsewhere, and is shown here again. */
  forwarded: readonly MessageContent[];
}

export interface WrittenMessage {
  channel: string;
  id: string;
  /** Undefined in direct messages. */
  guild: string | undefined;
  user: string;
  person: Person;
  /** Their roles, in a server. */
  roles: readonly string[];
  content: MessageContent;
  files: readonly OfferedFile[];
  /** The message that it answers. */
  repliesTo: string | undefined;
}

export type MessageEvent =
  | ({ type: "message" } & WrittenMessage)
  /** `at` is later for a later edit of the same message. In ms since 1970. */
  | ({ type: "edited"; at: number } & WrittenMessage)
  | { type: "deleted"; channel: string; id: string; guild: string | undefined }
  | { type: "ignored"; why: "own" | "bot" | "system" | "unchanged"; id: string }
  | { type: "unsupported"; what: string };

const text = z.string().nullish();

const mentionedSchema = userSchema.extend({ member: memberSchema.partial().nullish() });

const attachmentSchema = z.object({
  id: z.string(),
  filename: z.string(),
  size: z.number().int().min(0),
  content_type: text,
});

const pollMediaSchema = z.object({
  text,
  emoji: z.object({ name: text }).nullish(),
});

const contentSchema = z.object({
  content: z.string().default(""),
  mentions: z.array(mentionedSchema).default([]),
  sticker_items: z.array(z.object({ name: z.string() })).default([]),
  poll: z
    .object({
      question: pollMediaSchema,
      answers: z.array(z.object({ poll_media: pollMediaSchema })),
    })
    .nullish(),
  attachments: z.array(attachmentSchema).default([]),
});

const messageSchema = contentSchema.extend({
  id: z.string(),
  channel_id: z.string(),
  guild_id: z.string().optional(),
  type: z.number(),
  author: userSchema.extend({ system: z.boolean().optional() }),
  member: memberSchema.nullish(),
  webhook_id: text,
  edited_timestamp: text,
  message_reference: z.object({ type: z.number().optional(), message_id: text }).nullish(),
  message_snapshots: z.array(z.object({ message: contentSchema })).nullish(),
});

type Message = z.infer<typeof messageSchema>;

const deletedSchema = z.object({
  id: z.string(),
  channel_id: z.string(),
  guild_id: z.string().optional(),
});
const manyDeletedSchema = deletedSchema.omit({ id: true }).extend({ ids: z.array(z.string()) });

/** What a dispatch tells of messages, if it does: of many when many were deleted at once. `self`: the bot's user. */
export function readMessageEvents(name: string, data: unknown, self: string): MessageEvent[] {
  switch (name) {
    case GatewayDispatchEvents.MessageCreate:
      return [posted(data, self)];
    case GatewayDispatchEvents.MessageUpdate:
      return [changed(data, self)];
    case GatewayDispatchEvents.MessageDelete: {
      const { data: one } = deletedSchema.safeParse(data);
      return [one ? deleted(one, one.id) : unsupported(name)];
    }
    case GatewayDispatchEvents.MessageDeleteBulk: {
      const { data: many } = manyDeletedSchema.safeParse(data);
      return many ? many.ids.map((id) => deleted(many, id)) : [unsupported(name)];
    }
    default:
      return [];
  }
}

/** A message as it came with something else, and whether a person wrote it. */
export function readMessage(
  data: unknown,
  self: string,
): { message: WrittenMessage; isPersons: boolean } | undefined {
  const message = messageSchema.safeParse(data).data;
  return message && { message: writtenIn(message), isPersons: !notPersons(message, self) };
}

function posted(data: unknown, self: string): MessageEvent {
  const message = messageSchema.safeParse(data).data;
  if (!message) return unsupported(GatewayDispatchEvents.MessageCreate);
  return notPersons(message, self) ?? { type: "message", ...writtenIn(message) };
}

/** Discord tells of previews, pins and threads in the same way as of edits. */
function changed(data: unknown, self: string): MessageEvent {
  const message = messageSchema.safeParse(data).data;
  if (!message) return unsupported(GatewayDispatchEvents.MessageUpdate);
  const ignored = notPersons(message, self);
  if (ignored) return ignored;
  const at = Date.parse(message.edited_timestamp ?? "");
  if (Number.isNaN(at)) return { type: "ignored", why: "unchanged", id: message.id };
  return { type: "edited", at, ...writtenIn(message) };
}

const deleted = (
  { channel_id, guild_id }: { channel_id: string; guild_id?: string | undefined },
  id: string,
): MessageEvent => ({ type: "deleted", channel: channel_id, id, guild: guild_id });

const unsupported = (what: string): MessageEvent => ({ type: "unsupported", what });

/** What people write; all the others are told by Discord, or are answers to commands. */
const written: ReadonlySet<number> = new Set([MessageType.Default, MessageType.Reply]);

function notPersons({ id, author, webhook_id, type }: Message, self: string) {
  const ignored = (why: "own" | "bot" | "system") => ({ type: "ignored" as const, why, id });
  if (author.id === self) return ignored("own");
  if (author.bot || webhook_id) return ignored("bot");
  return author.system || !written.has(type) ? ignored("system") : undefined;
}

function writtenIn(message: Message): WrittenMessage {
  const { id, channel_id: channel, guild_id: guild, author, member } = message;
  const reference = message.message_reference;
  const isReply = reference?.type !== MessageReferenceType.Forward;
  const snapshots = (message.message_snapshots ?? []).map((each) => each.message);
  return {
    ...{ channel, id, guild, user: author.id },
    person: personOf(author, member ?? undefined),
    roles: member?.roles ?? [],
    content: { ...contentOf(message), forwarded: snapshots.map(contentOf) },
    files: [message, ...snapshots].flatMap(({ attachments }) => offered(channel, id, attachments)),
    repliesTo: (isReply && reference?.message_id) || undefined,
  };
}

function contentOf(message: z.infer<typeof contentSchema>): MessageContent {
  const { content, mentions, sticker_items, poll } = message;
  return {
    content,
    people: new Map(mentions.map((user) => [user.id, personOf(user, user.member ?? {}).name])),
    stickers: sticker_items.map(({ name }) => name),
    poll: poll
      ? {
          question: wordsOf(poll.question),
          answers: poll.answers.map(({ poll_media }) => wordsOf(poll_media)),
        }
      : undefined,
    forwarded: [],
  };
}

const wordsOf = ({ text, emoji }: z.infer<typeof pollMediaSchema>): string =>
  [emoji?.name, text].filter(Boolean).join(" ");

/** Their addresses expire: they are fetched by what they belong to. */
const offered = (
  channel: string,
  message: string,
  attachments: readonly z.infer<typeof attachmentSchema>[],
): OfferedFile[] =>
  attachments.map(({ id, filename, size, content_type }) => ({
    file: `${channel}/${message}/${id}`,
    name: filename,
    sizeBytes: size,
    type: content_type || "application/octet-stream",
  }));
