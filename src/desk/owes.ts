/** Whether a ticket owes anything. */
import type { CardRules } from "./card.ts";
import { isAsWanted } from "./copies.ts";
import { type DeliveryRules, fetchesOwed, filesOwed, owedOf, shownOwed } from "./deliveries.ts";
import { type Delivery, isAbout, messageId, messageOf, openId } from "./delivery.ts";
import type { Message, Place, TicketDocument } from "./document.ts";
import { marksOwed } from "./marks-owed.ts";
import { isDead } from "./troubles.ts";

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
