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
  fileId,
  fileOf,
  isAbout,
  markId,
  messageId,
  messageOf,
  openId,
  platformOf,
} from "./delivery.ts";
import type { Copy, Message, Place, TicketDocument, Trouble, Underway } from "./document.ts";
import { fieldsOwed, writeFields } from "./service-fields.ts";
import { isCreatedThere, isForService, type LinkTo, worded } from "./service-place.ts";
import { type RichText, typedText } from "./text.ts";

/** The parts that a text has on a platform. */
export type Split = (platform: string, text: RichText) => RichText[];

export interface DeliveryRules extends CardRules {
  split: Split;
  /** Of files that are told of in a ticket service; without it, by their names only. */
  linkTo?: LinkTo;
  /**
   * Since when (in ms) anything is tried at all; from ever when left out. What was on its way before
   * may have arrived all the same.
   */
  startedAt?: number;
  /** Whether a platform does not answer at all: what is for it waits, and holds up nothing else. */
  isDown?(platform: string): boolean;
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
  const all = deliveriesIn(document, lane, rules);
  if (lane === marksLane || lane === filesLane) return nextOfAny(document, all, rules, now);
  let earliest = never;
  for (const delivery of all) {
    if (delivery === "wait") break;
    const dueAt = dueAtOf(document, delivery.id);
    if (dueAt <= now) return { delivery };
    earliest = Math.min(earliest, dueAt);
    if (dueAt !== never && holdsUp(delivery)) break;
  }
  return waitFor(earliest);
}

/**
 * Texts stand in a thread in the order in which they were said. A file that makes trouble is overtaken,
 * and posted once it can be.
 */
const holdsUp = (delivery: Delivery): boolean => fileOf(delivery) === undefined;

/** Without an order; what is for a platform that is down comes last. */
function nextOfAny(
  document: TicketDocument,
  all: Iterable<Delivery | "wait">,
  { isDown }: DeliveryRules,
  now: number,
): Next {
  const owed = [...all].filter((delivery) => delivery !== "wait");
  const due = owed.filter(({ id }) => dueAtOf(document, id) <= now);
  const delivery = due.find((each) => !isDown?.(platformOf(each))) ?? due[0];
  if (delivery) return { delivery };
  return waitFor(Math.min(never, ...owed.map(({ id }) => dueAtOf(document, id))));
}

const waitFor = (earliest: number): Next =>
  earliest === never ? undefined : { waitUntil: earliest };

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
  if (lane === marksLane) return marksOwed(document, rules);
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
  const isService = place.side === "service";
  const digest = isService ? writeFields(document.ticket) : digestOf(card);
  if (place.thread === null) {
    const id = openId(place);
    yield* soughtIn(document, place, rules);
    yield { do: "open", id, place, card, digest, key: keyOf(document, id, place.opened) };
    // A thread that cannot be opened gets no messages.
    yield "wait";
    return;
  }
  for (const index of document.messages.keys()) yield* owedOf(document, place, index, rules);
  if (place.card !== null)
    for (const owed of shownOwed(document, place, rules))
      yield { do: "card", place, of: place.card, card, ...owed };
}

/** How the ticket stands, as far as the place does not show it. */
function shownOwed(
  document: TicketDocument,
  place: Place,
  rules: CardRules,
): { id: string; digest: string }[] {
  if (place.side === "service") return fieldsOwed(document.ticket, place);
  const digest = digestOf(cardFor(document, place.side, rules));
  return place.shown === digest ? [] : [{ id: cardId(place), digest }];
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
  // What follows depends on what is there, so first that is found out.
  const sought = soughtIn(document, place, rules, index);
  yield* sought;
  if (isAsWanted(message, place)) return;
  let isDone = sought.length === 0 && message.files.every(({ state }) => state !== "offered");
  for (const delivery of contentsOwed(document, message, place, index, rules)) {
    isDone = false;
    yield place.side === "service" ? worded(document, delivery, rules.linkTo) : delivery;
  }
  if (isDone) yield { do: "done", id: messageId(place, index), place, message: index };
}

