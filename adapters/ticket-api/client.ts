import type { Log, TicketFilter } from "../../src/desk/ports.ts";
import { limits } from "../../src/tickets/limits.ts";
import type { Entry, NewTicket, TicketChange } from "../../src/tickets/ticket.ts";
import { type RemotePage, type RemoteTicket, readPage, readTicket, ticketAt } from "./answers.ts";
import { type Checked, checkWith } from "./check.ts";
import { TicketApiError } from "./errors.ts";
import { type Appended, createReplies, type ReplyWay } from "./replies.ts";
import { entriesOf } from "./seen.ts";
import { createThreads, type Shown } from "./threads.ts";
import { Wire, type WireOptions } from "./wire.ts";

export interface TicketApiOptions extends WireOptions {
  replies: ReplyWay;
  log?: Pick<Log, "warn">;
}

interface WriteOptions {
  /** Sent along; a service without such keys ignores it. */
  idempotencyKey?: string;
}

interface CreateOptions extends WriteOptions {
  /**
   * Put after the ticket's own tags, so that the ticket can be found again; where it has as many as
   * there may be, the last gives way.
   */
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
  /** The ticket and its entries with their references; undefined where the service shows none. */
  read(id: string): Promise<{ ticket: RemoteTicket; entries: Shown["entries"] | undefined }>;
  list(params?: ListParams): Promise<RemotePage>;
  update(id: string, change: TicketChange, options?: WriteOptions): Promise<RemoteTicket>;
  /** The key goes along with `post-thread` only. */
  append(id: string, entry: Entry, options?: WriteOptions): Promise<Appended>;
  /** Gives an entry other words. Throws `NotRecorded` where that cannot be. */
  rewrite(id: string, ref: string, message: string): Promise<void>;
  /** Resolves once it is not there, to whether it was. Throws `NotRecorded` where that cannot be. */
  remove(id: string, ref: string): Promise<boolean>;
  /** Lists one ticket, and says in words what is wrong. */
  check(): Promise<Checked>;
  /** Ends the calls under way, which fail with `CLOSED`, as later ones do: those that were sent may have taken effect. */
  close(): Promise<void>;
}

const tickets = "/v2/support-tickets";

/** Throws a `TypeError` when the URL is not http(s), or the token cannot go into a header. */
export function createTicketApi({ replies: way, log, ...options }: TicketApiOptions): TicketApi {
  const wire = new Wire(options);
  const threads = createThreads(wire, log);
  const replies = createReplies(wire, threads, way);
  const api: TicketApi = {
    create: (ticket, { tag, idempotencyKey } = {}) =>
      wire.send(
        { method: "POST", path: tickets, body: creation(ticket, tag), idempotencyKey },
        readTicket,
      ),
    get: async (id) => wire.send({ method: "GET", path: pathOf(id) }, ticketAt(pathOf(id))),
    async read(id) {
      const shown = await threads.read(pathOf(id));
      return { ticket: shown.ticket, entries: entriesOf(shown) };
    },
    list: (params = {}) => list(wire, params),
    update: async (id, change, { idempotencyKey } = {}) =>
      wire.send(
        { method: "PUT", path: pathOf(id), body: change, idempotencyKey },
        ticketAt(pathOf(id)),
      ),
    append: async (id, entry, { idempotencyKey } = {}) =>
      replies.append(pathOf(id), entry, idempotencyKey),
    rewrite: async (id, ref, message) => replies.rewrite(pathOf(id), ref, message),
    remove: async (id, ref) => replies.remove(pathOf(id), ref),
    check: () => checkWith(() => api.list({ limit: 1 })),
    close: async () => {
      await wire.close();
    },
  };
  return api;
}

async function list(wire: Wire, params: ListParams): Promise<RemotePage> {
  const path = `${tickets}${queryOf(params)}`;
  const page = await wire.send({ method: "GET", path }, readPage(params));
  const told = page.unreadable.map((each) => ({ ...each, reason: wire.tell(each.reason) }));
  return { ...page, unreadable: told };
}

function creation(
  { title, description, priority, category, tags, attachments }: NewTicket,
  tag?: string,
) {
  const own = tags.filter((each) => each !== tag);
  const all = tag === undefined ? tags : [...own.slice(0, limits.tags - 1), tag];
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
