/** What people write in Slack, on its way to the desk. */
import { z } from "zod";
import { plainText } from "../../src/desk/text-plain.ts";
import { type Context, platform, whisper } from "./context.ts";
import { emoji } from "./emoji.ts";
import { metadataEventType } from "./find.ts";
import type { MessageEvent } from "./message-events.ts";
import { offer } from "./offers.ts";
import { isDirect, writeReference } from "./references.ts";
import { tellRefused } from "./refused.ts";
import { readMessage, type SlackMessage } from "./text.ts";

type Said = Extract<MessageEvent, { content: unknown }>;

/**
 * Takes in what was written, edited or deleted; settles when it is durable. `isLast`: Slack does not
 * send it again.
 */
export async function converse(
  context: Context,
  event: MessageEvent,
  isLast: boolean,
): Promise<void> {
  switch (event.type) {
    case "message":
    case "edited":
    case "deleted":
      if (await isCarried(context, event)) await hear(context, event, event.thread ?? event.ts);
      else if (event.thread !== undefined) await inThread(context, event, event.thread, isLast);
      break;
    case "direct":
      await toTheBot(context, event);
      break;
    case "top-level":
    case "ignored":
      break;
    case "unsupported":
      context.log.debug({ what: event.what }, "An event that nothing here has a use for");
  }
}

type Threaded = Extract<MessageEvent, { type: "message" | "edited" | "deleted" }>;

/** Whether it changes words that were carried into a ticket from here. */
const isCarried = async ({ desk, us }: Context, { type, channel, ts }: Threaded) =>
  type !== "message" && (await desk.hasCarried(platform, writeReference(us.team, { channel, ts })));

async function inThread(
  context: Context,
  event: Threaded,
  root: string,
  isLast: boolean,
): Promise<void> {
  const { desk, us } = context;
  const { channel } = event;
  const thread = writeReference(us.team, { channel, ts: root });
  if (!(await desk.hasThread(platform, thread))) {
    const isOpening = await isOurCard(context, channel, root, event);
    if (!isOpening) return besides(context, event, root);
    const isThere = await untilThere(context, thread);
    if (!isThere && isLast) return tellOfNoTicket(context, event, root);
    if (!isThere) throw new Error(notThereYet);
  }
  await hear(context, event, root);
}

async function hear(context: Context, event: Threaded, root: string): Promise<void> {
  const { desk, us } = context;
  const { channel, ts } = event;
  const thread = writeReference(us.team, { channel, ts: root });
  const named = { platform, thread, message: writeReference(us.team, { channel, ts }) };
  if (event.type === "deleted") {
    await desk.heard({ ...named, type: "deleted" });
    return;
  }
  const spoken = await spokenBy(context, event);
  const said = { ...named, type: event.type, ...spoken, ...editionOf(event) };
  const heard = await desk.heard(said);
  if ("refused" in heard) await desk.tellOnce(said, () => tellRefused(context, said, heard));
}

/** In direct messages, also below what belongs to no ticket, people write to the bot. */
async function besides(context: Context, event: Threaded, root: string): Promise<void> {
  if (event.type === "message" && isDirect(event.channel)) await toTheBot(context, event, root);
}

/** Who said it, and what, in the desk's terms. */
export async function spokenBy(
  context: Pick<Context, "directory">,
  { user, content, files, channel }: Said,
) {
  const { directory } = context;
  const [person, isAgent, text] = await Promise.all([
    directory.personOf(user),
    // In direct messages there are no agents: it is the requester's side.
    isDirect(channel) ? false : directory.isAgent(user),
    textOf(context, content),
  ]);
  return { by: { ...person, isAgent }, text, files };
}

/** When it was edited, as the desk has it; where Slack does not tell, nothing. */
export const editionOf = (event: MessageEvent): { editedMs?: number } =>
  event.type === "edited" && !Number.isNaN(event.at)
    ? { editedMs: Math.floor(event.at * 1_000) }
    : {};

export const textOf = ({ directory }: Pick<Context, "directory">, content: SlackMessage) =>
  readMessage(content, { names: directory.names, emoji });

const rootSchema = z.object({
  messages: z.array(
    z.object({
      bot_id: z.string().optional(),
      metadata: z.object({ event_type: z.string() }).optional().catch(undefined),
    }),
  ),
});

/**
 * Whether the thread is one that is being opened: the card is there, and that it is has not been
 * written down yet. Only threads below something of ours are asked about.
 */
async function isOurCard(
  { web, us }: Context,
  channel: string,
  root: string,
  event: Threaded,
): Promise<boolean> {
  if (event.type === "deleted" || event.under !== us.botUserId) return false;
  const asked = { channel, ts: root, limit: 1, include_all_metadata: true };
  const { messages } = rootSchema.parse(await web.conversations.replies(asked));
  const [first] = messages;
  return first?.bot_id === us.botId && first.metadata?.event_type === metadataEventType;
}

const lookAgainMs = 100;
const looks = 20;

const notThereYet = "A thread that is being opened is not known yet: its message has to come again";

/** False when it takes too long. */
async function untilThere({ desk, after }: Context, thread: string): Promise<boolean> {
  for (let look = 0; look < looks; look += 1) {
    await new Promise<void>((resolve) => after(lookAgainMs, resolve));
    if (await desk.hasThread(platform, thread)) return true;
  }
  return false;
}

const noTicketWords =
  "This could not be added to any ticket. Please write it again in a minute or, if that does not help, open another ticket with /ticket.";

/** It stands below a card of ours, of which nothing is known here even now. */
async function tellOfNoTicket(context: Context, event: Threaded, thread: string): Promise<void> {
  const { channel, ts } = event;
  context.log.error(
    { channel, ts, thread },
    "A message stands below a card of no known ticket, so it is in none: its writer is told. " +
      "Was DATA_DIR changed, or a backup restored?",
  );
  if (event.type === "deleted") return;
  await whisper(
    context,
    { channel, user: event.user, thread },
    { text: noTicketWords, blocks: [] },
  );
}

/** Words to the bot itself belong to no ticket yet: whoever wrote them is asked where. */
async function toTheBot(context: Context, event: Said, thread?: string): Promise<void> {
  const { desk, web, directory } = context;
  const { channel, ts, user, content } = event;
  const source = `${channel}/${ts}`;
  await context.once(source, async () => {
    const person = await directory.personOf(user);
    const tickets = await desk.openTicketsOf(person.id);
    const words = plainText(await textOf(context, content));
    const at = thread === undefined ? {} : { thread_ts: thread };
    await web.chat.postMessage({ channel, ...at, ...offer({ words, tickets, source }) });
  });
}