function* contentsOwed(
  document: TicketDocument,
  message: Message,
  place: Place,
  index: number,
  rules: DeliveryRules,
): Iterable<Delivery | "wait"> {
  yield* partsOwed(document, message, place, index, rules);
  yield* filesOwed(document, message, place, index);
}

function* filesOwed(
  document: TicketDocument,
  message: Message,
  place: Place,
  index: number,
): Iterable<Delivery | "wait"> {
  for (const file of message.files.keys()) {
    const owed = fileOwed(document, message, place, index, file);
    if (owed) yield owed;
  }
}

/** What may have been made for a message in a place; without a message, as its thread. */
const soughtIn = (
  document: TicketDocument,
  place: Place,
  rules: CardRules,
  message?: number,
): Delivery[] =>
  document.underway
    .filter((begun) => begun.place === place.id && messageOf(begun) === message)
    .map((sought) => {
      const card = cardFor(document, place.side, rules);
      return { do: "find", id: idOf(sought, place), place, sought, card };
    });

function idOf(begun: Underway, place: Place): string {
  switch (begun.makes) {
    case "thread":
      return openId(place);
    case "text":
      return messageId(place, begun.message);
    case "file":
      return fileId(place, begun.message, begun.file);
  }
}

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
  for (const { message: of } of doubtful.reverse()) yield { do: "remove", ...about, of };
  for (const [part, text] of texts.entries()) {
    const shown = posted[part];
    const key = keyOf(document, about.id, part);
    if (!shown) yield { do: "post", ...about, text, revision, key };
    else if (shown.revision !== revision)
      yield { do: "edit", ...about, of: shown.message, text, revision };
  }
  // From the end: what is left stays a beginning, in which each part stands where its key says.
  for (const { message: of } of posted.slice(texts.length).reverse())
    yield { do: "remove", ...about, of };
}

function fileOwed(
  document: TicketDocument,
  message: Message,
  place: Place,
  index: number,
  file: number,
): Delivery | "wait" | undefined {
  const about = { id: fileId(place, index, file), place, message: index, file };
  const posted = copyIn(message, place)?.files.find((each) => each.file === file);
  const state = isFor(message, place) ? message.files[file]?.state : "removed";
  if (state === "kept") {
    const key = keyOf(document, messageId(place, index), `f${file}`);
    return posted ? undefined : { do: "file", ...about, key };
  }
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
  place: Place,
  split: Split,
): RichText[] {
  const text = textOf(document, message);
  if (text.length === 0) return [];
  if (place.side !== "service") return split(place.platform, text);
  return isCreatedThere(message, place) ? [] : [text];
}

/** What a message says; of one that is files only, nothing. */
export function textOf({ ticket }: TicketDocument, { text, entry }: Message): RichText {
  if (text) return text;
  return typedText(ticket.threads[entry ?? -1]?.message ?? "");
}

export const copyIn = (message: Message, place: Place): Copy | undefined =>
  message.copies.find((copy) => copy.place === place.id);

/** Whether a place is meant to show a message. A note is for no requester and no ticket service. */
export function isFor(message: Message, { id, side }: Place): boolean {
  const { deleted, from, audience } = message;
  if (deleted || from?.place === id) return false;
  return side === "service" ? isForService(message) : audience === "everyone" || audience === side;
}

/** The place has what it is meant to have of this message, be that nothing. */
function isAsWanted(message: Message, place: Place): boolean {
  const copy = copyIn(message, place);
  return copy ? copy.done : !isFor(message, place);
}

/** Without `split`, whether a text is there as a whole is not known: then it is taken to be owed. */
type OwedRules = CardRules & Partial<Pick<DeliveryRules, "split">>;

/**
 * Whether anything is owed that was not given up: what is asked of a ticket at start. Texts are
 * looked at only where something of their message was given up.
 */
