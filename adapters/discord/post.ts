/** Posting, editing, deleting and marking messages. */
import {
  type APIEmbed,
  ChannelType,
  RESTJSONErrorCodes as Code,
  MessageFlags,
  MessageReferenceType,
  type RawFile,
  Routes,
} from "discord.js";
import { z } from "zod";
import type { Mark } from "../../src/desk/chat.ts";
import type { Log } from "../../src/desk/ports.ts";
import type { Call } from "./calls.ts";
import type { Channels } from "./channels.ts";
import { carries, linkIn, linkOf, withNonce } from "./delivery-key.ts";
import { DiscordFault, refusedWith, unlessRefused, withoutEffect } from "./errors.ts";
import type { WrittenMessage } from "./messages.ts";
import type { MessageAddress, ThreadAddress } from "./references.ts";

export interface Poster {
  call: Call;
  channels: Channels;
  log: Log;
}

/** What is posted with it. */
interface Besides {
  /** Plain words above the embed. They stay when it is edited. */
  content?: string;
  files?: RawFile[];
}

export const messageSchema = z.object({
  id: z.string(),
  channel_id: z.string(),
  embeds: z.array(z.object({ url: z.string().optional() })).default([]),
});

const anything = z.unknown();

/** What Discord makes of typed text calls no one. */
export const pingsNoOne = { allowed_mentions: { parse: [] } };

/** Into a channel itself, where it is the root of what follows. */
export const postRoot = (
  poster: Poster,
  channel: string,
  written: WrittenMessage,
  key: string,
  besides: Besides = {},
): Promise<MessageAddress> => post(poster, { kind: "thread", channel }, written, key, besides);

/** Into a thread; an archived one is opened by that. */
export const postReply = (
  poster: Poster,
  thread: ThreadAddress,
  written: WrittenMessage,
  key: string,
  besides: Besides = {},
): Promise<MessageAddress> => {
  const posting = () => post(poster, thread, written, key, besides);
  return thread.kind === "thread" ? inOpenThread(poster, thread.channel, posting) : posting();
};

async function post(
  { call, channels, log }: Poster,
  thread: ThreadAddress,
  { embed, components }: WrittenMessage,
  key: string,
  { content, files }: Besides,
): Promise<MessageAddress> {
  const { channel } = thread;
  const { guild_id: guild } = await channels.get(channel);
  const root = thread.kind === "direct" ? { root: thread.root } : {};
  const body = {
    ...(content !== undefined && { content }),
    embeds: [{ ...embed, url: linkOf(key, { guild, channel, ...root }) }],
    components,
    ...pingsNoOne,
    enforce_nonce: true,
    ...(thread.kind === "direct" && { message_reference: answering(thread.root) }),
  };
  const posted = await withNonce(key, channel, (nonce) => {
    const sent = { body: { ...body, nonce }, ...(files && { files }) };
    return call("POST", Routes.channelMessages(channel), messageSchema, sent);
  });
  const address = { channel, message: posted.id };
  if (carries(posted, key)) return address;
  await removeStray({ call, log }, address);
  throw withoutEmbeds(address);
}

const answering = (root: string) => ({
  type: MessageReferenceType.Default,
  message_id: root,
  fail_if_not_exists: false,
});

const withoutEmbeds = ({ channel, message }: MessageAddress): DiscordFault =>
  new DiscordFault("NO_EMBEDS", `Discord has left the embed out of ${message} in ${channel}`);

/** What could not be posted whole, or where nobody reads it, is not to be seen at all. */
export async function removeStray(
  { call, log }: Pick<Poster, "call" | "log">,
  stray: MessageAddress,
): Promise<void> {
  try {
    await call("DELETE", Routes.channelMessage(stray.channel, stray.message), anything);
  } catch (err) {
    log.error(
      { ...stray, err },
      "A message in Discord that does not count as posted could not be deleted: delete it by hand",
    );
  }
}

const closed: readonly number[] = [Code.InvalidActionOnArchivedThread, Code.ThreadLocked];

/**
 * Does what an archived thread may not allow: then it is opened before. Afterwards it is `archived`
 * again, or `open`.
 */
export async function inOpenThread<T>(
  { call, channels, log }: Poster,
  thread: string,
  work: () => Promise<T>,
  afterwards: "archived" | "open" = "open",
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!closed.includes(refusedWith(error) ?? 0)) throw error;
    await openAgain({ call, channels }, thread, error);
  }
  const result = await work();
  if (afterwards === "archived") {
    const archiving = call("PATCH", Routes.channel(thread), anything, { body: { archived: true } });
    await archiving.catch((err: unknown) =>
      log.debug({ thread, err }, "A thread in Discord could not be archived again"),
    );
  }
  return result;
}

