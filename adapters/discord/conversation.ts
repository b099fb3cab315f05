/** What people write in Discord, on its way to the desk. */
import { ChannelType, RESTJSONErrorCodes, Routes } from "discord.js";
import { z } from "zod";
import type { ChatEvent, Side } from "../../src/desk/chat.ts";
import { plainText } from "../../src/desk/text-plain.ts";
import { answer, type Telling } from "./below.ts";
import { isThread } from "./channel-kinds.ts";
import { closeAgain } from "./closed-threads.ts";
import { type Context, platform } from "./context.ts";
import type { DirectThreads } from "./direct-threads.ts";
import { unlessRefused } from "./errors.ts";
import type { MessageEvent, WrittenMessage } from "./message-events.ts";
import { textOf } from "./message-text.ts";
import { offer } from "./offers.ts";
import { type ThreadAddress, writeMessageReference, writeThread } from "./references.ts";
import { answerRefused, type RefusedMessage } from "./refusal-answers.ts";
import { tellOfNothing } from "./unreadable.ts";

type Written = Extract<MessageEvent, { type: "message" | "edited" }>;
export type Told = Written | Extract<MessageEvent, { type: "deleted" }>;

/** What conversing needs besides. */
export interface Conversing extends Context {
  direct: DirectThreads;
  /** Rejects when there is no time for it any more. */
  pause(ms: number): Promise<void>;
}

/** A thread of ours, of which it may not have been written down yet that it is there. */
export class NotKnownYet extends Error {
  override readonly name = "NotKnownYet";
}

/**
 * Takes in what was written, edited or deleted; settles when it is durable, to what is still to be
 * told. `isLast`: no thread is waited for any more; until then a `NotKnownYet` may be thrown.
 */
export async function converse(
  context: Conversing,
  event: Told,
  isLast: boolean,
): Promise<Telling | undefined> {
  const { channel, id: message } = event;
  const named = writeMessageReference({ channel, message });
  if (event.type !== "message" && (await context.desk.hasCarried(platform, named)))
    return hear(context, event, {
      thread: { kind: "direct", channel, root: message },
      side: "requester",
    });
  return event.guild === undefined
    ? inDirectMessages(context, event, isLast)
    : inServer(context, event, isLast);
}

/** Where a ticket can be told of. */
interface Spot {
  thread: ThreadAddress;
  side: Side;
}

async function inServer(
  context: Conversing,
  event: Told,
  isLast: boolean,
): Promise<Telling | undefined> {
  const { desk, guilds, us } = context;
  const known = guilds.channel(event.channel);
  if (known && !isThread(known.type)) return undefined;
  const thread: ThreadAddress = { kind: "thread", channel: event.channel };
  const isTickets = await desk.hasThread(platform, writeThread(thread));
  const channel = known ?? (await askFor(context, event.channel));
  if (!isTickets && channel?.owner !== us.user) return undefined;
  if (!isTickets && !(await untilThere(context, thread, isLast)))
    return tellOfNoTicket(context, event);
  // Agents' threads are for all who see their channel.
  const side = channel?.type === ChannelType.PrivateThread ? "requester" : "agents";
  return hear(context, event, { thread, side });
}

const channelSchema = z
  .object({ type: z.enum(ChannelType), owner_id: z.string().optional() })
  .transform(({ type, owner_id: owner }) => ({ type, owner }));

const notThere: readonly number[] = [
  RESTJSONErrorCodes.UnknownChannel,
  RESTJSONErrorCodes.MissingAccess,
];

/** Of a thread that was archived before the bot came, the gateway has not told. */
async function askFor({ rest }: Context, channel: string) {
  const found = await unlessRefused(notThere, rest.get(Routes.channel(channel)));
  return found === undefined ? undefined : channelSchema.parse(found);
}

async function inDirectMessages(
  context: Conversing,
  event: Told,
  isLast: boolean,
): Promise<Telling | undefined> {
  const { direct } = context;
  const { channel } = event;
  const thread = (root: string): ThreadAddress => ({ kind: "direct", channel, root });
  if (event.type === "deleted") {
    for (const root of await direct.rootsOfDeleted(event))
      if (await context.desk.hasThread(platform, writeThread(thread(root))))
        await hear(context, event, { thread: thread(root), side: "requester" });
    return undefined;
  }
  const root = await direct.rootFor(event);
  if (root !== undefined && (await isThere(context, thread(root), isLast)))
    return hear(context, event, { thread: thread(root), side: "requester" });
  if (event.unreadable !== undefined) return tellOfNothing(context, event);
  return event.type === "message" ? () => toTheBot(context, event) : undefined;
}

