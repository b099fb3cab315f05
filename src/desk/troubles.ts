/** Deliveries of a ticket that have failed. */
import type { TicketDocument, Trouble } from "./document.ts";

export const never = Number.POSITIVE_INFINITY;

/** When it is tried again, or 0 where it has not failed. In ms since 1970; never, once it was given up. */
export function dueAtOf(document: TicketDocument, id: string): number {
  const trouble = troubleOf(document, id);
  if (!trouble) return 0;
  return trouble.dead ? never : Date.parse(trouble.dueAt);
}

export const troubleOf = (document: TicketDocument, id: string): Trouble | undefined =>
  document.troubles.find(({ delivery }) => delivery === id);

export const isDead = (document: TicketDocument, id: string): boolean =>
  troubleOf(document, id)?.dead ?? false;
