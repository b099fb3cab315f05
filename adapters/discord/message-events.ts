/** Messages as the gateway tells of them: https://docs.discord.com/developers/resources/message */
import { GatewayDispatchEvents, MessageReferenceType, MessageType } from "discord.js";
import { z } from "zod";
import type { OfferedFile, Person } from "../../src/desk/chat.ts";
import { memberSchema, personOf, userSchema } from "./people.ts";

/** All that can be read in a message. */
export interface MessageContent {
  /** The server whose names it may show; in direct messages, none. */
  guild: string | undefined;
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
  /** What keeps its content from being read: there is nothing in it then. */
  unreadable?: string;
}

export type MessageEvent =
  | ({ type: "message" } & WrittenMessage)
  /** `at` is later for a later edit of the same message. In ms since 1970. */
  | ({ type: "edited"; at: number } & WrittenMessage)
  | { type: "deleted"; channel: string; id: string; guild: string | undefined }
  | { type: "ignored"; why: "own" | "bot" | "system" | "unchanged"; id: string }
  | { type: "unsupported"; what: string };

const text = z.string().nullish();

/** For what only adds to the words: it may be odd, and they are read all the same. */
const perhaps = <Part extends z.ZodType>(part: Part) => part.nullish().catch(undefined);

const listOf = <Part extends z.ZodType>(part: Part) =>
  z
    .array(part)
    .nullish()
    .transform((all) => all ?? []);

const mentionedSchema = perhaps(
  userSchema.extend({ member: perhaps(memberSchema.pick({ nick: true })) }),
);

const attachmentSchema = z.object({
  id: z.string(),
  filename: z.string().catch("file"),
  size: z.number().int().min(0).catch(0),
  content_type: perhaps(z.string()),
});

const pollMediaSchema = perhaps(
  z.object({
    text: perhaps(z.string()),
    emoji: perhaps(z.object({ name: perhaps(z.string()) })),
  }),
);

const contentSchema = z.object({
  content: text.transform((content) => content ?? ""),
  mentions: listOf(mentionedSchema),
  sticker_items: listOf(z.object({ name: z.string().catch("sticker") })),
  poll: z
    .object({
      question: pollMediaSchema,
      answers: listOf(z.object({ poll_media: pollMediaSchema })),
    })
    .nullish(),
  attachments: listOf(attachmentSchema),
});

const messageSchema = contentSchema.extend({
  id: z.string(),
  channel_id: z.string(),
  guild_id: text,
  type: z.number(),
  author: userSchema.extend({ system: z.boolean().optional() }),
  member: memberSchema.nullish(),
  webhook_id: text,
  edited_timestamp: text,
  message_reference: perhaps(z.object({ type: z.number().optional(), message_id: text })),
  message_snapshots: z.array(z.object({ message: contentSchema })).nullish(),
});

type Message = z.infer<typeof messageSchema>;

const odd = z.unknown().optional();

/** So much is known of a message that cannot be read. */
const restSchema = messageSchema.pick({ id: true, channel_id: true, guild_id: true }).extend({
  type: z.number().catch(MessageType.Default),
  author: messageSchema.shape.author
    .pick({ id: true })
    .extend({ username: z.string().catch("someone"), bot: odd, system: odd }),
  webhook_id: odd,
  edited_timestamp: perhaps(z.string()),
});

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

/**
 * A message from history, as it stands now. Discord leaves out its server and who is a member there:
 * whoever reads it puts `guild_id` and `member` into it.
 */
export function readPastMessage(data: unknown, self: string): MessageEvent {
  const event = changed(data, self);
  return event.type === "ignored" && event.why === "unchanged" ? posted(data, self) : event;
}

/** A message as it came with something else, which says its server, and whether a person wrote it. */
export function readMessage(
  data: unknown,
  self: string,
  guild: string | undefined,
): { message: WrittenMessage; isPersons: boolean } | undefined {
  const message = messageSchema.safeParse(data).data;
  if (!message) return undefined;
  const isPersons = !notPersons(message, self);
  return { message: writtenIn({ ...message, guild_id: guild }), isPersons };
}

function posted(data: unknown, self: string): MessageEvent {
  const message = readAsFarAs(data);
  if (!message) return unsupported(GatewayDispatchEvents.MessageCreate);
  return notPersons(message, self) ?? { type: "message", ...writtenIn(message) };
}

/** Discord tells of previews, pins and threads in the same way as of edits. */
function changed(data: unknown, self: string): MessageEvent {
  const message = readAsFarAs(data);
  if (!message) return unsupported(GatewayDispatchEvents.MessageUpdate);
  const ignored = notPersons(message, self);
  if (ignored) return ignored;
  const at = Date.parse(message.edited_timestamp ?? "");
  if (Number.isNaN(at)) return { type: "ignored", why: "unchanged", id: message.id };
  return { type: "edited", at, ...writtenIn(message) };
}

/** Where it cannot be read, its writer has to be told: then there is at least who that is, and where. */
function readAsFarAs(data: unknown): (Message & { unreadable?: string }) | undefined {
  const { data: message, error } = messageSchema.safeParse(data);
  if (message) return message;
  const rest = restSchema.safeParse(data).data;
  if (!rest) return undefined;
  const { author, webhook_id, ...known } = rest;
  const places = error.issues.map(({ path }) => path.join("."));
  return {
    ...contentSchema.parse({}),
    ...known,
    author: { ...author, bot: Boolean(author.bot), system: Boolean(author.system) },
    webhook_id: webhook_id ? "of a webhook" : undefined,
    unreadable: [...new Set(places)].join(", "),
  };
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

function writtenIn(message: Message & { unreadable?: string }): WrittenMessage {
  const { id, channel_id: channel, author, member } = message;
  const guild = message.guild_id ?? undefined;
  const reference = message.message_reference;
  const isReply = reference?.type !== MessageReferenceType.Forward;
  const snapshots = (message.message_snapshots ?? []).map((each) => each.message);
  return {
    ...{ channel, id, guild, user: author.id },
    person: personOf(author, member ?? undefined),
    roles: member?.roles ?? [],
    content: {
      ...contentOf(message, guild),
      forwarded: snapshots.map((each) => contentOf(each, guild)),
    },
    files: [message, ...snapshots].flatMap(({ attachments }) => offered(channel, id, attachments)),
    repliesTo: (isReply && reference?.message_id) || undefined,
    ...(message.unreadable !== undefined && { unreadable: message.unreadable }),
  };
}

function contentOf(
  message: z.infer<typeof contentSchema>,
  guild: string | undefined,
): MessageContent {
  const { content, mentions, sticker_items, poll } = message;
  return {
    guild,
    content,
    people: new Map(
      mentions.flatMap((user) =>
        user ? [[user.id, personOf(user, user.member ?? {}).name] as const] : [],
      ),
    ),
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

const wordsOf = (media: z.infer<typeof pollMediaSchema>): string =>
  [media?.emoji?.name, media?.text].filter(Boolean).join(" ");

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
