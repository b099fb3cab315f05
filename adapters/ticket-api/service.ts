/** A remote ticket service as a place where tickets live, too. */
import type { ServiceTicket, TicketService } from "../../src/desk/service.ts";
import type { TicketChange } from "../../src/tickets/ticket.ts";
import type { RemoteTicket } from "./answers.ts";
import type { TicketApi } from "./client.ts";
import { findByTag, tagOf } from "./created.ts";
import { TicketApiError } from "./errors.ts";
import { failureOf } from "./failures.ts";
import { NotRecorded } from "./not-recorded.ts";
import { nameOf, refOfSent, refsOf } from "./references.ts";
import type { SeenEntry } from "./seen.ts";

/** What places in the ticket service have as their platform. */
const platform = "ticket service";

type Api = Pick<
  TicketApi,
  "create" | "read" | "get" | "list" | "update" | "append" | "rewrite" | "remove"
>;

/**
 * Every call may throw a `TicketApiError` or `NotRecorded`; `failureOf` tells them apart. Keys go
 * along as idempotency keys, where a service knows such.
 */
export function createTicketService(api: Api): TicketService {
  const read = async (id: string) => asServiceTicket(await api.read(id));
  return {
    platform,
    async create(ticket, key) {
      const tag = tagOf(key);
      const created = await api.create(ticket, { tag, idempotencyKey: tag });
      const refs = refsOf(created.threads);
      const entries = created.threads.map((entry, index) => ({ ref: refs[index] ?? "", entry }));
      // A ticket that was just created has one at least, where they are shown.
      return asServiceTicket({ ticket: created, entries: refs.length > 0 ? entries : undefined });
    },
    async findCreated(key, sinceMs) {
      const id = await findByTag(api, tagOf(key), sinceMs);
      return id === undefined ? undefined : read(id);
    },
    async append(id, entry, key) {
      const appended = await api.append(id, entry, { idempotencyKey: nameOf(key) });
      if (!appended.recorded) throw new NotRecorded(appended.reason);
      return appended.ref;
    },
    async findAppended(id, entry, _key, others) {
      const { ticket, entries } = await api.read(id);
      if (!entries) throw new NotRecorded("threads-not-shown");
      return refOfSent(ticket.threads, { entry, self: ticket.client, others });
    },
    rewrite: (id, ref, message) => api.rewrite(id, ref, message),
    remove: (id, ref) => api.remove(id, ref),
    change: (id, change) => changeFields(api, id, change),
    read,
    failureOf,
  };
}

function asServiceTicket({
  ticket,
  entries,
}: {
  ticket: RemoteTicket;
  entries: readonly Pick<SeenEntry, "ref" | "entry">[] | undefined;
}): ServiceTicket {
  const { _id: id, status, priority, assignedTo, resolution, updatedAt } = ticket;
  return {
    ...{ id, fields: { status, priority, assignedTo, resolution }, updatedAt },
    entries: entries?.map(({ ref, entry: { type, author, message, timestamp } }) => ({
      ...{ ref, type, author, message, timestamp },
    })),
  };
}

/** A service may take a change, and leave a field as it was: that is no success. */
async function changeFields(api: Api, id: string, change: TicketChange): Promise<void> {
  const answered = await updated(api, id, change);
  if ("ticket" in answered && unchangedIn(answered.ticket, change).length === 0) return;
  const unchanged = unchangedIn(await api.get(id), change);
  if (unchanged.length === 0) return;
  // A page of a proxy's comes with 200 as well, and then the service was not asked.
  if ("error" in answered && answered.error.effect === "unknown") throw answered.error;
  throw new NotRecorded("not-kept", unchanged.join(", "));
}

/** The error is one that comes with a success: the answer does not tell of the ticket. */
async function updated(
  api: Api,
  id: string,
  change: TicketChange,
): Promise<{ ticket: RemoteTicket } | { error: TicketApiError }> {
  try {
    return { ticket: await api.update(id, change) };
  } catch (error) {
    const isAnswered =
      error instanceof TicketApiError && error.effect !== "none" && isSuccess(error.status);
    if (isAnswered) return { error };
    throw error;
  }
}

const isSuccess = (status: number | undefined): boolean =>
  status !== undefined && status >= 200 && status < 300;

/** The fields that are not as they were to be. */
const unchangedIn = (ticket: RemoteTicket, change: TicketChange): string[] =>
  Object.entries({ ...change }).flatMap(([field, wanted]) => {
    const is = Object.entries(ticket).find(([name]) => name === field)?.[1];
    return sameValue(is, wanted) ? [] : [field];
  });

const sameValue = (one: unknown, other: unknown): boolean =>
  JSON.stringify(trimmed(one)) === JSON.stringify(trimmed(other));

const trimmed = (value: unknown): unknown => (typeof value === "string" ? value.trim() : value);
