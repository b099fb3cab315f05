/** Takes what people write into their tickets: one transaction each. */

import type { TicketId } from "../tickets/ticket.ts";
import { carriedInto, type MessageRef } from "./carried.ts";
import type { ChatEvent, Heard } from "./chat.ts";
import { conclude, type DeskParts, inTransaction } from "./desk.ts";
import type { Place, TicketDocument } from "./document.ts";
import { isOutdated } from "./editions.ts";
import { hear } from "./hear.ts";

/** The place of an event; null: it is carried in from elsewhere; undefined: it is none of this ticket. */
export type WhichPlace = (document: TicketDocument) => Place | null | undefined;

export const placeOf =
  ({ platform, thread }: ChatEvent): WhichPlace =>
  ({ places }) =>
    places.find((place) => place.platform === platform && place.thread === thread);

/** What is not there is not added by its edit. */
export const ifCarried =
  ({ platform, message }: ChatEvent): WhichPlace =>
  (document) => {
    const isIt = (each: MessageRef) => each.platform === platform && each.message === message;
    return carriedInto(document).some(isIt) ? null : undefined;
  };

type Parts = Pick<DeskParts, "store" | "rules" | "now" | "outbox">;

/** What is heard live: it may have waited, or come again, and be older than what is known by now. */
export const takeHeard = (
  parts: Parts,
  id: TicketId,
  event: ChatEvent,
  which: WhichPlace,
): Promise<Heard> =>
  takeUnless(parts, id, event, { which, isKnown: (draft) => isOutdated(draft, event) });

/** What is there now. */
export const take = (
  parts: Parts,
  id: TicketId,
  event: ChatEvent,
  which: WhichPlace,
): Promise<Heard> => takeUnless(parts, id, event, { which, isKnown: () => false });

async function takeUnless(
  parts: Parts,
  id: TicketId,
  event: ChatEvent,
  { which, isKnown }: { which: WhichPlace; isKnown(draft: TicketDocument): boolean },
): Promise<Heard> {
  const heard = await change(parts, id, (draft, now): Heard => {
    const place = which(draft);
    if (place === undefined) return { heard: "elsewhere" };
    if (isKnown(draft)) return { heard: "known", ticket: id };
    return hear(draft, event, place, parts.rules, now);
  });
  return heard ?? { heard: "elsewhere" };
}

/**
 * One transaction; `null` when there is no such ticket. Changes of one ticket happen in the order in
 * which this is called.
 */
export async function change<T>(
  parts: Parts,
  id: TicketId,
  work: (draft: TicketDocument, now: number) => T,
): Promise<T | null> {
  const result = await inTransaction(parts, id, (draft) => {
    const done = work(draft, parts.now());
    conclude(draft, parts.rules, parts.outbox);
    return done;
  });
  return result ?? null;
}
