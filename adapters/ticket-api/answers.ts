import { z } from "zod";
import { limits } from "../../src/tickets/limits.ts";
import { categories, entryTypes, priorities, statuses } from "../../src/tickets/ticket.ts";
import type { Read } from "./wire.ts";

const mostTold = 40;

function told(input: unknown): string {
  const text = JSON.stringify(input) ?? "nothing";
  return text.length <= mostTold ? text : `${text.slice(0, mostTold).toWellFormed()}…`;
}

/** One of a fixed set; anything else is a fault that names what came. */
const known = <const T extends readonly [string, ...string[]]>(options: T) =>
  z.enum(options, {
    error: ({ input }) => `${told(input)} is not one of ${options.join(", ")}`,
  });

const orNull = <T extends z.ZodType>(schema: T) => schema.nullish().transform((it) => it ?? null);

/** ISO 8601 with or without milliseconds, in any offset; told in UTC, with milliseconds. */
const time = z.iso
  .datetime({ offset: true })
  .transform((at) => new Date(at).toISOString())
  .refine((at) => !/^[+-]/.test(at), { error: "it is no year of four digits" });

/** An id, or the object that it stands for. */
const reference = z.union([z.string(), z.object({ _id: z.string() }).transform(({ _id }) => _id)]);

const entrySchema = z.object({
  author: orNull(reference).catch(null),
  message: z
    .string()
    .nullish()
    .transform((text) => text ?? ""),
  timestamp: orNull(time).catch(null),
  type: z.enum(entryTypes).catch("system"),
});

const attachmentSchema = z.object({
  filename: orNull(z.string()).catch(null),
  url: orNull(z.string()).catch(null),
  size: orNull(z.number()).catch(null),
  type: orNull(z.string()).catch(null),
});

const listOf = <T extends z.ZodType>(schema: T) =>
  z
    .array(schema)
    .nullish()
    .transform((list) => list ?? []);

/** It is kept in our documents, and in memory of every ticket that is listed. */
const idSchema = z.string().min(1).max(limits.idLength);

const ticketSchema = z.object({
  _id: idSchema,
  title: z.string(),
  description: z.string(),
  status: known(statuses),
  priority: known(priorities),
  category: known(categories),
  client: orNull(reference),
  assignedTo: orNull(reference),
  threads: listOf(entrySchema),
  attachments: listOf(attachmentSchema),
  tags: listOf(z.string()),
  resolution: orNull(z.string()),
  createdAt: time,
  updatedAt: time,
  resolvedAt: orNull(time),
});

const summarySchema = ticketSchema.omit({
  threads: true,
  attachments: true,
  resolution: true,
  resolvedAt: true,
});

/**
 * A ticket as a remote service shows it: the contract's keys in the contract's order, with what
 * was left out as null or []. What Deskhand promises of its own tickets (lengths, times in order,
 * a resolution where it is resolved) need not hold.
 */
export type RemoteTicket = z.output<typeof ticketSchema>;
export type RemoteEntry = RemoteTicket["threads"][number];
type RemoteSummary = z.output<typeof summarySchema>;

/** A ticket that cannot be understood, and why. */
interface Unreadable {
  id: string | null;
  tags: string[];
  reason: string;
}

export interface RemotePage {
  tickets: RemoteSummary[];
  unreadable: Unreadable[];
  /** Null is what the service does not tell. */
  pagination: { page: number; limit: number | null; total: number | null; pages: number | null };
  /** Whether to ask for another page; true until an empty one, where the service tells no number. */
  more: boolean;
  counts: z.output<typeof countsSchema> | null;
}

const envelopeSchema = z.object({
  success: z
    .unknown()
    .optional()
    .refine((success) => success !== false, { error: "it is false" }),
  data: z.looseObject({ _id: z.string().min(1) }),
});

