import { z } from "zod";
import { ticketSchema } from "../tickets/ticket.ts";

/** A thread on some platform where a ticket is visible. Only its adapter reads `thread`. */
const threadRefSchema = z.strictObject({
  platform: z.string().min(1),
  thread: z.string().min(1),
});

export type ThreadRef = z.infer<typeof threadRefSchema>;

/**
 * The answer once given to a write that carried an Idempotency-Key, kept as what has changed
 * since: `before` holds the ticket's fields as they were then, where they differ now, and
 * `entries` how many entries there were.
 */
const answerSchema = z.strictObject({
  key: z.string().min(1),
  /** Of the request, so that the same key with another request is told apart. */
  hash: z.string().min(1),
  at: z.iso.datetime(),
  before: z.partialRecord(ticketSchema.keyof(), z.unknown()),
  /** Null: the answer is no longer kept, only that it was given; the ticket as it is now is told. */
  entries: z.int().min(1).nullable(),
});

export type Answer = z.infer<typeof answerSchema>;

/** The version of the document's shape; older ones are upgraded when they are read. */
export const currentSchema = 1;

/** Everything about one ticket, in one document: it changes in one write, or not at all. */
export const documentSchema = z.strictObject({
  schema: z.literal(currentSchema),
  /** For people: short and unique, `T-4F7K2M`. */
  reference: z.string().regex(/^T-[0-9A-HJKMNP-TV-Z]{6}$/),
  /** What created it, once: no two tickets have the same. */
  creationKey: z.string().min(1).nullable(),
  places: z.array(threadRefSchema),
  answers: z.array(answerSchema),
  ticket: ticketSchema,
});

export type TicketDocument = z.infer<typeof documentSchema>;

type Json = Record<string, unknown>;

/** What turns a document of each older version into one of the next. */
export type Upgrades = Readonly<Record<number, (older: Json) => Json>>;

const upgrades: Upgrades = {};

/** A document was written by a newer version of Deskhand: it is whole, but not for us to read. */
export class NewerSchema extends Error {
  override readonly name = "NewerSchema";
}

const versioned = z.looseObject({ schema: z.int().min(0) });

/** Reads a stored document of any version up to ours. Throws NewerSchema or what zod throws. */
export function readDocument(stored: unknown, known: Upgrades = upgrades): TicketDocument {
  let document = versioned.parse(stored);
  if (document.schema > currentSchema)
    throw new NewerSchema(`It has schema ${document.schema}; this version knows ${currentSchema}`);
  while (document.schema < currentSchema) {
    const upgrade = known[document.schema];
    if (!upgrade) throw new Error(`No way is known to upgrade schema ${document.schema}`);
    document = { ...upgrade(document), schema: document.schema + 1 };
  }
  return documentSchema.parse(document);
}
