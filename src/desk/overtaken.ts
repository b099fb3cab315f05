/** Deliveries that failed while what they are about was changed, or of which it is not known what they did. */
import { copyIn, type DeliveryRules, isFor, owedOf } from "./deliveries.ts";
import { copyOf, type Delivery, isAbout, messageOf } from "./delivery.ts";
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

/** Should its text grow again, this part of it is not edited: it is removed for sure first. */
export function mayBeGone(
  draft: TicketDocument,
  { place, message, of }: Extract<Delivery, { do: "remove" }>,
): void {
  const copy = copyIn(messageIn(draft, message), place);
  for (const part of copy?.parts ?? []) if (part.message === of) part.revision = 0;
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
  draft.troubles = draft.troubles.filter(({ delivery }) => !isAbout(delivery, place, index));
  for (const { retry } of draft.messages)
    if (retry !== null && isAbout(retry, place, index)) recovered(draft, retry, "was taken back");
}
