/** Opening a ticket's thread: where it can be, and so that what is half there can be completed. */
import {
  ChannelType,
  RESTJSONErrorCodes as Code,
  Routes,
  ThreadAutoArchiveDuration,
} from "discord.js";
import { z } from "zod";
import type { TicketCard } from "../../src/desk/chat.ts";
import { oneLine, shortened } from "../../src/desk/shortened.ts";
import { renderCard } from "./cards.ts";
import { channelSchema } from "./channels.ts";
import { carries, linkOf } from "./delivery-key.ts";
import { DiscordFault, refusedWith, unlessRefused, withoutEffect } from "./errors.ts";
import { forumSchema, tagsFor } from "./forum-tags.ts";
import { limits } from "./limits.ts";
import {
  inOpenThread,
  messageSchema,
  type Poster,
  pingsNoOne,
  postReply,
  postRoot,
} from "./post.ts";
import type { MessageAddress, ThreadAddress, Where } from "./references.ts";

export interface Opened {
  thread: ThreadAddress;
  /** The message that shows the card. */
  card: MessageAddress;
}

/** A thread that is to be opened, or to be found. */
export interface Opening {
  card: TicketCard;
  key: string;
}

type Private = Extract<Where, { kind: "private" }>;

const anything = z.unknown();

/** Threads close by themselves when nothing was said for so long; what is posted opens them. */
const lifetime = { auto_archive_duration: ThreadAutoArchiveDuration.OneWeek };

const threadName = ({ reference, title }: TicketCard): string =>
  shortened(oneLine(`${reference} ${title}`), limits.threadName);

/**
 * Throws `HALF_DONE` once something of the thread is there: a second call would make another one,
 * so it is to be looked for first.
 */
export function openThread(poster: Poster, where: Where, opening: Opening): Promise<Opened> {
  switch (where.kind) {
    case "channel":
      return forAgents(() => openForAgents(poster, where.channel, opening));
    case "private":
      return openPrivate(poster, where, opening);
    case "direct":
      return openDirect(poster, where.user, opening, aboutDirect);
  }
}

/** Of the agents' channel itself: it is no thread, and without it no other can be opened. */
export async function forAgents<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (refusedWith(cause) !== Code.UnknownChannel) throw cause;
    throw new DiscordFault("CHANNEL_GONE", "There is no such channel", { cause });
  }
}

/** From here on there is something to be seen, whatever becomes of the rest. */
async function onceBegun<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new DiscordFault("HALF_DONE", "A thread is there, but not all of it", { cause });
  }
}

export type AgentsChannel = "text" | "forum";

export function agentsChannelOf(type: ChannelType): AgentsChannel {
  switch (type) {
    case ChannelType.GuildText:
    case ChannelType.GuildAnnouncement:
      return "text";
    case ChannelType.GuildForum:
    case ChannelType.GuildMedia:
      return "forum";
    default:
      throw new DiscordFault(
        "WRONG_CHANNEL",
        `A channel of type ${type} has no threads for agents`,
      );
  }
}

async function openForAgents(poster: Poster, channel: string, opening: Opening): Promise<Opened> {
  const { type } = await poster.channels.get(channel);
  if (agentsChannelOf(type) === "forum") return openPost(poster, channel, opening);
  const card = await postRoot(poster, channel, renderCard(opening.card), opening.key);
  return onceBegun(() => threadBelow(poster, card, opening));
}

/** The thread that belongs to a card in a channel has the id of its message. */
export async function threadBelow(
  { call, channels }: Poster,
  card: MessageAddress,
  opening: Opening,
): Promise<Opened> {
  const body = { name: threadName(opening.card), ...lifetime };
  const starting = call("POST", Routes.threads(card.channel, card.message), channelSchema, {
    body,
  });
  const started = await unlessRefused([Code.ThreadAlreadyCreatedForMessage], starting);
  if (started) channels.learn(started);
  return { thread: { kind: "thread", channel: card.message }, card };
}

/** https://docs.discord.com/developers/resources/channel#start-thread-in-forum-or-media-channel */
const postedSchema = channelSchema.extend({ message: messageSchema.optional() });