export function owes(document: TicketDocument, rules: OwedRules): boolean {
  const isOwed = (id: string) => !isDead(document, id);
  const hasFetches = !fetchesOwed(document)[Symbol.iterator]().next().done;
  const hasMarks = marksOwed(document, {}).some(({ id }) => isOwed(id));
  return hasFetches || hasMarks || document.places.some((place) => owesTo(document, place, rules));
}

function owesTo(document: TicketDocument, place: Place, rules: OwedRules): boolean {
  if (place.thread === null) return !isDead(document, openId(place));
  const isOwed = ({ id }: { id: string }) => !isDead(document, id);
  if (place.card !== null && shownOwed(document, place, rules).some(isOwed)) return true;
  const sought = new Set(
    document.underway.flatMap((begun) => (begun.place === place.id ? messageOf(begun) : [])),
  );
  return document.messages.some(
    (message, index) =>
      (!isAsWanted(message, place) || sought.has(index)) &&
      owesOf(document, message, place, index, rules),
  );
}

function owesOf(
  document: TicketDocument,
  message: Message,
  place: Place,
  index: number,
  { split, ...rules }: OwedRules,
): boolean {
  if (!document.troubles.some(({ delivery, dead }) => dead && isAbout(delivery, place, index)))
    return true;
  const isOwed = (owed: Delivery | "wait") => owed !== "wait" && !isDead(document, owed.id);
  if (split) return [...owedOf(document, place, index, { ...rules, split })].some(isOwed);
  if (!isDead(document, messageId(place, index))) return true;
  return [...filesOwed(document, message, place, index)].some(isOwed);
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

type MarkRules = Pick<DeliveryRules, "startedAt" | "isDown">;

function marksOwed(document: TicketDocument, rules: MarkRules): Delivery[] {
  const { startedAt = Number.NEGATIVE_INFINITY } = rules;
  return document.messages.flatMap((message, index): Delivery[] => {
    const { from, marked } = message;
    const mark = markFor(document, message, index, rules);
    const id = markId(index);
    const isTried = troubleOf(document, id) !== undefined;
    // Beside what is meant to be there, what failed may be there all the same.
    const isThere = mark === marked && !isTried;
    if (mark === undefined || isThere || !from) return [];
    const { platform, message: of } = from;
    const isUnsure = isTried || Date.parse(message.at) < startedAt;
    const before = markBefore(mark, marked, isUnsure);
    return [{ do: "mark", id, platform, message: index, of, mark, before }];
  });
}

/** What is to be taken off; when it is not sure, also what may have been set when a process ended. */
function markBefore(mark: Mark | null, marked: Mark | null, isUnsure: boolean): Mark | null {
  if (marked !== null && marked !== mark) return marked;
  if (mark === "sending") return marked === null ? null : "delivered";
  return isUnsure ? "sending" : null;
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
  { isDown }: MarkRules,
): Mark | null | undefined {
  const { kind, side, from, deleted } = message;
  if (side !== "agents" || deleted || from === null || from.place === null) return undefined;
  const threads = document.places.filter((place) => place.side !== "service");
  if (!threads.some(({ id }) => id === from.place)) return undefined;
  if (kind !== "reply") return null;
  const targets = threads.filter((place) => isFor(message, place));
  const isGivenUp = (place: Place) =>
    document.troubles.some(({ delivery, dead }) => dead && isAbout(delivery, place, index));
  if (targets.some((place) => isGivenUp(place) || isDead(document, openId(place)))) return "failed";
  if (targets.every((place) => copyIn(message, place)?.done)) return "delivered";
  const hasTrouble = ({ id, platform }: Place) =>
    isDown?.(platform) ||
    document.troubles.some(({ delivery, dead }) => !dead && delivery.startsWith(`${id}/`));
  return targets.some(hasTrouble) ? "sending" : undefined;
}
