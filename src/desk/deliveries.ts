/**
 * What is owed to whom. Nothing here is kept: deliveries follow from what the document says is
 * there (`copies`, `shown`, `marked`) and what is meant to be, so that a change and what must be
 * sent because of it are one write, and what is sent is always what is meant now.
 */

import { type CardRules, cardFor, digestOf } from "./card.ts";
import { copyIn, isAsWanted, isFor, textOf } from "./copies.ts";
import {
  begunBy,
  cardId,
  type Delivery,
  fetchId,
  fileId,
  messageId,
  messageOf,
  openId,
} from "./delivery.ts";
import type { Message, Place, TicketDocument } from "./document.ts";
import { fieldsOwed, writeFields } from "./service-fields.ts";
import { isCreatedThere, type LinkTo, worded } from "./service-place.ts";
import type { RichText } from "./text.ts";
import { troubleOf } from "./troubles.ts";

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
  /** Whether its platform is on at all: else it waits until that is, and holds up nothing else. */
  carries?(delivery: Delivery): boolean;
}

export function* owedTo(
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
export function shownOwed(
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

export function* filesOwed(
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
      return { do: "find", id: begunBy(sought, place), place, sought, card };
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

export function* fetchesOwed({ messages, troubles }: TicketDocument): Iterable<Delivery> {
  for (const [message, { files }] of messages.entries())
    for (const [file, offered] of files.entries()) {
      const id = fetchId(message, file);
      const isGivenUp = troubles.some(({ delivery, dead }) => dead && delivery === id);
      if (offered.state === "offered" && !isGivenUp)
        yield { do: "fetch", id, message, file, offered };
    }
}
