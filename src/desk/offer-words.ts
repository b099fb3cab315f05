/** What people are told of their own tickets, and offered for words that belong to none yet. Plain text. */
import type { TicketLine } from "./chat.ts";
import { oneLine } from "./shortened.ts";
import { counted } from "./words.ts";

/** Of open tickets, so many are listed, and so many are offered to add something to. */
export const mostListed = 20;
export const mostOffered = 10;

export const offerWords = {
  open: "Open a ticket",
  openNew: "Open a new ticket",
  notSentYet: "This has not been sent to anyone yet. Where does it belong?",
  gone: "That message is no longer there. Please write it again.",
} as const;

export const listHeading = ({ length }: readonly TicketLine[]): string =>
  length === 0
    ? "You have no open tickets"
    : `You have ${counted(length, "open ticket", "open tickets")}`;

/** Undefined when all of them are listed. */
export const moreListed = ({ length }: readonly TicketLine[]): string | undefined =>
  length > mostListed ? `and ${length - mostListed} more` : undefined;

/** Undefined when all of them are offered. */
export function moreOffered({ length }: readonly TicketLine[]): string | undefined {
  if (length <= mostOffered) return undefined;
  const more = counted(length - mostOffered, "more open ticket", "more open tickets");
  return `You have ${more}: to add to one of those, write in its thread`;
}

export const addTo = ({ reference, title }: TicketLine): string =>
  `Add to ${reference}: ${oneLine(title)}`;

/** `asked`: what was given as a reference, shortened; `list`: the command that lists them. */
export function noTicketWords(asked: string, list: string): string {
  const heard = asked === "" ? "Which ticket?" : `You have no ticket ${asked}.`;
  return `${heard} A reference looks like T-4F7K2M; ${list} shows your open tickets.`;
}