/** The card may be there before it is written down that it is. */
const isThere = async (
  context: Conversing,
  thread: ThreadAddress,
  isLast: boolean,
): Promise<boolean> =>
  (await context.desk.hasThread(platform, writeThread(thread))) ||
  untilThere(context, thread, isLast);

const lookAgainMs = 100;
const looks = 20;

/** False when it has taken too long. */
async function untilThere(
  { desk, pause }: Conversing,
  thread: ThreadAddress,
  isLast: boolean,
): Promise<boolean> {
  for (let look = 0; look < looks; look += 1) {
    await pause(lookAgainMs);
    if (await desk.hasThread(platform, writeThread(thread))) return true;
  }
  if (!isLast) throw new NotKnownYet("A thread that may be one of ours is not known yet");
  return false;
}

async function hear(
  context: Context,
  event: Told,
  { thread, side }: Spot,
): Promise<Telling | undefined> {
  const { desk } = context;
  const named = {
    ...{ platform, thread: writeThread(thread) },
    message: writeMessageReference({ channel: event.channel, message: event.id }),
  };
  if (event.type === "deleted") {
    await desk.heard({ ...named, type: "deleted" });
    return undefined;
  }
  if (event.unreadable !== undefined) return tellOfNothing(context, event);
  const spoken = await spokenBy(context, event, side);
  const said = { ...named, type: event.type, ...spoken, ...editionOf(event) };
  if (event.type === "message" && isNothing(said)) return tellOfNothing(context, event);
  const heard = await desk.heard(said);
  return async () => {
    if ("refused" in heard)
      await answerRefused(context, refusedMessage(event, said, side), heard.refused);
    await closeAgain(context, thread, heard.ticket, side);
  };
}

/** Who said it, and what, in the desk's terms. */
export async function spokenBy(
  { agents, guilds }: Pick<Context, "agents" | "guilds">,
  event: WrittenMessage,
  side: Side,
) {
  const { user, person, content, files } = event;
  const isAgent = side === "agents" && (await agents.isAgent(user, memberOf(event)));
  return { by: { ...person, isAgent }, text: textOf(guilds, content), files };
}

/** When it was edited, as the desk has it. */
export const editionOf = (event: Written): { editedMs?: number } =>
  event.type === "edited" ? { editedMs: event.at } : {};

/** Whether there is nothing in it that can be passed on. */
export const isNothing = ({ text, files }: Awaited<ReturnType<typeof spokenBy>>): boolean =>
  files.length === 0 && plainText(text).trim() === "";

type Spoken = Extract<ChatEvent, { text: unknown }>;

const refusedMessage = (event: Written, { text, files }: Spoken, side: Side): RefusedMessage => ({
  ...{ channel: event.channel, id: event.id, user: event.user, member: memberOf(event) },
  ...{ isDirect: event.guild === undefined, side, text, hasFiles: files.length > 0 },
});

const memberOf = ({ guild, roles }: WrittenMessage) =>
  guild === undefined ? undefined : { guild, roles };

const noTicketWords =
  "This could not be added to any ticket. Please write it again in a minute or, if that does not help, open another ticket with /ticket.";

/** It stands in a thread of ours, of which nothing is known here even now. */
function tellOfNoTicket(context: Context, event: Told): Telling | undefined {
  const { channel, id } = event;
  context.log.error(
    { channel, message: id },
    "A message stands in a thread of no known ticket, so it is in none: its writer is told. " +
      "Was DATA_DIR changed, or a backup restored?",
  );
  if (event.type === "deleted") return undefined;
  return () => answer(context, event, { content: noTicketWords });
}

/** Words to the bot itself belong to no ticket yet: whoever wrote them is asked where. */
async function toTheBot(context: Context, event: Written): Promise<void> {
  const { desk, once, guilds } = context;
  const source = writeMessageReference({ channel: event.channel, message: event.id });
  await once(source, async () => {
    const tickets = await desk.openTicketsOf(event.person.id);
    const words = plainText(textOf(guilds, event.content));
    const hasFiles = event.files.length > 0;
    await answer(context, event, offer({ words, tickets, source, to: event.user, hasFiles }));
  });
}
