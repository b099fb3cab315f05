import fc from "fast-check";
import type { Actor } from "../../src/tickets/changes.ts";
import { limits } from "../../src/tickets/limits.ts";
import {
  categories,
  entryTypes,
  type NewEntry,
  type NewTicket,
  priorities,
  statuses,
  type TicketChange,
} from "../../src/tickets/ticket.ts";

/** Generators of tickets and of all that may be asked of one. */

const words = (maxLength: number) =>
  fc.string({ unit: "grapheme", minLength: 1, maxLength: Math.min(maxLength, 40) }).map((value) => {
    const text = value.toWellFormed().replaceAll("\0", "x").trim();
    return text === "" ? "x" : [...text].slice(0, maxLength).join("").trim();
  });

const tags = fc.uniqueArray(words(limits.tagLength), { maxLength: 5 });

export const newTickets: fc.Arbitrary<NewTicket> = fc.record({
  title: words(limits.titleLength),
  description: words(limits.descriptionLength),
  priority: fc.constantFrom(...priorities),
  category: fc.constantFrom(...categories),
  attachments: fc.array(
    fc.record({
      filename: words(limits.filenameLength),
      url: fc.webUrl(),
      size: fc.nat(),
      type: fc.constantFrom("text/plain", "image/png"),
    }),
    { maxLength: 3 },
  ),
  tags,
});

export const changes: fc.Arbitrary<TicketChange> = fc.record(
  {
    title: words(limits.titleLength),
    description: words(limits.descriptionLength),
    status: fc.constantFrom(...statuses),
    priority: fc.constantFrom(...priorities),
    category: fc.constantFrom(...categories),
    assignedTo: fc.option(words(limits.idLength)),
    tags,
    resolution: fc.option(words(limits.resolutionLength)),
  },
  { requiredKeys: [] },
);

export const replies: fc.Arbitrary<NewEntry> = fc.record(
  { message: words(limits.messageLength), type: fc.constantFrom(...entryTypes) },
  { requiredKeys: ["message"] },
);

export const actors: fc.Arbitrary<Actor> = fc.record({
  role: fc.constantFrom("client" as const, "agent" as const),
  id: words(20),
});
