/** What becomes of a delivery: how the document tells of it afterwards. Times are in ms. */
import { copyIn } from "./copies.ts";
import { type DeliveryRules, owedOf } from "./deliveries.ts";
import { copyOf, type Delivery, isMaking, type Making, underwayOf } from "./delivery.ts";
import type { Copy, Place, TicketDocument } from "./document.ts";
import { forgetEnded } from "./ended.ts";
import { type SettleRules, settleFailed } from "./failing.ts";
import { fetched } from "./fetched.ts";
import { recovered } from "./giving-up.ts";
import { asBegun, copyFor, ended, found, isUnderway, made, placeIn, required } from "./made.ts";
import { messageIn } from "./messages.ts";
import { owes } from "./owes.ts";
import type { Result, Sent } from "./result.ts";
import type { ServiceTicket } from "./service.ts";
import { fieldsAfter } from "./service-fields.ts";
import { saidAfter } from "./service-place.ts";
import { readTo, takeThere } from "./service-take.ts";

/** Puts down that something is about to be made: if nothing else is heard of it, it is looked for. */
export function begin(draft: TicketDocument, delivery: Making): void {
  draft.underway.push(underwayOf(delivery));
  draft.owes = true;
}

/** Puts what became of a delivery into a draft of the document; a second time changes nothing. */
export function settle(
  draft: TicketDocument,
  delivery: Delivery,
  result: Result,
  rules: SettleRules,
  now: number,
): void {
  if (isMaking(delivery) && !isUnderway(draft, delivery.key)) return;
  if ("sent" in result && result.sent.there) takenIn(draft, delivery, result.sent.there, now);
  else if ("sent" in result) settleSent(draft, delivery, result.sent, now);
  // What was to be removed has gone with its thread.
  else if (delivery.do === "remove" && result.failed.outcome === "gone")
    settleSent(draft, delivery, {}, now);
  else settleFailed(draft, delivery, result.failed, rules, now);
  const about = copyOf(delivery);
  if (about) settleCopy(draft, about.place, about.message, rules);
  forgetEnded(draft, rules);
  draft.owes = owes(draft, rules);
}

/** Unless it was taken in meanwhile. */
function takenIn(
  draft: TicketDocument,
  delivery: Delivery,
  there: ServiceTicket,
  now: number,
): void {
  if (isMaking(delivery)) ended(draft, delivery.key);
  if (!("place" in delivery)) return;
  const place = placeIn(draft, delivery.place);
  if (place.shown !== delivery.place.shown) return;
  takeThere(draft, place, there, now);
  readTo(place, there, now);
}

function settleSent(draft: TicketDocument, delivery: Delivery, sent: Sent, now: number): void {
  // What was only looked for is no success: how long it has been tried, and how often, is kept.
  if (delivery.do !== "find" || sent.message !== undefined)
    draft.troubles = draft.troubles.filter((trouble) => trouble.delivery !== delivery.id);
  switch (delivery.do) {
    case "open":
    case "post":
    case "file":
      made(draft, delivery.place, asBegun(draft, delivery), sent);
      break;
    case "find":
      found(draft, delivery, sent);
      break;
    case "done":
      copyFor(messageIn(draft, delivery.message), delivery.place);
      break;
    case "card":
      shownIn(placeIn(draft, delivery.place), delivery, sent);
      recovered(draft, delivery.id, "is there now");
      break;
    case "mark":
      messageIn(draft, delivery.message).marked = delivery.mark;
      break;
    case "fetch":
      fetched(draft, delivery, required(sent.hash), now);
      break;
    default:
      changed(copyFor(messageIn(draft, delivery.message), delivery.place), delivery);
  }
}

type Card = Extract<Delivery, { do: "card" }>;

/** Someone may have deleted the message that showed the card: then it is another one now. */
function shownIn(place: Place, delivery: Card, { message }: Sent): void {
  if (place.side === "service") {
    // What was changed there meanwhile may have come before or after: it is asked for once more.
    if (place.shown !== null) place.shown = fieldsAfter(place, delivery);
    return;
  }
  place.card = message ?? place.card;
  place.shown = delivery.digest;
}

function changed(copy: Copy, delivery: Extract<Delivery, { do: "edit" | "remove" }>): void {
  if (delivery.do === "edit") {
    copy.parts = copy.parts.map((part) =>
      part.message === delivery.of
        ? { ...part, revision: delivery.revision, ...saidAfter(delivery) }
        : part,
    );
  } else {
    copy.parts = copy.parts.filter(({ message }) => message !== delivery.of);
    copy.files = copy.files.filter(({ message }) => message !== delivery.of);
  }
}

/** Marks a copy as done once nothing of it is owed. */
function settleCopy(
  draft: TicketDocument,
  { id }: Place,
  index: number,
  rules: DeliveryRules,
): void {
  const message = messageIn(draft, index);
  const place = draft.places.find((each) => each.id === id);
  const copy = place && copyIn(message, place);
  if (!place || !copy) return;
  const [first, ...others] = owedOf(draft, place, index, rules);
  copy.done = others.length === 0 && first !== undefined && first !== "wait" && first.do === "done";
}
