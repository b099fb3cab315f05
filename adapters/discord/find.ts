/** What was posted and opened, read back. */
import { RESTJSONErrorCodes as Code, Routes } from "discord.js";
import { z } from "zod";
import { renderCard } from "./cards.ts";
import type { Identity } from "./context.ts";
import { carries, linkIn } from "./delivery-key.ts";
import { unlessRefused, withoutEffect } from "./errors.ts";
import { limits } from "./limits.ts";
import { messageSchema, type Poster, postReply } from "./post.ts";
import type { MessageAddress, Where } from "./references.ts";
import { madeAt } from "./snowflakes.ts";
import { type Thread, threadsOf } from "./thread-lists.ts";
import {
  agentsChannelOf,
  completePrivate,
  directMessages,
  directThread,
  forAgents,
  isImpossible,
  type Opened,
  type Opening,
  threadBelow,
} from "./threads.ts";

export interface Finder extends Poster {
  us: Pick<Identity, "user">;
}

/** How far Discord's clock and ours may be apart. */
const skewMs = 5 * 60_000;

const isSince = (id: string, sinceMs: number) => madeAt(id) >= sinceMs - skewMs;

const readSchema = messageSchema.extend({ author: z.object({ id: z.string() }) });

type ReadMessage = z.infer<typeof readSchema>;

/** Newest first, page after page, each page when it is needed. */
async function* readBack(
  { call }: Poster,
  channel: string,
  sinceMs: number,
): AsyncGenerator<ReadMessage> {
  let before: string | undefined;
  do {
    const query = { limit: String(limits.page), ...(before !== undefined && { before }) };
    const reading = () =>
      call("GET", Routes.channelMessages(channel), z.array(readSchema), { query });
    const page = await withoutEffect(reading);
    yield* page.filter(({ id }) => isSince(id, sinceMs));
    const last = page.length < limits.page ? undefined : page.at(-1)?.id;
    before = last !== undefined && isSince(last, sinceMs) ? last : undefined;
  } while (before !== undefined);
}

/** The bot's message in a channel or thread that carries this key. */
export async function findMessage(
  finder: Finder,
  channel: string,
  key: string,
  sinceMs: number,
): Promise<MessageAddress | undefined> {
  for await (const message of readBack(finder, channel, sinceMs))
    if (isOurs(message, finder) && carries(message, key)) return { channel, message: message.id };
  return undefined;
}

const isOurs = ({ author }: ReadMessage, { us }: Finder) => author.id === us.user;

/** The thread that was opened with this key; what is missing of it is made up for. */
export function findThread(
  finder: Finder,
  where: Where,
  opening: Opening,
  sinceMs: number,
): Promise<Opened | undefined> {
  switch (where.kind) {
    case "channel":
      return forAgents(() => findForAgents(finder, where.channel, opening, sinceMs));
    case "private":
      return findPrivate(finder, where, opening, sinceMs);
    case "direct":
      return findDirect(finder, where.user, opening, sinceMs);
  }
}

async function findForAgents(
  finder: Finder,
  channel: string,
  opening: Opening,
  sinceMs: number,
): Promise<Opened | undefined> {
  const { type } = await finder.channels.get(channel);
  if (agentsChannelOf(type) === "text") {
    const card = await findMessage(finder, channel, opening.key, sinceMs);
    return card && threadBelow(finder, card, opening);
  }
  for await (const found of begun(finder, channel, "public", opening, sinceMs)) {
    const address = { kind: "thread", channel: found.thread } as const;
    const { key } = opening;
    const card = found.card ?? (await postReply(finder, address, renderCard(opening.card), key));
    return { thread: address, card };
  }
  return undefined;
}

/** Who takes no direct messages has got none. */
const unreachable: readonly number[] = [
  Code.CannotSendMessagesToThisUser,
  Code.CannotSendMessagesToThisUserDueToHavingNoMutualGuilds,
  Code.UnknownUser,
];

async function findPrivate(
  finder: Finder,
  where: Extract<Where, { kind: "private" }>,
  opening: Opening,
  sinceMs: number,
): Promise<Opened | undefined> {
  const looking = findDirect(finder, where.user, opening, sinceMs);
  const direct = await unlessRefused(unreachable, looking);
  if (direct) return direct;
  const found = await firstBegun(finder, where.channel, opening, sinceMs);
  return found && completePrivate(finder, found.thread, where, opening, found.card);
}

async function firstBegun(finder: Finder, channel: string, opening: Opening, sinceMs: number) {
  try {
    for await (const found of begun(finder, channel, "private", opening, sinceMs)) return found;
  } catch (error) {
    // Where no thread can be opened there is none.
    if (!isImpossible(error)) throw error;
  }
  return undefined;
}

async function findDirect(
  finder: Finder,
  user: string,
  { key }: Opening,
  sinceMs: number,
): Promise<Opened | undefined> {
  const channel = await directMessages(finder, user);
  const card = await findMessage(finder, channel, key, sinceMs);
  return card && directThread(card);
}

/** How a thread that still has the name of its ticket begins. */
const anyReference = /^T-[0-9A-Z]{6}\b/;

/** Threads of ours for this ticket: with its card, or still without any. */
async function* begun(
  finder: Finder,
  channel: string,
  kind: "public" | "private",
  { card, key }: Opening,
  sinceMs: number,
): AsyncGenerator<{ thread: string; card: MessageAddress | undefined }> {
  // It may have been renamed since; those of other tickets, of which there are many, are not read.
  const isOthers = (name: string) => anyReference.test(name) && !name.startsWith(card.reference);
  const isCandidate = ({ id, owner_id, name }: Thread) =>
    owner_id === finder.us.user && isSince(id, sinceMs) && !isOthers(name);
  for await (const thread of threadsOf(finder, channel, kind, sinceMs - skewMs)) {
    if (!isCandidate(thread)) continue;
    const cards = await cardsIn(finder, thread.id);
    const own = cards.find((each) => carries(each, key));
    // Without a card nothing but its name says what it is for.
    const isBare = cards.length === 0 && thread.name.startsWith(card.reference);
    if (own || isBare)
      yield { thread: thread.id, card: own && { channel: thread.id, message: own.id } };
  }
}

/** What the bot posted first in a thread. */
async function cardsIn(finder: Finder, thread: string): Promise<ReadMessage[]> {
  const query = { limit: String(limits.page), after: "0" };
  const reading = () =>
    finder.call("GET", Routes.channelMessages(thread), z.array(readSchema), { query });
  const first = await withoutEffect(reading);
  return first.filter((each) => isOurs(each, finder) && linkIn(each.embeds) !== undefined);
}
