/** Cards as tickets change, and the state of their threads with them. */
import { RESTJSONErrorCodes as Code, Routes } from "discord.js";
import { z } from "zod";
import type { TicketCard } from "../../src/desk/chat.ts";
import { renderCard } from "./cards.ts";
import { isForum } from "./channel-kinds.ts";
import { refusedWith, unlessRefused, withoutEffect } from "./errors.ts";
import { type Finder, findMessage } from "./find.ts";
import { forumSchema, tagsFor } from "./forum-tags.ts";
import { edit, type Poster, postReply } from "./post.ts";
import {
  type MessageAddress,
  type ThreadAddress,
  type Where,
  writeMessageReference,
} from "./references.ts";
import { aboutDirect } from "./threads.ts";

/** Where a card is, or was. */
interface CardPlace {
  where: Where;
  thread: ThreadAddress;
}

interface Updater extends Poster {
  identity: () => Finder["us"];
}

/**
 * A closed ticket's thread is archived, and not locked: who still has something to say can. Resolves
 * to the message that shows the card instead of one that someone has deleted.
 */
export async function updateCard(
  updater: Updater,
  address: MessageAddress,
  { where, thread }: CardPlace,
  card: TicketCard,
): Promise<MessageAddress | undefined> {
  if (await isPost(updater, where)) await followInTags(updater, thread.channel, card);
  const isThere = await edit(updater, address, renderCard(card), "open");
  const other = isThere ? undefined : await postAnew(updater, address, thread, card);
  if (thread.kind === "thread" && card.status === "closed")
    await change(updater, thread.channel, { archived: true });
  return other;
}

async function isPost({ channels }: Poster, where: Where): Promise<boolean> {
  return where.kind === "channel" && isForum((await channels.get(where.channel)).type);
}

/** In the thread, which has outlived it. Once: its key names the card that it stands for. */
async function postAnew(
  updater: Updater,
  deleted: MessageAddress,
  thread: ThreadAddress,
  card: TicketCard,
): Promise<MessageAddress> {
  const key = `card instead of ${writeMessageReference(deleted)}`;
  const finder = { ...updater, us: updater.identity() };
  const found = await findMessage(finder, thread.channel, key, Date.parse(card.createdAt));
  if (found && (await edit(updater, found, renderCard(card), "open"))) return found;
  const besides = thread.kind === "direct" ? { content: aboutDirect } : {};
  return postReply(updater, thread, renderCard(card), key, besides);
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
