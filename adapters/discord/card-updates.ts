/** Cards as tickets change, and the state of their threads with them. */
import { ChannelType, RESTJSONErrorCodes as Code, Routes } from "discord.js";
import { z } from "zod";
import type { TicketCard } from "../../src/desk/chat.ts";
import { renderCard } from "./cards.ts";
import { refusedWith, unlessRefused, withoutEffect } from "./errors.ts";
import { forumSchema, tagsFor } from "./forum-tags.ts";
import { edit, type Poster } from "./post.ts";
import type { MessageAddress } from "./references.ts";

/** A closed ticket's thread is archived, and not locked: who still has something to say can. */
export async function updateCard(
  poster: Poster,
  address: MessageAddress,
  card: TicketCard,
): Promise<void> {
  const isClosed = card.status === "closed";
  const thread = await threadOf(poster, address);
  if (isPost(address)) await followInTags(poster, address.channel, card);
  await edit(poster, address, renderCard(card), "open");
  if (thread !== undefined && isClosed) await change(poster, thread, { archived: true });
}

/** In a forum, a post's first message has the id of the post. */
const isPost = ({ channel, message }: MessageAddress) => channel === message;

const threadTypes: readonly ChannelType[] = [
  ChannelType.PublicThread,
  ChannelType.PrivateThread,
  ChannelType.AnnouncementThread,
];

/** Undefined in direct messages. The thread below a channel's message has the id of the message. */
async function threadOf(
  { channels }: Poster,
  { channel, message }: MessageAddress,
): Promise<string | undefined> {
  const { type } = await channels.get(channel);
  if (type === ChannelType.DM) return undefined;
  return threadTypes.includes(type) ? channel : message;
}

const postSchema = z.object({
  parent_id: z.string(),
  applied_tags: z.array(z.string()).default([]),
});

async function followInTags(poster: Poster, post: string, card: TicketCard): Promise<void> {
  const { call } = poster;
  const reading = () => call("GET", Routes.channel(post), postSchema);
  const { parent_id, applied_tags } = await withoutEffect(reading);
  const forum = await withoutEffect(() => call("GET", Routes.channel(parent_id), forumSchema));
  const wanted = tagsFor(card, forum, applied_tags);
  if (isSame(wanted, applied_tags)) return;
  // In an archived post nothing else can be changed.
  await change(poster, post, { archived: false, applied_tags: wanted });
}

const isSame = (some: readonly string[], others: readonly string[]) =>
  some.length === others.length && some.every((each) => others.includes(each));

/** The card says it all; where the bot may not do more, it does not. */
const notAllowed: readonly number[] = [
  Code.MissingPermissions,
  Code.MissingAccess,
  Code.ThreadLocked,
];

async function change({ call, log }: Poster, thread: string, body: object): Promise<void> {
  const changing = call("PATCH", Routes.channel(thread), z.unknown(), { body });
  try {
    // What is archived already needs nothing.
    await unlessRefused([Code.InvalidActionOnArchivedThread], changing);
  } catch (err) {
    if (!notAllowed.includes(refusedWith(err) ?? 0)) throw err;
    log.warn({ thread, err }, "A ticket's thread in Discord could not be closed or tagged");
  }
}
