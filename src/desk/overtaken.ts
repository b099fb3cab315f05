/** Deliveries that failed while what they are about was changed, or of which it is not known what they did. */
import { copyIn, type DeliveryRules, isFor, owedOf } from "./deliveries.ts";
import { copyOf, type Delivery, messageId, messageOf } from "./delivery.ts";
import type { Place, TicketDocument } from "./document.ts";
import { recovered } from "./giving-up.ts";
import { messageIn } from "./messages.ts";

/** That something could not be posted which was taken back meanwhile is no failure. */
export function isStillOwed(
  draft: TicketDocument,
  delivery: Delivery,
  rules: DeliveryRules,
): boolean {
  const about = copyOf(delivery);
  const place = draft.places.find(({ id }) => id === about?.place.id);
  if (!about || !place) return true;
  const owed = [...owedOf(draft, place, about.message, rules)];
  return owed.some((each) => each !== "wait" && each.id === delivery.id);
}

/**
 * Puts down which parts of a text are about to be removed: whether they are there is not known from
 * then on. Should the text grow again, they are not edited, but removed for sure first.
 */
export function noteRemovals(
  draft: TicketDocument,
  place: Place,
  index: number,
  rules: DeliveryRules,
): void {
  const current = draft.places.find(({ id }) => id === place.id);
  const copy = copyIn(messageIn(draft, index), place);
  if (!current || !copy) return;
  for (const owed of owedOf(draft, current, index, rules))
    for (const part of copy.parts)
      if (owed !== "wait" && owed.do === "remove" && owed.of === part.message) part.revision = 0;
}

/**
 * That a message did not arrive in a place is told no longer, when it is not to be there any more,
 * and surely is not.
 */
export function forgetFailure(draft: TicketDocument, place: Place, index: number): void {
  const message = messageIn(draft, index);
  const mayBeThere = draft.underway.some(
    (begun) => begun.place === place.id && messageOf(begun) === index,
  );
  if (mayBeThere || isFor(message, place) || copyIn(message, place)) return;
  const id = messageId(place, index);
  const isAbout = (delivery: string) => delivery === id || delivery.startsWith(`${id}/`);
  draft.troubles = draft.troubles.filter(({ delivery }) => !isAbout(delivery));
  for (const { retry } of draft.messages)
    if (retry !== null && isAbout(retry)) recovered(draft, retry, "was taken back");
}
