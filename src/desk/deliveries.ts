/**
 * What is owed to whom. Nothing here is kept: deliveries follow from what the document says is
 * there (`copies`, `shown`, `marked`) and what is meant to be, so that a change and what must be
 * sent because of it are one write, and what is sent is always what is meant now.
 */

import { type CardRules, cardFor, digestOf } from "./card.ts";
import type { Mark } from "./chat.ts";
import {
  cardId,
  type Delivery,
  fetchId,
  markId,
  messageId,
  messageOf,
  openId,
} from "./delivery.ts";
import type { Copy, Message, Place, TicketDocument, Trouble } from "./document.ts";
import { type RichText, typedText } from "./text.ts";

/** The parts that a text has on a platform. */
export type Split = (platform: string, text: RichText) => RichText[];

export interface DeliveryRules extends CardRules {
  split: Split;
  /**
   * Since when (in ms) anything is tried at all; from ever when left out. What was on its way before
   * may have arrived all the same.
   */
  startedAt?: number;
}

/** Deliveries of one lane happen one after the other; those of different lanes at once. */
const marksLane = "marks";
const filesLane = "files";

export const lanesOf = ({ places }: TicketDocument): string[] => [
  filesLane,
  ...places.map(({ id }) => id),
  marksLane,
];

/** What comes next in a lane: a delivery, or the time (in ms) until which it waits for one. */
export type Next = { delivery: Delivery } | { waitUntil: number } | undefined;

export function nextIn(
  document: TicketDocument,
  lane: string,
  rules: DeliveryRules,
  now: number,
): Next {
  // Order is kept among the messages of a thread; marks and files have none.
  const isOrdered = lane !== marksLane && lane !== filesLane;
  let earliest = never;
  for (const delivery of deliveriesIn(document, lane, rules)) {
    if (delivery === "wait") break;
    const dueAt = dueAtOf(document, delivery.id);
    if (dueAt <= now) return { delivery };
    earliest = Math.min(earliest, dueAt);
    if (isOrdered && dueAt !== never) break;
  }
  return earliest === never ? undefined : { waitUntil: earliest };
}

const never = Number.POSITIVE_INFINITY;

/** In ms since 1970; never, once it was given up. */
function dueAtOf(document: TicketDocument, id: string): number {
  const trouble = troubleOf(document, id);
  if (!trouble) return Number.NEGATIVE_INFINITY;
  return trouble.dead ? never : Date.parse(trouble.dueAt);
}

export const troubleOf = (document: TicketDocument, id: string): Trouble | undefined =>
  document.troubles.find(({ delivery }) => delivery === id);

const isDead = (document: TicketDocument, id: string): boolean =>
  troubleOf(document, id)?.dead ?? false;

/** All that a lane owes, in order. `wait`: what follows waits for another lane. */
function deliveriesIn(
  document: TicketDocument,
  lane: string,
  rules: DeliveryRules,
): Iterable<Delivery | "wait"> {
  if (lane === marksLane) return marksOwed(document, rules.startedAt);
  if (lane === filesLane) return fetchesOwed(document);
  const place = document.places.find(({ id }) => id === lane);
  return place ? owedTo(document, place, rules) : [];
}

function* owedTo(
  document: TicketDocument,
  place: Place,
  rules: DeliveryRules,
): Iterable<Delivery | "wait"> {
  const card = cardFor(document, place.side, rules);
  const digest = digestOf(card);
  if (place.thread === null) {
    const id = openId(place);
    yield* soughtIn(document, id, place, rules);
    yield { do: "open", id, place, card, digest, key: keyOf(document, id, place.opened) };
    // A thread that cannot be opened gets no messages.
    yield "wait";
    return;
  }
  for (const index of document.messages.keys()) yield* owedOf(document, place, index, rules);
  if (place.card !== null && place.shown !== digest)
    yield { do: "card", id: cardId(place), place, of: place.card, card, digest };
}