const mayNot: readonly number[] = [Code.MissingPermissions, Code.MissingAccess, ...closed];

/** A locked one only by who has Manage Threads. https://docs.discord.com/developers/topics/threads */
async function openAgain(
  { call, channels }: Pick<Poster, "call" | "channels">,
  thread: string,
  cause: unknown,
): Promise<void> {
  try {
    const body = { archived: false };
    await withoutEffect(() => call("PATCH", Routes.channel(thread), anything, { body }));
  } catch (error) {
    if (!mayNot.includes(refusedWith(error) ?? 0)) throw error;
    // Only requesters have private ones.
    const isPrivate = (await channels.get(thread)).type === ChannelType.PrivateThread;
    const code = isPrivate ? "LOCKED_PRIVATE" : "LOCKED";
    throw new DiscordFault(code, `The thread ${thread} cannot be opened again`, { cause });
  }
}

const isLocked = (error: unknown): boolean =>
  error instanceof DiscordFault && (error.code === "LOCKED" || error.code === "LOCKED_PRIVATE");

/** It keeps its address, and any plain words. False: someone has deleted it, and it is left so. */
export async function edit(
  poster: Poster,
  { channel, message }: MessageAddress,
  { embed, components }: WrittenMessage,
  afterwards: "archived" | "open",
): Promise<boolean> {
  const { call } = poster;
  const route = Routes.channelMessage(channel, message);
  const reading = withoutEffect(() => call("GET", route, editedSchema));
  const before = await unlessRefused([Code.UnknownMessage], reading);
  if (!before) return false;
  const changing = async () => {
    const shown = await unhidden(poster, route, before);
    const embeds: APIEmbed[] = [{ ...embed, ...linkKept(shown.embeds) }];
    const body = { embeds, components, ...pingsNoOne };
    return call("PATCH", route, messageSchema, { body });
  };
  const editing = () => unlessRefused([Code.UnknownMessage], changing());
  const after = await inOpenThread(poster, channel, editing, afterwards);
  if (after?.embeds.length === 0) throw withoutEmbeds({ channel, message });
  return after !== undefined;
}

const editedSchema = messageSchema.extend({ flags: z.number().default(0) });

type Edited = z.infer<typeof editedSchema>;

/**
 * Moderators can hide the embeds of a message, which is all it says; they stay with it.
 * https://docs.discord.com/developers/resources/message#message-object-message-flags
 */
async function unhidden(
  { call }: Poster,
  route: ReturnType<typeof Routes.channelMessage>,
  message: Edited,
): Promise<Edited> {
  const { flags } = message;
  if ((flags & MessageFlags.SuppressEmbeds) === 0) return message;
  const body = { flags: flags & ~MessageFlags.SuppressEmbeds, ...pingsNoOne };
  return call("PATCH", route, editedSchema, { body });
}

function linkKept(embeds: z.infer<typeof messageSchema>["embeds"]): Pick<APIEmbed, "url"> {
  const url = linkIn(embeds);
  return url === undefined ? {} : { url };
}

export async function remove(poster: Poster, { channel, message }: MessageAddress): Promise<void> {
  const deleting = () => poster.call("DELETE", Routes.channelMessage(channel, message), anything);
  const work = () => unlessRefused([Code.UnknownMessage], deleting());
  await inOpenThread(poster, channel, work, "archived");
}

const reactions: Readonly<Record<Mark, string>> = { sending: "⏳", delivered: "✅", failed: "❌" };

/** A mark is worth no trouble: where none can be set, there is none. */
const unmarkable: readonly number[] = [
  Code.UnknownMessage,
  Code.UnknownChannel,
  Code.UnknownEmoji,
  Code.MissingAccess,
  Code.MissingPermissions,
  Code.ReactionWasBlocked,
  Code.MaximumNumberOfReactionsReached,
  Code.CannotExecuteActionOnSystemMessage,
];

/** More than one call when there may be another mark: then both are there for a moment. */
export async function setMark(
  poster: Poster,
  { channel, message }: MessageAddress,
  mark: Mark | null,
  others: readonly Mark[],
): Promise<void> {
  const { call } = poster;
  const routeOf = (each: Mark) =>
    Routes.channelMessageOwnReaction(channel, message, encodeURIComponent(reactions[each]));
  const marking = async () => {
    if (mark !== null) await unlessRefused(unmarkable, call("PUT", routeOf(mark), anything));
    for (const other of others)
      await unlessRefused(unmarkable, call("DELETE", routeOf(other), anything));
  };
  try {
    await inOpenThread(poster, channel, marking, "archived");
  } catch (error) {
    if (!isLocked(error)) throw error;
  }
}
