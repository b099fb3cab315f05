/** What a delivery has made: how the document tells of it. */

import { digestOf } from "./card.ts";
import { copyIn } from "./copies.ts";
import { begunBy, type Delivery, type Making, messageOf, openId, underwayOf } from "./delivery.ts";
import type { Copy, Message, Place, TicketDocument, Underway } from "./document.ts";
import { recovered } from "./giving-up.ts";
import { messageIn } from "./messages.ts";
import type { Sent } from "./result.ts";
import { fieldsAtFirst } from "./service-fields.ts";
import { saidIn } from "./service-place.ts";

export const isUnderway = ({ underway }: TicketDocument, key: string) =>
  underway.some((begun) => begun.key === key);

export function ended(draft: TicketDocument, key: string): void {
  draft.underway = draft.underway.filter((begun) => begun.key !== key);
}

/** Where words were put down, these were sent, whatever the message says by now. */
export function asBegun({ underway }: TicketDocument, delivery: Making): Underway {
  const begun = underway.find(({ key }) => key === delivery.key);
  return begun && "words" in begun ? begun : underwayOf(delivery);
}

/** Puts down what was made, as it was when it was begun. */
export function made(draft: TicketDocument, where: Place, begun: Underway, sent: Sent): void {
  const message = required(sent.message);
  ended(draft, begun.key);
  switch (begun.makes) {
    case "thread": {
      const place = placeIn(draft, where);
      place.thread = required(sent.thread);
      place.card = message;
      place.shown = place.side === "service" ? fieldsAtFirst(begun.digest) : begun.digest;
      if (sent.entry !== undefined) link(messageIn(draft, 0), place, sent.entry);
      recovered(draft, openId(place), "can be now");
      break;
    }
    case "text": {
      const { revision } = begun;
      const part = { message, revision, ...saidIn(begun) };
      copyFor(messageIn(draft, begun.message), where).parts.push(part);
      break;
    }
    case "file": {
      const { file } = begun;
      copyFor(messageIn(draft, begun.message), where).files.push({ file, message });
    }
  }
  // What is posted may open a thread that was closed with its ticket: its card closes it again.
  if (draft.ticket.status === "closed" && where.side !== "service")
    placeIn(draft, where).shown = null;
}

/** A message is found to be in a place already, as this one there. */
export function link(message: Message, place: Place, part: string): void {
  const { revision } = message;
  copyFor(message, place).parts.push({ message: part, revision });
}

/** What may have been made, and was given up, is there all the same. */
export function foundAfterAll(
  draft: TicketDocument,
  place: Place,
  begun: Underway,
  message: string,
): void {
  const about = messageOf(begun);
  if (about === undefined) return;
  const id = begunBy(begun, place);
  draft.troubles = draft.troubles.filter(({ delivery }) => delivery !== id);
  made(draft, place, begun, { message });
  recovered(draft, id, "was delivered after all");
  copyFor(messageIn(draft, about), place).done = false;
}

type Find = Extract<Delivery, { do: "find" }>;

export function found(draft: TicketDocument, { sought, place, card }: Find, sent: Sent): void {
  if (!isUnderway(draft, sought.key)) return;
  if (sent.message === undefined) ended(draft, sought.key);
  else made(draft, place, sought, sent);
  // A thread that was open by half may have got the card as it is now.
  const isCard = sought.makes === "thread" && place.side !== "service";
  const mayShowOther = isCard && sought.digest !== digestOf(card);
  if (mayShowOther) placeIn(draft, place).shown = null;
}

export function placeIn(draft: TicketDocument, { id }: Place): Place {
  return required(draft.places.find((place) => place.id === id));
}

export function copyFor(message: Message, place: Place): Copy {
  const copy = copyIn(message, place) ?? { place: place.id, parts: [], files: [], done: false };
  if (!message.copies.includes(copy)) message.copies.push(copy);
  return copy;
}

/** What an adapter has to give, and a document to hold. */
export function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("A delivery has ended without what it was for");
  return value;
}
