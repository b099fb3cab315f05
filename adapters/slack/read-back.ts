/** What people wrote in a thread, read back: https://docs.slack.dev/reference/methods/conversations.replies */
import { LRUCache } from "lru-cache";
import { z } from "zod";
import type { PlatformReader, Spot, WrittenEvent } from "../../src/desk/chat.ts";
import type { Call } from "./calls.ts";
import { platform } from "./context.ts";
import { editionOf, spokenBy } from "./conversation.ts";
import type { Directory } from "./directory.ts";
import type { Editions } from "./editions.ts";
import { failureOf, notRead, SlackFault } from "./errors.ts";
import type { HeardUntil } from "./heard-until.ts";
import type { Identity } from "./identity.ts";
import { limits } from "./limits.ts";
import { type MessageEvent, readReply } from "./message-events.ts";
import { type MessageAddress, msOf, readReference, writeReference } from "./references.ts";

export interface ReaderParts {
  call: Call;
  /** Asked for with each call, as is the directory: both throw while we are not connected. */
  identity: () => Identity;
  directory: () => Directory;
  editions: Editions;
  heard: Pick<HeardUntil, "gaps">;
  /** In ms since 1970. */
  now: () => number;
}

/** As `PlatformReader` has it. */
export type ReadSince = (at: Spot, sinceMs: number) => AsyncIterable<WrittenEvent>;

const mostBegun = 200;

/**
 * All of a thread is read before the first of it is handed on. What was read when Slack asked to wait
 * is kept for the next try: with 15 messages a minute, a long thread would never come to its end.
 */
export function createReader(parts: ReaderParts): ReadSince {
  const begun = new LRUCache<string, Reading>({ max: mostBegun });
  return async function* readSince({ thread }, sinceMs) {
    const { team } = parts.identity();
    const root = readReference(team, thread);
    const kept = begun.get(thread);
    const reading = kept && mayGoOn(parts, kept, root, sinceMs) ? kept : newReading(parts, sinceMs);
    begun.set(thread, reading);
    let isKept = false;
    try {
      await readOn(parts.call, root, reading);
      yield* written(parts, root, reading, sinceMs);
    } catch (error) {
      isKept = failureOf(error).outcome === "retry";
      throw notRead(error);
    } finally {
      if (!isKept) begun.delete(thread);
    }
  };
}

/**
 * Whether a message stands in its thread, as `PlatformReader` has it. It is asked for by its own time,
 * with whatever page Slack likes to give: the root comes first, and may be all of one.
 */
export const createIsThere =
  ({ call, identity }: Pick<ReaderParts, "call" | "identity">): PlatformReader["isThere"] =>
  async ({ thread }, message) => {
    const { team } = identity();
    const root = readReference(team, thread);
    const { ts } = readReference(team, message);
    try {
      for await (const { messages } of pagesOf(call, root, { oldest: ts, latest: ts }))
        if (messages.some((each) => each.ts === ts && !isTombstone(each))) return true;
      return false;
    } catch (error) {
      throw notRead(error);
    }
  };

/** What stands in the place of a root that was deleted, while it has replies. */
const isTombstone = ({ subtype }: Reply): boolean => subtype === "tombstone";

/** What people wrote, each of it known as taken once the next is asked for. */
async function* written(
  { identity, directory, editions, now }: ReaderParts,
  root: MessageAddress,
  reading: Reading,
  sinceMs: number,
): AsyncGenerator<WrittenEvent> {
  const self = identity();
  const thread = writeReference(self.team, root);
  for (const reply of since(reading, root, sinceMs)) {
    const event = eventOf(reply, root, self);
    if (event.type !== "message" && event.type !== "edited") continue;
    const message = writeReference(self.team, event);
    const said = await spokenBy({ directory: directory() }, event);
    yield { type: event.type, platform, thread, message, ...said, ...editionOf(event) };
    editions.taken(event);
  }
  if (isHidden(reading, root, sinceMs, now()))
    throw new SlackFault("HISTORY_HIDDEN", "Slack gives only the newer part of the thread");
}

/** A thread that is being read. */
interface Reading {
  sinceMs: number;
  /** By `ts`: where pages overlap, the later one counts. */
  messages: Map<string, Reply>;
  /** From where it goes on. */
  oldest: string;
  /** Slack says that there is more, which it does not show. */
  isLimited: boolean;
  /** How many gaps and edits there were when it began. */
  gaps: number;
  turn: number;
}

const replySchema = z.looseObject({ ts: z.string() });

type Reply = z.infer<typeof replySchema>;

const pageSchema = z.object({
  messages: z.array(replySchema),
  is_limited: z.boolean().optional().catch(undefined),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

const newReading = ({ editions, heard }: ReaderParts, sinceMs: number): Reading => ({
  sinceMs,
  messages: new Map(),
  oldest: (Math.max(0, sinceMs) / 1_000).toFixed(6),
  isLimited: false,
  gaps: heard.gaps,
  turn: editions.turn,
});

/** Whether what was read then is still as it was, as far as we were told of. */
function mayGoOn(
  { editions, heard }: ReaderParts,
  { sinceMs, messages, gaps, turn }: Reading,
  { channel }: MessageAddress,
  wantedMs: number,
): boolean {
  if (wantedMs < sinceMs || gaps !== heard.gaps) return false;
  return [...messages.keys()].every((ts) => !editions.hasChangedSince(turn, { channel, ts }));
}

async function readOn(call: Call, root: MessageAddress, reading: Reading) {
  for await (const page of pagesOf(call, root, { oldest: reading.oldest })) {
    for (const message of page.messages) {
      reading.messages.set(message.ts, message);
      if (Number(message.ts) > Number(reading.oldest)) reading.oldest = message.ts;
    }
    reading.isLimited ||= page.is_limited ?? false;
  }
}

/** Page after page, as many messages in each as Slack gives. The root comes with every one. */
async function* pagesOf(
  call: Call,
  { channel, ts }: MessageAddress,
  span: { oldest: string; latest?: string },
): AsyncGenerator<z.infer<typeof pageSchema>> {
  const asked = { channel, ts, ...span, inclusive: true, limit: limits.replies };
  let cursor: string | undefined;
  do {
    const next = cursor === undefined ? {} : { cursor };
    const page = await call("conversations.replies", { ...asked, ...next }, pageSchema);
    yield page;
    cursor = page.response_metadata?.next_cursor || undefined;
  } while (cursor !== undefined);
}

/** Without the root, oldest first. */
const since = ({ messages }: Reading, root: MessageAddress, sinceMs: number): Reply[] =>
  [...messages.values()]
    .filter(({ ts }) => ts !== root.ts && msOf(ts) >= sinceMs)
    .sort((one, other) => Number(one.ts) - Number(other.ts));

/** What cannot be understood must not look as if it was deleted. */
function eventOf(message: Reply, root: MessageAddress, self: Identity): MessageEvent {
  const event = readReply(message, { channel: root.channel, root: root.ts }, self);
  if (event) return event;
  throw new SlackFault("UNEXPECTED_ANSWER", `A message in a thread cannot be read: ${message.ts}`);
}

/** https://slack.com/help/articles/27204752526611: what a free workspace is shown. */
const shownFreeMs = 90 * 24 * 60 * 60_000;

/** That something older is hidden is said of any thread; where the root is shown, it is not of this one. */
const isHidden = (
  { isLimited, messages }: Reading,
  { ts }: MessageAddress,
  sinceMs: number,
  now: number,
): boolean => isLimited && !messages.has(ts) && sinceMs < now - shownFreeMs;