/** A post and its card are made at once. */
async function openPost(
  { call, channels }: Poster,
  channel: string,
  { card, key }: Opening,
): Promise<Opened> {
  const reading = () => call("GET", Routes.channel(channel), forumSchema.and(channelSchema));
  const forum = await withoutEffect(reading);
  const { embed, components } = renderCard(card);
  const url = linkOf(key, { guild: forum.guild_id, channel });
  const body = {
    name: threadName(card),
    ...lifetime,
    applied_tags: tagsFor(card, forum),
    message: { embeds: [{ ...embed, url }], components, ...pingsNoOne },
  };
  const posted = await call("POST", Routes.threads(channel), postedSchema, { body });
  channels.learn(posted);
  const { id, message } = posted;
  if (message && !carries(message, key))
    await onceBegun(async () => {
      throw new DiscordFault("NO_EMBEDS", `Discord has left the card out of the post ${id}`);
    });
  return { thread: { kind: "thread", channel: id }, card: { channel: id, message: id } };
}

/** What Discord says where there can be no private thread with this person. */
const impossible: readonly number[] = [
  Code.UnknownChannel,
  Code.MissingAccess,
  Code.MissingPermissions,
  Code.CannotExecuteActionOnThisChannelType,
  Code.MaximumActiveThreads,
  Code.UnknownMember,
  Code.UnknownUser,
  Code.MaximumThreadParticipantsReached,
];

export const isImpossible = (error: unknown): boolean =>
  impossible.includes(refusedWith(error) ?? 0);

export const aboutDirect = "To write to us about this ticket, reply to one of its messages here.";
const notThere = "A private thread could not be opened where you asked, so we talk here.";

async function openPrivate(poster: Poster, where: Private, opening: Opening): Promise<Opened> {
  const { call, channels } = poster;
  const body = {
    name: threadName(opening.card),
    type: ChannelType.PrivateThread,
    invitable: false,
    ...lifetime,
  };
  const starting = call("POST", Routes.threads(where.channel), channelSchema, { body });
  const thread = await starting.catch((error: unknown) => {
    if (isImpossible(error)) return undefined;
    throw error;
  });
  if (!thread) return openInstead(poster, where.user, opening);
  channels.learn(thread);
  return onceBegun(() => completePrivate(poster, thread.id, where, opening, undefined));
}

/**
 * Posts the card unless it is there, and only then adds the person, who so never sees less. If one of
 * both cannot be, the thread is given up for direct messages.
 */
export async function completePrivate(
  poster: Poster,
  thread: string,
  { user }: Private,
  opening: Opening,
  shown: MessageAddress | undefined,
): Promise<Opened> {
  const address: ThreadAddress = { kind: "thread", channel: thread };
  const adding = () => poster.call("PUT", Routes.threadMembers(thread, user), anything);
  try {
    const card = shown ?? (await postReply(poster, address, renderCard(opening.card), opening.key));
    await inOpenThread(poster, thread, adding);
    return { thread: address, card };
  } catch (error) {
    if (!isImpossible(error)) throw error;
    await giveUp(poster, thread);
    return openInstead(poster, user, opening);
  }
}

/** Nobody is in it but the bot: if it cannot be deleted, it does not stay open at least. */
async function giveUp({ call, log }: Poster, thread: string): Promise<void> {
  const route = Routes.channel(thread);
  try {
    await call("DELETE", route, anything).catch(() =>
      call("PATCH", route, anything, { body: { archived: true } }),
    );
  } catch (err) {
    log.warn({ thread, err }, "A thread in Discord that is not used could not be deleted");
  }
}

const openInstead = (poster: Poster, user: string, opening: Opening): Promise<Opened> =>
  openDirect(poster, user, opening, `${notThere} ${aboutDirect}`);

async function openDirect(
  poster: Poster,
  user: string,
  { card, key }: Opening,
  content: string,
): Promise<Opened> {
  const channel = await directMessages(poster, user);
  const posted = await postRoot(poster, channel, renderCard(card), key, { content });
  return directThread(posted);
}

export const directThread = (card: MessageAddress): Opened => ({
  thread: { kind: "direct", channel: card.channel, root: card.message },
  card,
});

/** Of a person with the bot. Nothing of it shows before something is written. */
export async function directMessages({ call, channels }: Poster, user: string): Promise<string> {
  const body = { recipient_id: user };
  const opened = await withoutEffect(() =>
    call("POST", Routes.userChannels(), channelSchema, { body }),
  );
  channels.learn(opened);
  return opened.id;
}