/** The ticket of `{success, data: Ticket}`. */
export function readTicket(body: unknown): Read<RemoteTicket> {
  const found = readWithThreads(body);
  return "fault" in found ? found : { value: found.value.ticket };
}

/** A ticket, with its `threads` also as they came; undefined when the answer shows none. */
export interface WithThreads {
  ticket: RemoteTicket;
  threads: unknown[] | undefined;
  /** A strong one, of the ticket as it was shown. */
  etag: string | undefined;
}

/** The same of the ticket at this path, which ends with its id: what is told of another is no answer. */
export const threadsAt =
  (path: string) =>
  (body: unknown, etag?: string): Read<WithThreads> => {
    const found = readWithThreads(body, etag);
    if ("fault" in found) return found;
    const { _id } = found.value.ticket;
    return path.endsWith(`/${encodeURIComponent(_id.toWellFormed())}`)
      ? found
      : { fault: "UNEXPECTED_ANSWER", reason: "it is about another ticket" };
  };

/** Likewise, without its threads as they came. */
export const ticketAt =
  (path: string) =>
  (body: unknown): Read<RemoteTicket> => {
    const found = threadsAt(path)(body);
    return "fault" in found ? found : { value: found.value.ticket };
  };

function readWithThreads(body: unknown, etag?: string): Read<WithThreads> {
  const envelope = envelopeSchema.safeParse(body);
  if (!envelope.success) return { fault: "UNEXPECTED_ANSWER", reason: reasonOf(envelope.error) };
  const { data } = envelope.data;
  const ticket = ticketSchema.safeParse(data);
  if (!ticket.success) return { fault: "UNREADABLE_TICKET", reason: reasonOf(ticket.error) };
  const shown = data.threads === null ? [] : data.threads;
  const threads = Array.isArray(shown) ? shown : undefined;
  return { value: { ticket: ticket.data, threads, etag } };
}

const count = orNull(z.int().min(0)).catch(null);
const countsSchema = z.partialRecord(z.enum(statuses), z.int().min(0));

const pageSchema = z.object({
  success: envelopeSchema.shape.success,
  data: z.array(z.unknown()),
  pagination: z
    .object({ page: count, limit: count, total: count, pages: count })
    .catch({ page: null, limit: null, total: null, pages: null }),
  counts: orNull(countsSchema).catch(null),
});

/** The page of `{success, data: TicketSummary[], pagination, counts?}`. */
export const readPage =
  (asked: { page?: number; limit?: number }) =>
  (body: unknown): Read<RemotePage> => {
    const parsed = pageSchema.safeParse(body);
    if (!parsed.success) return { fault: "UNEXPECTED_ANSWER", reason: reasonOf(parsed.error) };
    const { data, counts, pagination } = parsed.data;
    const { total } = pagination;
    const page = pagination.page ?? asked.page ?? 1;
    const limit = pagination.limit ?? asked.limit ?? null;
    const pages = pagination.pages ?? (total !== null && limit ? Math.ceil(total / limit) : null);
    const more = pages === null ? data.length > 0 : page < pages;
    return { value: { ...sorted(data), pagination: { page, limit, total, pages }, more, counts } };
  };

const nameSchema = z
  .object({ _id: idSchema.nullable().catch(null), tags: z.array(z.string()).catch([]) })
  .catch({ _id: null, tags: [] });

function sorted(items: unknown[]): Pick<RemotePage, "tickets" | "unreadable"> {
  const tickets: RemoteSummary[] = [];
  const unreadable: Unreadable[] = [];
  for (const item of items) {
    const summary = summarySchema.safeParse(item);
    if (summary.success) tickets.push(summary.data);
    else {
      const { _id: id, tags } = nameSchema.parse(item);
      unreadable.push({ id, tags, reason: reasonOf(summary.error) });
    }
  }
  return { tickets, unreadable };
}

function reasonOf(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue ? `${issue.path.join(".") || "the answer"}: ${issue.message}` : error.message;
}
