/** What was given up: it is not tried again unless someone asks for it. */
import type { TicketDocument, Trouble } from "./document.ts";

/**
 * A card or a mark that could not be shown is replaced by the next one; a file that its platform did
 * not give is not to be had any more. Neither is for people to have sent again.
 */
const passing = /\/(?:card|mark)$|^m\d+\//;

/** What did not reach someone, and can be sent again. */
export const undeliveredIn = ({ troubles }: TicketDocument): Trouble[] =>
  troubles.filter(({ dead, delivery }) => dead && !passing.test(delivery));
