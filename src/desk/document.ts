import { z } from "zod";
import { ticketSchema } from "../tickets/ticket.ts";
import { richTextSchema } from "./text.ts";
import { upgrades } from "./upgrades.ts";

/** A thread on some platform where a ticket is visible. Only its adapter reads `thread`. */
export interface ThreadRef {
  platform: string;
  thread: string;
}

const time = z.iso.datetime();

const personSchema = z.strictObject({
  id: z.string().min(1),
  name: z.string().min(1),
  picture: z.string().min(1).exactOptional(),
});

const placeSchema = z.strictObject({
  id: z.string().regex(/^p\d+$/),
  /** `service`: no thread, but a ticket service elsewhere, in which the ticket lives, too. */
  side: z.enum(["requester", "agents", "service"]),
  platform: z.string().min(1),
  /** Where its thread is, or is to be opened. */
  where: z.string().min(1),
  /** Null: it is still to be opened. In a service: the ticket's id there. */
  thread: z.string().min(1).nullable(),
  /** How many threads it has lost: one that is gone is followed by another. */
  opened: z.int().min(0),
  /**
   * The message that shows the card, and a digest of what it shows. In a service: the ticket's id
   * there, and its fields as we last knew them there.
   */
  card: z.string().min(1).nullable(),
  shown: z.string().min(1).nullable(),
  /**
   * All that was written there until then has been read, whether or not it was told of as well. In a
   * service: when it was last changed there, by its clock, as far as was read.
   */
  readTo: time.nullable(),
});

export type Place = z.infer<typeof placeSchema>;

const fileSchema = z.strictObject({
  file: z.string().min(1),
  platform: z.string().min(1),
  name: z.string().min(1),
  sizeBytes: z.int().min(0),
  type: z.string().min(1),
  /** `offered`: still to be fetched. */
  state: z.enum(["offered", "kept", "refused", "removed"]),
  /** Of its content, once it is kept. */
  hash: z.string().min(1).nullable(),
});

export type MessageFile = z.infer<typeof fileSchema>;

const copySchema = z.strictObject({
  place: z.string(),
  /**
   * The messages that a text became, in order, with the revision of it that they show; 0: it is to be
   * removed, or may have been. `said`: a digest of its words, in a ticket service; of all that it may
   * say by now, with blanks between, while it is not known whether an edit of it got there.
   */
  parts: z.array(
    z.strictObject({
      message: z.string().min(1),
      revision: z.int().min(0),
      said: z.string().min(1).exactOptional(),
    }),
  ),
  /** The messages that its files became, by their place in `files`. */
  files: z.array(z.strictObject({ file: z.int().min(0), message: z.string().min(1) })),
  /** All of it is there as it is wanted now. */
  done: z.boolean(),
});

export type Copy = z.infer<typeof copySchema>;

const messageSchema = z.strictObject({
  /** `notice`: Deskhand says it. */
  kind: z.enum(["reply", "note", "notice"]),
  audience: z.enum(["everyone", "requester", "agents"]),
  /** Who speaks; of a notice, who it is about. */
  side: z.enum(["requester", "agents"]),
  by: personSchema,
  at: time,
  /** Its place in the ticket's `threads`; null for what is no entry. */
  entry: z.int().min(0).nullable(),
  /** Null: the entry's words say all of it. */
  text: richTextSchema.nullable(),
  /** Raised whenever the text changes. */
  revision: z.int().min(1),
  deleted: z.boolean(),
  /** When it was edited last, by its platform's clock, where that tells. */
  editedAt: time.exactOptional(),
  /** What it came from: nothing else with this name becomes a message of this ticket. */
  from: z
    .strictObject({
      /** The place that has it already; null when it was written elsewhere. */
      place: z.string().nullable(),
      platform: z.string().min(1),
      message: z.string().min(1),
    })
    .nullable(),
  files: z.array(fileSchema),
  copies: z.array(copySchema),
  /** How it fares, as its writer is shown; `unknown`: any of the marks may be there. */
  marked: z.enum(["sending", "delivered", "failed", "unknown"]).nullable(),
  /** Of a notice: the delivery that failed, while it may be tried again. */
  retry: z.string().min(1).nullable(),
});

export type Message = z.infer<typeof messageSchema>;

