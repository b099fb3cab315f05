/** Messages as events tell of them, and as threads have them: https://docs.slack.dev/reference/events/message */
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { OfferedFile } from "../../src/desk/chat.ts";
import type { SlackMessage } from "./text.ts";

/** What all that we post can be known by. */
export interface Self {
  botId: string;
  botUserId: string;
  appId: string;
}

interface Written {
  channel: string;
  /** With the channel, it names the message; an event's id does not. */
  ts: string;
  /** A person. */
  user: string;
  content: SlackMessage;
  files: readonly OfferedFile[];
  /** In a thread, who wrote the root, where Slack tells it. */
  under: string | undefined;
}

/** `thread` is the root's `ts`. */
export type MessageEvent =
  | ({ type: "message"; thread: string } & Written)
  /** Not in a thread: to the bot alone, or to a channel. */
  | ({ type: "direct" | "top-level" } & Written)
  /**
   * `at` is larger for a later edit of the same message, in seconds since 1970; NaN where Slack does
   * not tell. Of what was read back it is the beginning of the second in which it was edited.
   */
  | ({ type: "edited"; thread: string | undefined; at: number } & Written)
  | { type: "deleted"; channel: string; ts: string; thread: string | undefined }
  | { type: "ignored"; why: "own" | "bot" | "unchanged" | "someone else's" | "another workspace" }
  | { type: "unsupported"; what: string };

const text = z.string().nullish();

const fileSchema = z.object({
  id: z.string(),
  name: text,
  title: text,
  mimetype: text,
  size: z.number().int().min(0).nullish(),
  mode: text,
});

const messageSchema = z.object({
  ts: z.string(),
  subtype: text,
  user: text,
  bot_id: text,
  app_id: text,
  bot_profile: z.object({ app_id: text }).nullish(),
  text,
  blocks: z.array(z.unknown()).nullish(),
  files: z.array(fileSchema).nullish(),
  thread_ts: text,
  parent_user_id: text,
  edited: z.object({ ts: text }).nullish(),
});

type Message = z.infer<typeof messageSchema>;

const place = { channel: z.string(), channel_type: text };

const schemas = {
  posted: messageSchema.extend(place),
  changed: z.object({
    ...place,
    /** The event's own, with more digits than `edited` has. */
    event_ts: text,
    ts: text,
    message: messageSchema,
    previous_message: messageSchema.nullish(),
  }),
  deleted: z.object({
    ...place,
    deleted_ts: z.string(),
    previous_message: messageSchema.nullish(),
  }),
};

/** What people write; all the others are told by Slack, such as that someone has joined. */
const written: ReadonlySet<string | null | undefined> = new Set([
  ...[undefined, null],
  ...["file_share", "thread_broadcast", "me_message"],
]);

/** Undefined when it has not the shape that is documented. */
export function readMessageEvent(event: unknown, self: Self): MessageEvent | undefined {
  const { data: kind } = z.object({ subtype: text }).safeParse(event);
  switch (kind?.subtype) {
    case "message_changed": {
      const { data } = schemas.changed.safeParse(event);
      return data && changed(data, self);
    }
    case "message_deleted": {
      const { data } = schemas.deleted.safeParse(event);
      return data && deleted(data, self);
    }
    default: {
      const { data } = schemas.posted.safeParse(event);
      return data && posted(data, self);
    }
  }
}

/**
 * A message of a thread as `conversations.replies` has it, which is as it stands now. Undefined when
 * it has not the shape that is documented.
 */
export function readReply(
  message: unknown,
  { channel, root }: { channel: string; root: string },
  self: Self,
): MessageEvent | undefined {
  const { data } = messageSchema.safeParse(message);
  if (!data) return undefined;
  const event = posted({ ...data, channel, thread_ts: root }, self);
  if (event.type !== "message" || !isChanged(data)) return event;
  return { ...event, type: "edited", at: Number(data.edited?.ts || undefined) };
}

/** A file that was taken off a message is no edit to Slack: it leaves a tombstone there. */
const isChanged = ({ edited, files }: Message) =>
  Boolean(edited) || present(files).length < (files ?? []).length;

function posted(message: z.infer<typeof schemas.posted>, self: Self): MessageEvent {
  const notPersons = whose(message, self);
  if (notPersons) return { type: "ignored", why: notPersons };
  const said = saidIn(message.channel, message);
  if (!said) return unsupported(message);
  const thread = threadOf(message);
  if (thread !== undefined) return { type: "message", thread, ...said };
  return { type: isDirect(message) ? "direct" : "top-level", ...said };
}