/** What a place has not got of one message, or has and should not. */
export function* owedOf(
  document: TicketDocument,
  place: Place,
  index: number,
  rules: DeliveryRules,
): Iterable<Delivery | "wait"> {
  const message = document.messages[index];
  if (!message) return;
  const id = messageId(place, index);
  // What follows depends on what is there, so first that is found out.
  yield* soughtIn(document, id, place, rules, index);
  if (isAsWanted(message, place)) return;
  let isDone = message.files.every(({ state }) => state !== "offered");
  for (const delivery of contentsOwed(document, message, place, index, rules)) {
    isDone = false;
    yield delivery;
  }
  if (isDone) yield { do: "done", id, place, message: index };
}

function* contentsOwed(
  document: TicketDocument,
  message: Message,
  place: Place,
  index: number,
  rules: DeliveryRules,
): Iterable<Delivery | "wait"> {
  yield* partsOwed(document, message, place, index, rules);
  for (const file of message.files.keys()) {
    const owed = fileOwed(document, message, place, index, file);
    if (owed) yield owed;
  }
}

/** What may have been made for a message in a place; without a message, as its thread. */
const soughtIn = (
  document: TicketDocument,
  id: string,
  place: Place,
  rules: CardRules,
  message?: number,
): Delivery[] =>
  document.underway
    .filter((begun) => begun.place === place.id && messageOf(begun) === message)
    .map((sought) => {
      const card = cardFor(document, place.side, rules);
      return { do: "find", id, place, sought, card };
    });

function* partsOwed(
  document: TicketDocument,
  message: Message,
  place: Place,
  index: number,
  { split }: DeliveryRules,
): Iterable<Delivery> {
  const posted = copyIn(message, place)?.parts ?? [];
  const about = { id: messageId(place, index), place, message: index };
  const { revision } = message;
  const texts = isFor(message, place) ? partsOf(document, message, place, split) : [];
  const doubtful = posted.filter((part) => part.revision === 0);
  for (const { message: of } of doubtful) yield { do: "remove", ...about, of };
  for (const [part, text] of texts.entries()) {
    const shown = posted[part];
    const key = keyOf(document, about.id, part);
    if (!shown) yield { do: "post", ...about, text, revision, key };
    else if (shown.revision !== revision)
      yield { do: "edit", ...about, of: shown.message, text, revision };
  }
  for (const { message: of } of posted.slice(texts.length)) yield { do: "remove", ...about, of };
}

function fileOwed(
  document: TicketDocument,
  message: Message,
  place: Place,
  index: number,
  file: number,
): Delivery | "wait" | undefined {
  const about = { id: messageId(place, index), place, message: index };
  const posted = copyIn(message, place)?.files.find((each) => each.file === file);
  const state = isFor(message, place) ? message.files[file]?.state : "removed";
  if (state === "kept")
    return posted
      ? undefined
      : { do: "file", ...about, file, key: keyOf(document, about.id, `f${file}`) };
  if (posted) return { do: "remove", ...about, of: posted.message };
  // What was said next waits for a file that is being fetched, but not for one that makes trouble.
  const isAwaited = state === "offered" && !troubleOf(document, fetchId(index, file));
  return isAwaited ? "wait" : undefined;
}

/** Names a message that a delivery makes, wherever it is looked for. */
const keyOf = ({ ticket }: TicketDocument, id: string, part: string | number): string =>
  `${ticket._id}/${id}/${part}`;

function partsOf(
  document: TicketDocument,
  message: Message,
  { platform }: Place,
  split: Split,
): RichText[] {
  const text = textOf(document, message);
  return text.length === 0 ? [] : split(platform, text);
}

/** What a message says; of one that is files only, nothing. */
export function textOf({ ticket }: TicketDocument, { text, entry }: Message): RichText {
  if (text) return text;
  return typedText(ticket.threads[entry ?? -1]?.message ?? "");
}

