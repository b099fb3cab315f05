import type { TicketFilter } from "../../src/desk/ports.ts";
import type { Entry, NewTicket, TicketChange } from "../../src/tickets/ticket.ts";
import { type RemotePage, type RemoteTicket, readPage, readTicket } from "./answers.ts";
import { type Checked, checkWith } from "./check.ts";
import { TicketApiError } from "./errors.ts";
import { type Appended, appendEntry, type ReplyWay } from "./replies.ts";
import { Wire, type WireOptions } from "./wire.ts";

export interface TicketApiOptions extends WireOptions {
  replies: ReplyWay;
}

interface WriteOptions {
  /** Sent along; a service without such keys ignores it. */
  idempotencyKey?: string;
}

interface CreateOptions extends WriteOptions {
  /** Put after the ticket's own tags, so that the ticket can be found again. */
  tag?: string;
}

/** `updatedSince` in ms, `page` from 1. A service ignores the filters that it does not know. */
export interface ListParams extends TicketFilter {
  page?: number;
  limit?: number;
  countByStatus?: boolean;
}

/** A remote ticket service. What fails throws a `TicketApiError`; nothing is sent twice, but reads. */
export interface TicketApi {
  create(ticket: NewTicket, options?: CreateOptions): Promise<RemoteTicket>;
  get(id: string): Promise<RemoteTicket>;
  list(params?: ListParams): Promise<RemotePage>;
  update(id: string, change: TicketChange, options?: WriteOptions): Promise<RemoteTicket>;
  /** The key goes along with `post-thread` only. */
  append(id: string, entry: Entry, options?: WriteOptions): Promise<Appended>;
  /** Lists one ticket, and says in words what is wrong. */
  check(): Promise<Checked>;
  /** Waits for the calls under way; later ones fail with `CLOSED`. */
  close(): Promise<void>;
}

const tickets = "/v2/support-tickets";

/** Throws a `TypeError` when the URL is not http(s), or the token cannot go into a header. */
export function createTicketApi({ replies, ...options }: TicketApiOptions): TicketApi {
  const wire = new Wire(options);
  const api: TicketApi = {
    create: (ticket, { tag, idempotencyKey } = {}) =>
      wire.send(
        { method: "POST", path: tickets, body: creation(ticket, tag), idempotencyKey },
        readTicket,
      ),
    get: async (id) => wire.send({ method: "GET", path: pathOf(id) }, readTicket),
    list: async (params = {}) => {
      const path = `${tickets}${queryOf(params)}`;
      const page = await wire.send({ method: "GET", path }, readPage(params));
      const unreadable = page.unreadable.map(({ id, reason }) => ({
        id,
        reason: wire.tell(reason),
      }));
      return { ...page, unreadable };
    },
    update: async (id, change, { idempotencyKey } = {}) =>
      wire.send({ method: "PUT", path: pathOf(id), body: change, idempotencyKey }, readTicket),
    append: async (id, entry, { idempotencyKey } = {}) =>
      appendEntry(wire, replies, pathOf(id), entry, idempotencyKey),
    check: () => checkWith(() => api.list({ limit: 1 })),
    close: async () => {
      await wire.close();
    },
  };
  return api;
}

function creation(
  { title, description, priority, category, tags, attachments }: NewTicket,
  tag?: string,
) {
  const all = tag === undefined || tags.includes(tag) ? tags : [...tags, tag];
  return { title, description, priority, category, tags: all, attachments };
}

/** Segments that a URL gives another meaning, and so cannot be an id. */
const noIds: ReadonlySet<string> = new Set(["", ".", ".."]);

function pathOf(id: string): string {
  if (noIds.has(id)) throw new TicketApiError("NOT_FOUND", "none", `No ticket has the id "${id}"`);
  return `${tickets}/${encodeURIComponent(id.toWellFormed())}`;
}

function queryOf({ updatedSince, ...params }: ListParams): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) query.set(name, String(value));
  if (updatedSince !== undefined) query.set("updatedSince", new Date(updatedSince).toISOString());
  return query.size > 0 ? `?${query}` : "";
}
