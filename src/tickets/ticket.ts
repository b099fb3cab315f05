import { z } from "zod";
import type { ErrorCode } from "./errors.ts";
import { limits } from "./limits.ts";

export const statuses = ["open", "pending", "in_progress", "resolved", "closed"] as const;
export const priorities = ["low", "medium", "high", "urgent"] as const;
export const categories = [
  "technical",
  "billing",
  "account",
  "feature_request",
  "general",
] as const;
export const entryTypes = ["user", "agent", "system"] as const;

export type Status = (typeof statuses)[number];
export type Priority = (typeof priorities)[number];
export type Category = (typeof categories)[number];
export type EntryType = (typeof entryTypes)[number];

interface FieldCodes {
  /** Missing, null, or blank after trimming; without it these are invalid like any other. */
  required?: ErrorCode;
  invalid: ErrorCode;
}

const codeFor = (codes: FieldCodes) => (issue: { input?: unknown }) =>
  (issue.input === undefined || issue.input === null) && codes.required
    ? codes.required
    : codes.invalid;

/** What is no text (lone surrogates, NUL) becomes U+FFFD, as in every store's UTF-8 it must. */
const asText = (value: string) => value.toWellFormed().replaceAll("\0", "\uFFFD");

const isBlank = (value: string) => value.trim() === "";
const codePoints = (value: string) => {
  let count = 0;
  for (const _ of value) count += 1;
  return count;
};

function text(maxLength: number, codes: FieldCodes, normalise = asText) {
  return z
    .string({ error: codeFor(codes) })
    .overwrite(normalise)
    .refine((value) => !isBlank(value), { error: codes.required ?? codes.invalid, abort: true })
    .refine((value) => value.length <= maxLength || codePoints(value) <= maxLength, {
      error: codes.invalid,
    })
    .meta({ minLength: 1, maxLength });
}

const trimmed = (maxLength: number, codes: FieldCodes) =>
  text(maxLength, codes, (value) => asText(value).trim());

const choice = <const T extends readonly [string, ...string[]]>(options: T, codes: FieldCodes) =>
  z.enum(options, {
    error: (issue) =>
      typeof issue.input === "string" && isBlank(issue.input) && codes.required
        ? codes.required
        : codeFor(codes)(issue),
  });

const id = (codes: FieldCodes) => text(limits.idLength, codes);

/** ISO 8601 in UTC, with or without milliseconds. */
const time = z.iso.datetime();

const attachmentSchema = z
  .strictObject(
    {
      filename: trimmed(limits.filenameLength, { invalid: "INVALID_ATTACHMENTS" }),
      url: z
        .url({ protocol: /^https?$/, error: "INVALID_ATTACHMENTS" })
        .max(limits.urlLength, { error: "INVALID_ATTACHMENTS" }),
      size: z.int({ error: "INVALID_ATTACHMENTS" }).min(0, { error: "INVALID_ATTACHMENTS" }),
      type: z
        .string({ error: "INVALID_ATTACHMENTS" })
        .max(limits.mimeTypeLength, { error: "INVALID_ATTACHMENTS" })
        .regex(/^[\w.+-]+\/[\w.+-]+(?:\s*;[\x20-\x7e]*)?$/, { error: "INVALID_ATTACHMENTS" }),
    },
    { error: "INVALID_ATTACHMENTS" },
  )
  .meta({ id: "Attachment" });

/**
 * The ticket's fields as a person may give them. The keys stand in the order of the contract's
 * table, which is the order in which wrong fields are told.
 */
const fields = {
  title: trimmed(limits.titleLength, { required: "TITLE_REQUIRED", invalid: "INVALID_TITLE" }),
  description: text(limits.descriptionLength, {
    required: "DESCRIPTION_REQUIRED",
    invalid: "INVALID_DESCRIPTION",
  }),
  status: choice(statuses, { invalid: "INVALID_STATUS" }),
  priority: choice(priorities, { required: "PRIORITY_REQUIRED", invalid: "INVALID_PRIORITY" }),
  category: choice(categories, { required: "CATEGORY_REQUIRED", invalid: "INVALID_CATEGORY" }),
  assignedTo: id({ invalid: "INVALID_ASSIGNEE" }).nullable(),
  attachments: z
    .array(attachmentSchema, { error: "INVALID_ATTACHMENTS" })
    .max(limits.attachments, { error: "INVALID_ATTACHMENTS" }),
  tags: z
    .array(trimmed(limits.tagLength, { invalid: "INVALID_TAGS" }), { error: "INVALID_TAGS" })
    .overwrite((tags) => [...new Set(tags)])
    .refine((tags) => tags.length <= limits.tags, { error: "INVALID_TAGS" })
    .meta({ maxItems: limits.tags, uniqueItems: true }),
  resolution: text(limits.resolutionLength, { invalid: "INVALID_RESOLUTION" }).nullable(),
} as const;