const troubleSchema = z.strictObject({
  delivery: z.string().min(1),
  since: time,
  attempts: z.int().min(1),
  /** Not before this is it tried again. */
  dueAt: time,
  /** It is not tried again unless someone asks for it. */
  dead: z.boolean(),
  reason: z.string().min(1),
});

export type Trouble = z.infer<typeof troubleSchema>;

const begun = { place: z.string(), key: z.string().min(1) };

/** What it says to the letter, where it can be found by that only. */
const said = { words: z.string().min(1).exactOptional() };

/** What a delivery makes: a thread, a message of a text, or one of a file. */
const underwaySchema = z.discriminatedUnion("makes", [
  z.strictObject({ makes: z.literal("thread"), ...begun, digest: z.string().min(1) }),
  z.strictObject({
    makes: z.literal("text"),
    ...begun,
    ...said,
    message: z.int().min(0),
    revision: z.int().min(1),
  }),
  z.strictObject({
    makes: z.literal("file"),
    ...begun,
    ...said,
    message: z.int().min(0),
    file: z.int().min(0),
  }),
]);

export type Underway = z.infer<typeof underwaySchema>;

const auditSchema = z.strictObject({
  at: time,
  by: z.string().min(1),
  /** `status`, `priority`, `assignedTo`, `deleted`, … */
  what: z.string().min(1),
  from: z.string().nullable(),
  to: z.string().nullable(),
});

export type Audit = z.infer<typeof auditSchema>;

/**
 * The answer once given to a write that carried an Idempotency-Key, kept as what has changed
 * since: `before` holds the ticket's fields as they were then, where they differ now, and
 * `entries` how many entries there were.
 */
const answerSchema = z.strictObject({
  key: z.string().min(1),
  /** Of the request, so that the same key with another request is told apart. */
  hash: z.string().min(1),
  at: time,
  before: z.partialRecord(ticketSchema.keyof(), z.unknown()),
  /** Null: the answer is no longer kept, only that it was given; the ticket as it is now is told. */
  entries: z.int().min(1).nullable(),
});

export type Answer = z.infer<typeof answerSchema>;

/** The version of the document's shape; older ones are upgraded when they are read. */
export const currentSchema = 3;

/** Everything about one ticket, in one document: it changes in one write, or not at all. */
export const documentSchema = z.strictObject({
  schema: z.literal(currentSchema),
  /** For people: short and unique, `T-4F7K2M`. */
  reference: z.string().regex(/^T-[0-9A-HJKMNP-TV-Z]{6}$/),
  /** What created it, once: no two tickets have the same. */
  creationKey: z.string().min(1).nullable(),
  /** As they were when they opened it. */
  requester: personSchema,
  /** Who is on it, with their name; the ticket's `assignedTo` has their id. */
  assignee: personSchema.nullable(),
  places: z.array(placeSchema),
  /** Every entry, note and notice, in the order in which they came. */
  messages: z.array(messageSchema),
  /** Of messages that were deleted before they were heard of: they are not to be taken in. */
  unwanted: z.array(z.string().min(1)),
  /** Some place has not got all that it is meant to have, and nothing has been given up. */
  owes: z.boolean(),
  troubles: z.array(troubleSchema),
  /** What is being made now, or may have been: unless it is being made, it is looked for. */
  underway: z.array(underwaySchema),
  audit: z.array(auditSchema),
  answers: z.array(answerSchema),
  ticket: ticketSchema,
});

export type TicketDocument = z.infer<typeof documentSchema>;

/** A document was written by a newer version of Deskhand: it is whole, but not for us to read. */
export class NewerSchema extends Error {
  override readonly name = "NewerSchema";
}

const versioned = z.looseObject({ schema: z.int().min(0) });

/** Reads a stored document of any version up to ours. Throws NewerSchema or what zod throws. */
export function readDocument(stored: unknown): TicketDocument {
  let document = versioned.parse(stored);
  if (document.schema > currentSchema)
    throw new NewerSchema(`It has schema ${document.schema}; this version knows ${currentSchema}`);
  while (document.schema < currentSchema) {
    const upgrade = upgrades[document.schema];
    if (!upgrade) throw new Error(`No way is known to upgrade schema ${document.schema}`);
    document = { ...upgrade(document), schema: document.schema + 1 };
  }
  return documentSchema.parse(document);
}