function changed(event: z.infer<typeof schemas.changed>, self: Self): MessageEvent {
  const { channel, message, previous_message: before } = event;
  if (message.subtype === "tombstone") return buried(event, self);
  const notPersons = whose(message, self);
  if (notPersons) return { type: "ignored", why: notPersons };
  const said = saidIn(channel, message);
  if (!said) return unsupported(message);
  const isEdit = before ? !saysTheSame(message, before) : Boolean(message.edited);
  if (!isEdit) return { type: "ignored", why: "unchanged" };
  const at = Number(event.event_ts || event.ts || undefined);
  return { type: "edited", thread: threadOf(message), at, ...said };
}

/** The root of a thread was deleted; as long as it has replies, a tombstone stands in its place. */
function buried(event: z.infer<typeof schemas.changed>, self: Self): MessageEvent {
  const { channel, message, previous_message: before } = event;
  if (before?.subtype === "tombstone") return { type: "ignored", why: "unchanged" };
  return deleted({ channel, deleted_ts: message.ts, previous_message: before }, self);
}

function deleted(event: z.infer<typeof schemas.deleted>, self: Self): MessageEvent {
  const { channel, deleted_ts: ts, previous_message: before } = event;
  if (before?.subtype === "tombstone") return { type: "ignored", why: "unchanged" };
  const notPersons = before && whose(before, self);
  if (notPersons) return { type: "ignored", why: notPersons };
  return { type: "deleted", channel, ts, thread: before ? threadOf(before) : undefined };
}

/** Who wrote it, when that was not a person. */
function whose(message: Message, { botId, botUserId, appId }: Self): "own" | "bot" | undefined {
  const { bot_id, app_id, bot_profile, user, subtype } = message;
  const apps = [app_id, bot_profile?.app_id];
  if (bot_id === botId || user === botUserId || apps.includes(appId)) return "own";
  const isBot = bot_id || bot_profile || subtype === "bot_message" || user === "USLACKBOT";
  return isBot ? "bot" : undefined;
}

/** Undefined when it is not something that a person wrote. */
function saidIn(channel: string, message: Message): Written | undefined {
  const { ts, user, text, blocks, subtype, parent_user_id } = message;
  if (!user || !written.has(subtype)) return undefined;
  const content = { text: text ?? undefined, blocks: blocks ?? undefined };
  const under = parent_user_id ?? undefined;
  return { channel, ts, user, content, files: offered(message), under };
}

const unsupported = ({ subtype }: Message): MessageEvent => ({
  type: "unsupported",
  what: `message/${subtype ?? "without an author"}`,
});

/** A root has its own `ts` here once it has replies. */
const threadOf = ({ thread_ts, ts }: Message) =>
  thread_ts && thread_ts !== ts ? thread_ts : undefined;

const isDirect = ({ channel, channel_type }: { channel: string; channel_type?: unknown }) =>
  channel_type === "im" || (!channel_type && channel.startsWith("D"));

/**
 * What is known of the files; of some, no more than that they are there
 * (https://docs.slack.dev/reference/objects/file-object: `check_file_info`, `hidden_by_limit`). Those
 * are offered too: who fetches them learns what they are, or why they cannot be had.
 */
const offered = ({ files }: Message): OfferedFile[] =>
  present(files).map(({ id, name, title, mimetype, size }) => ({
    file: id,
    name: name || title || "file",
    sizeBytes: size ?? 0,
    type: mimetype || "application/octet-stream",
  }));

/** Without those that were deleted. */
const present = (files: Message["files"]) =>
  (files ?? []).filter(({ mode }) => mode !== "tombstone");

/** Whether only a preview came, or a reply, or something else that no one wrote. */
const saysTheSame = (one: Message, other: Message): boolean =>
  (one.text ?? "") === (other.text ?? "") &&
  isDeepStrictEqual(idsOf(one), idsOf(other)) &&
  isDeepStrictEqual(unnamed(one.blocks ?? []), unnamed(other.blocks ?? []));

const idsOf = ({ files }: Message) => present(files).map(({ id }) => id);

/** Slack may name the blocks anew. */
function unnamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unnamed);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== "block_id");
  return Object.fromEntries(entries.map(([key, each]) => [key, unnamed(each)]));
}
