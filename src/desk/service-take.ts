/** How a document takes in its ticket as it was read in a ticket service. Times are in ms. */
import type { Place, TicketDocument } from "./document.ts";
import type { ServiceTicket } from "./service.ts";
import { takeAbsences, takeEntries } from "./service-entries.ts";
import { changesThere, takeFields } from "./service-merge.ts";
import { isFollowed } from "./service-names.ts";

/** A time of the service's may be so much ahead of ours; what is more would hide all that follows. */
const mostAheadMs = 10 * 60_000;

/** Puts down that it was read as it was then: what is older is no news any more. */
export function readTo(place: Place, { updatedAt }: ServiceTicket, now: number): void {
  const readBefore = place.readTo === null ? 0 : Date.parse(place.readTo);
  const told = Math.min(Date.parse(updatedAt), now + mostAheadMs);
  place.readTo = new Date(Math.max(readBefore, told)).toISOString();
}

/**
 * What was said there comes before what was changed: no one says anything in a ticket that is closed.
 * `place` is the draft's own.
 */
export function takeThere(
  draft: TicketDocument,
  place: Place,
  there: ServiceTicket,
  now: number,
): void {
  // Of an older state than one that was read before, only what was said is new.
  const isOld = place.readTo !== null && Date.parse(there.updatedAt) < Date.parse(place.readTo);
  const wanted = isOld ? undefined : changesThere(draft, place, there, now);
  const isTaken = isFollowed(draft, place);
  if (isTaken) takeEntries(draft, place, there, { isOld, now });
  if (!wanted) return;
  if (isTaken) takeAbsences(draft, place, there, now);
  takeFields(draft, place, there, wanted, now);
}