export const copyIn = (message: Message, place: Place): Copy | undefined =>
  message.copies.find((copy) => copy.place === place.id);

/** Whether a place is meant to show a message. A note never is for the requester. */
export const isFor = ({ deleted, from, audience }: Message, { id, side }: Place): boolean =>
  !deleted && from?.place !== id && (audience === "everyone" || audience === side);

/** The place has what it is meant to have of this message, be that nothing. */
function isAsWanted(message: Message, place: Place): boolean {
  const copy = copyIn(message, place);
  return copy ? copy.done : !isFor(message, place);
}

/**
 * Whether anything is owed that was not given up: what is asked of a ticket at start. It is told
 * without looking at the texts.
 */
export function owes(document: TicketDocument, rules: CardRules): boolean {
  const isOwed = (id: string) => !isDead(document, id);
  const hasFetches = !fetchesOwed(document)[Symbol.iterator]().next().done;
  const hasMarks = marksOwed(document).some(({ id }) => isOwed(id));
  return hasFetches || hasMarks || document.places.some((place) => owesTo(document, place, rules));
}

function owesTo(document: TicketDocument, place: Place, rules: CardRules): boolean {
  if (place.thread === null) return !isDead(document, openId(place));
  const isStale = place.shown !== digestOf(cardFor(document, place.side, rules));
  if (place.card !== null && isStale && !isDead(document, cardId(place))) return true;
  const sought = new Set(
    document.underway.flatMap((begun) => (begun.place === place.id ? messageOf(begun) : [])),
  );
  return document.messages.some(
    (message, index) =>
      (!isAsWanted(message, place) || sought.has(index)) &&
      !isDead(document, messageId(place, index)),
  );
}

function* fetchesOwed({ messages, troubles }: TicketDocument): Iterable<Delivery> {
  for (const [message, { files }] of messages.entries())
    for (const [file, offered] of files.entries()) {
      const id = fetchId(message, file);
      const isGivenUp = troubles.some(({ delivery, dead }) => dead && delivery === id);
      if (offered.state === "offered" && !isGivenUp)
        yield { do: "fetch", id, message, file, offered };
    }
}

function marksOwed(document: TicketDocument, startedAt = Number.NEGATIVE_INFINITY): Delivery[] {
  return document.messages.flatMap((message, index): Delivery[] => {
    const { from, marked } = message;
    const mark = markFor(document, message, index);
    if (mark === undefined || mark === marked || !from) return [];
    const { platform, message: of } = from;
    const id = markId(index);
    // A mark that failed may be there all the same, and one that was set when a process ended.
    const isUnsure = troubleOf(document, id) !== undefined || Date.parse(message.at) < startedAt;
    const mayBeSending = mark !== "sending" && isUnsure;
    const before = marked ?? (mayBeSending ? "sending" : null);
    return [{ do: "mark", id, platform, message: index, of, mark, before }];
  });
}

/**
 * How an agent's reply fares on its way to the requester; undefined when what is shown may stay,
 * null when nothing is to be shown, as it is none. That it is on its way is shown once it does not
 * arrive at once.
 */
function markFor(
  document: TicketDocument,
  message: Message,
  index: number,
): Mark | null | undefined {
  const { kind, side, from, deleted } = message;
  if (side !== "agents" || deleted || from === null || from.place === null) return undefined;
  if (kind !== "reply") return null;
  const targets = document.places.filter((place) => isFor(message, place));
  if (targets.some((place) => isDead(document, messageId(place, index)))) return "failed";
  if (targets.some((place) => isDead(document, openId(place)))) return "failed";
  if (targets.every((place) => copyIn(message, place)?.done)) return "delivered";
  const hasTrouble = ({ id }: Place) =>
    document.troubles.some(({ delivery }) => delivery.startsWith(`${id}/`));
  return targets.some(hasTrouble) ? "sending" : undefined;
}
