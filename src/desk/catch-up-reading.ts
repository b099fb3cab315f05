/** What is read back of one place of a ticket. Times are in ms since 1970. */
import type { Failure, PlatformAdapter, PlatformReader, WrittenEvent } from "./chat.ts";
import type { Place, TicketDocument } from "./document.ts";
import { missedSince } from "./missing.ts";

/** What catching up needs of an adapter. */
export type Reader = PlatformReader & Pick<PlatformAdapter, "failureOf">;

/** What was written since then may not have been told of; from ever when that is not known. */
export interface Gap {
  since: number;
}

export interface ReadEvent {
  event: WrittenEvent;
  writtenAt: number;
}

export interface Reading {
  readonly place: string;
  readonly platform: string;
  readonly where: string;
  readonly thread: string;
  readonly gap: Gap;
  /** What was written from then on may be new. */
  readonly since: number;
  /** What was written before, and is not known, was decided on before, and is left alone. */
  readonly takesFrom: number;
  readonly began: number;
  /** From where on it is read. */
  readonly start: number;
  /** The messages that were known to stand there when it began, with when they were written. */
  readonly known: ReadonlyMap<string, number>;
  readonly seen: Set<string>;
  /** All that stands there was read: what is known, and was not among it, is left to be asked for. */
  isReadThrough: boolean;
  /** All that was written until then has been read. */
  reached: number;
  /** What was read and is not in the document yet. */
  events: ReadEvent[];
  /** Messages that were deleted, likewise. */
  deleted: string[];
  /** Something that was not given is too new to be thought deleted: it has to be read again. */
  isTooSoon: boolean;
  state: "unread" | "read" | "lost";
  /** That it has ended is in the document. */
  isSettled: boolean;
  /** Why it is lost. */
  failure: Failure | undefined;
}

/**
 * So much earlier is read: what had come may not have been durable yet, and clocks differ. Whatever
 * is known from before is known by its reference.
 */
const marginMs = 10 * 60_000;

/** When it is not known until when was heard, no more than this is read back. */
const mostMs = 7 * 24 * 60 * 60_000;

/** Edits and deletions of what is older than the gap are looked for so far back, */
const lookBackMs = 24 * 60 * 60_000;
/** and among no more than so many messages: they are to fit what a platform gives at once. */
const mostLookedBack = 12;

/** What was written just before it began may not be given yet. */
const leastAgeMs = 2_000;

export function beginReading(
  document: TicketDocument,
  place: Place & { thread: string },
  gap: Gap,
  reader: Pick<Reader, "writtenAt">,
  now: number,
): Reading {
  const { id, platform, where, thread } = place;
  const known = knownIn(document, place, reader);
  const since = sinceOf(document, place, gap, now);
  const takesFrom = since - marginMs;
  const start = Math.min(takesFrom, lookBackTo(document, since));
  return {
    ...{
      place: id,
      platform,
      where,
      thread,
      gap,
      since,
      takesFrom,
      began: now,
      start,
      known,
    },
    ...{
      seen: new Set(),
      isReadThrough: false,
      reached: start,
      events: [],
      deleted: [],
      isTooSoon: false,
      isSettled: false,
    },
    ...{ state: "unread", failure: undefined },
  };
}

function sinceOf(document: TicketDocument, place: Place, gap: Gap, now: number): number {
  const { createdAt } = document.ticket;
  const readTo = place.readTo === null ? Number.NEGATIVE_INFINITY : Date.parse(place.readTo);
  const notKnown = gap.since === Number.NEGATIVE_INFINITY ? now - mostMs : gap.since;
  const since = Math.max(notKnown, readTo);
  return Math.max(Math.min(since, missedSince(document, place) ?? since), Date.parse(createdAt));
}

function lookBackTo({ messages }: TicketDocument, since: number): number {
  const before = messages.map(({ at }) => Date.parse(at)).filter((at) => at < since);
  const [oldest] = before.slice(-mostLookedBack);
  return Math.max(since - lookBackMs, (oldest ?? since) - marginMs);
}

/** What was written in a thread that was lost stands in no other: it cannot be missed there. */
function knownIn(
  { messages }: TicketDocument,
  place: Place,
  { writtenAt }: Pick<Reader, "writtenAt">,
): Map<string, number> {
  const isReplaced = place.opened > 0;
  const opened = isReplaced && place.card !== null ? writtenAt(place.card) : 0;
  const known = new Map<string, number>();
  for (const { from, deleted } of messages) {
    if (deleted || from?.place !== place.id || (isReplaced && place.card === null)) continue;
    const at = writtenAt(from.message);
    if (at >= opened) known.set(from.message, at);
  }
  return known;
}

interface ReadingRules {
  /** The message was carried into another ticket. */
  isElsewhere(event: WrittenEvent): Promise<boolean>;
  isOver(): boolean;
}

/**
 * Reads a place to its end, from where it was read to before. Throws what `failureOf` understands;
 * what was read by then is kept, so that one that may ask little at once comes to its end too. When
 * `isOver`, it ends before that.
 */
export async function readOn(reading: Reading, reader: Reader, rules: ReadingRules): Promise<void> {
  if (!reading.isReadThrough) reading.isReadThrough = await readThrough(reading, reader, rules);
  if (!reading.isReadThrough) return;
  await lookForDeleted(reading, reader);
  reading.state = "read";
}

/** False: it was over before. */
async function readThrough(
  reading: Reading,
  reader: Reader,
  { isElsewhere, isOver }: ReadingRules,
): Promise<boolean> {
  const { where, thread } = reading;
  const reached = (until: number) => {
    reading.reached = Math.max(reading.reached, until);
  };
  for await (const event of reader.readSince({ where, thread }, reading.reached, reached)) {
    if (isOver()) return false;
    const writtenAt = reader.writtenAt(event.message);
    reading.seen.add(event.message);
    if (!(await isElsewhere(event))) reading.events.push({ event, writtenAt });
    reached(writtenAt);
  }
  return true;
}

/** What is known to have stood there, and does no longer; each is asked for once. */
async function lookForDeleted(reading: Reading, reader: Reader): Promise<void> {
  const { known, seen, where, thread, began, start } = reading;
  const last = began - leastAgeMs;
  const absent = [...known].filter(([message, at]) => !seen.has(message) && at > start);
  for (const [message, writtenAt] of absent) {
    if (writtenAt > last) reading.isTooSoon = true;
    else {
      const isThere = await reader.isThere({ where, thread }, message);
      seen.add(message);
      if (!isThere) reading.deleted.push(message);
    }
  }
}
