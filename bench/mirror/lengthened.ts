import type { Message, TicketDocument } from "../../src/desk/document.ts";
import type { Entry } from "../../src/tickets/ticket.ts";

const dayMs = 24 * 60 * 60_000;
/** So long ago that no one looks whether it was changed since. */
const agoMs = 3 * dayMs;

/** The same ticket with so many entries: after the first, its second one again and again, days ago. */
export function lengthened(document: TicketDocument, entries: number): TicketDocument {
  const { ticket, messages } = document;
  const [first, second, ...others] = ticket.threads;
  const [firstSaid, secondSaid, ...othersSaid] = messages;
  if (!first || !second || !firstSaid || !secondSaid)
    throw new Error("A ticket with fewer than two entries cannot be made longer");
  const more = entries - ticket.threads.length;
  const createdAt = Date.parse(ticket.createdAt) - agoMs;
  const timeOf = (index: number) => new Date(createdAt + (index * dayMs) / entries).toISOString();
  const indexes = Array.from({ length: more }, (_, index) => index + 1);
  const shifted = (message: Message): Message => ({
    ...message,
    entry: message.entry === null ? null : message.entry + more,
  });
  return {
    ...document,
    messages: [
      { ...firstSaid, at: timeOf(0) },
      ...indexes.map((index) => saidBefore(secondSaid, index, timeOf(index))),
      ...[secondSaid, ...othersSaid].map(shifted),
    ],
    ticket: {
      ...ticket,
      createdAt: timeOf(0),
      threads: [
        { ...first, timestamp: timeOf(0) },
        ...indexes.map((index): Entry => ({ ...second, timestamp: timeOf(index) })),
        ...[second, ...others],
      ],
    },
  };
}

/** Under ids of its own. */
const saidBefore = (message: Message, index: number, at: string): Message => ({
  ...message,
  ...{ at, entry: index },
  // As if over HTTP: on no platform are they there to be read back.
  from: null,
  copies: message.copies.map((copy) => ({
    ...copy,
    parts: copy.parts.map((part) => ({ ...part, message: named(part.message, index) })),
  })),
});

/** What names a message ends with its time, in Slack and in Discord: another one of about then. */
const named = (message: string, index: number): string =>
  `${message.slice(0, -6)}${String(index).padStart(6, "0")}`;