const strictly = {
  error: (issue: { code?: string }) =>
    issue.code === "unrecognized_keys" ? "UNKNOWN_FIELD" : "INVALID_JSON",
} as const;

/** What a create takes: the ticket form, in the order its fields are shown. */
export const newTicketSchema = z
  .strictObject(
    {
      title: fields.title,
      description: fields.description,
      priority: fields.priority,
      category: fields.category,
      attachments: fields.attachments.default([]),
      tags: fields.tags.default([]),
    },
    strictly,
  )
  .meta({ id: "NewSupportTicket" });

export type NewTicket = z.output<typeof newTicketSchema>;

/** What an update takes: only the fields given change. */
export const ticketChangeSchema = z
  .strictObject(
    {
      title: fields.title.exactOptional(),
      description: fields.description.exactOptional(),
      status: fields.status.exactOptional(),
      priority: fields.priority.exactOptional(),
      category: fields.category.exactOptional(),
      assignedTo: fields.assignedTo.exactOptional(),
      tags: fields.tags.exactOptional(),
      resolution: fields.resolution.exactOptional(),
    },
    strictly,
  )
  .meta({ id: "SupportTicketChange" });

export type TicketChange = z.output<typeof ticketChangeSchema>;

/** What a reply takes; its author, and the type when left out, follow from who is asking. */
export const newEntrySchema = z
  .strictObject(
    {
      message: text(limits.messageLength, {
        required: "MESSAGE_REQUIRED",
        invalid: "INVALID_MESSAGE",
      }),
      type: choice(entryTypes, { invalid: "INVALID_TYPE" }).exactOptional(),
    },
    strictly,
  )
  .meta({ id: "NewEntry" });

export type NewEntry = z.output<typeof newEntrySchema>;

const entrySchema = z
  .strictObject({
    author: id({ invalid: "INVALID_JSON" }),
    message: z.string().min(1),
    timestamp: time,
    type: z.enum(entryTypes),
  })
  .meta({ id: "Entry" });

export type Entry = z.infer<typeof entrySchema>;

/** A ticket as the API shows it, in the order of the contract's table. */
export const ticketSchema = z
  .strictObject({
    _id: id({ invalid: "INVALID_JSON" }),
    title: fields.title,
    description: fields.description,
    status: fields.status,
    priority: fields.priority,
    category: fields.category,
    client: id({ invalid: "INVALID_JSON" }),
    assignedTo: fields.assignedTo,
    threads: z.array(entrySchema),
    attachments: fields.attachments,
    tags: fields.tags,
    resolution: fields.resolution,
    createdAt: time,
    updatedAt: time,
    resolvedAt: time.nullable(),
  })
  .superRefine((ticket, context) => {
    for (const message of contradictions(ticket)) context.addIssue({ code: "custom", message });
  })
  .meta({ id: "SupportTicket" });

export type Ticket = z.infer<typeof ticketSchema>;
export type TicketId = Ticket["_id"];

/** What holds between the fields of one ticket; empty when all of it does. */
function contradictions(ticket: {
  status: Status;
  threads: Entry[];
  resolution: string | null;
  createdAt: string;
  updatedAt: string;
  resolvedAt: string | null;
}): string[] {
  const found: string[] = [];
  const mayBeResolved = ticket.status === "resolved" || ticket.status === "closed";
  if (ticket.status === "resolved" && ticket.resolvedAt === null)
    found.push("resolvedAt is missing");
  if (ticket.resolvedAt !== null && !mayBeResolved)
    found.push("resolvedAt is set while not resolved");
  if (ticket.resolvedAt !== null && ticket.resolution === null) found.push("resolution is missing");
  const told = [
    ticket.createdAt,
    ...ticket.threads.map((entry) => entry.timestamp),
    ticket.updatedAt,
  ];
  if (!isInOrder(told)) found.push("times run backwards");
  if (ticket.resolvedAt && !isInOrder([ticket.createdAt, ticket.resolvedAt, ticket.updatedAt]))
    found.push("resolvedAt is outside of the ticket's time");
  return found;
}

const isInOrder = (times: string[]) => {
  let last = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    const at = Date.parse(time);
    if (at < last) return false;
    last = at;
  }
  return true;
};

/** A ticket as a list shows it. */
export const ticketSummarySchema = z
  .strictObject(ticketSchema.shape)
  .omit({ threads: true, attachments: true, resolution: true, resolvedAt: true })
  .meta({ id: "SupportTicketSummary" });

export type TicketSummary = z.infer<typeof ticketSummarySchema>;

export function summaryOf(ticket: Ticket): TicketSummary {
  const { threads, attachments, resolution, resolvedAt, ...summary } = ticket;
  return summary;
}
