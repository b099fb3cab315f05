import { z } from "zod";
import { ticketSchema } from "../tickets/ticket.ts";

/** A thread on some platform where a ticket is visible. Only its adapter reads `thread`. */
export const threadRefSchema = z.strictObject({
  platform: z.string().min(1),
  thread: z.string().min(1),
});

export type ThreadRef = z.infer<typeof threadRefSchema>;

/**
 * The answer once given to a write that carried an Idempotency-Key, kept as what has changed
 * since: `before` holds the ticket's fields as they were then, where they differ now, and
 * `entries` how many entries there were.
 */
export const answerSchema = z.strictObject({
  key: z.string().min(1),
  /** Of the request, so that the same key with another request is told apart. */
  hash: z.string().min(1),
  at: z.iso.datetime(),
  before: z.partialRecord(ticketSchema.keyof(), z.unknown()),
  entries: z.int().min(1),
});

export type Answer = z.infer<typeof answerSchema>;

/** Everything about one ticket, in one document: it changes in one write, or not at all. */
export const documentSchema = z.strictObject({
  schema: z.literal(1),
  /** For people: short and unique, `T-4F7K2M`. */
  reference: z.string().regex(/^T-[0-9A-HJKMNP-TV-Z]{6}$/),
  /** What created it, once: no two tickets have the same. */
  creationKey: z.string().min(1).nullable(),
  places: z.array(threadRefSchema),
  answers: z.array(answerSchema),
  ticket: ticketSchema,
});

export type TicketDocument = z.infer<typeof documentSchema>;
