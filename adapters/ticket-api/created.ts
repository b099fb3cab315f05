/** Looks for a ticket whose create was not answered, by the tag that it carries. */

import type { RemotePage } from "./answers.ts";
import type { ListParams, TicketApi } from "./client.ts";
import { TicketApiError, ticketApiErrors } from "./errors.ts";
import { clocksApartMs, nameOf } from "./references.ts";

/** Of a delivery's key: 31 characters, of the 50 that a tag may have. */
export const tagOf = (key: string): string => `deskhand-${nameOf(key)}`;

type Listing = Pick<TicketApi, "list">;
type Summary = RemotePage["tickets"][number];

const mostPerPage = 100;
/** 50,000 tickets since the create was tried: then it is not known. */
const mostPages = 500;
/** Some answer with larger pages than were asked for: what was seen is kept in memory. */
const mostSeen = 100_000;

/**
 * The id of the ticket with this tag, created no earlier than `sinceMs` (ms since 1970). A service
 * may not know the filter, and then answers with any tickets, or none: so all of the newest are
 * looked at. Throws a `TicketApiError`, also when the ticket is there and cannot be understood.
 */
export async function findByTag(
  api: Listing,
  tag: string,
  sinceMs: number,
): Promise<string | undefined> {
  const filtered = await pageOf(api, { tag });
  const found = filtered && taggedIn(filtered, tag);
  if (found !== undefined) return found;
  const oldestMs = sinceMs - clocksApartMs;
  for await (const page of newestFirst(api)) {
    const listed = taggedIn(page, tag);
    if (listed !== undefined) return listed;
    if (isPast(page.tickets, oldestMs)) return undefined;
  }
  return undefined;
}

/** Undefined: the service does not take such a filter. */
async function pageOf(api: Listing, params: ListParams): Promise<RemotePage | undefined> {
  try {
    return await api.list({ ...params, limit: mostPerPage });
  } catch (error) {
    if (error instanceof TicketApiError && error.code === "REFUSED") return undefined;
    throw error;
  }
}

function taggedIn({ tickets, unreadable }: RemotePage, tag: string): string | undefined {
  const broken = unreadable.find(({ tags }) => tags.includes(tag));
  if (broken) {
    const why = `${ticketApiErrors.UNREADABLE_TICKET} (GET ${broken.id}: ${broken.reason})`;
    throw new TicketApiError("UNREADABLE_TICKET", "none", why);
  }
  return tickets.find(({ tags }) => tags.includes(tag))?._id;
}

/** The pages of the list, from the end where the newest are, whichever that is. */
async function* newestFirst(api: Listing): AsyncIterable<RemotePage> {
  const first = await api.list({ page: 1, limit: mostPerPage });
  const { pages } = first.pagination;
  const isBackward = pages !== null && pages > 1 && isOldestFirst(first.tickets);
  if (isBackward) yield* backward(api, pages, first);
  else yield* forward(api, first);
}

async function* backward(api: Listing, pages: number, first: RemotePage) {
  for (let page = pages; page > 1 && pages - page < mostPages; page -= 1)
    yield reversed(await api.list({ page, limit: mostPerPage }));
  yield reversed(first);
}

const reversed = (page: RemotePage): RemotePage => ({
  ...page,
  tickets: page.tickets.toReversed(),
});

/** Until there is nothing more, or what was there comes again. */
async function* forward(api: Listing, first: RemotePage): AsyncIterable<RemotePage> {
  const seen = new Set<string>();
  let current = first;
  for (let page = 1; page <= mostPages && seen.size <= mostSeen; page += 1) {
    yield current;
    const fresh = current.tickets.filter(({ _id }) => !seen.has(_id));
    for (const { _id } of fresh) seen.add(_id);
    if (!current.more || (fresh.length === 0 && current.unreadable.length === 0)) return;
    current = await api.list({ page: page + 1, limit: mostPerPage });
  }
  throw new TicketApiError("UNEXPECTED_ANSWER", "none", "The list of tickets does not end");
}

type TimeOf = (ticket: Summary) => number;
const createdMs: TimeOf = ({ createdAt }) => Date.parse(createdAt);
const updatedMs: TimeOf = ({ updatedAt }) => Date.parse(updatedAt);

const isOldestFirst = (tickets: readonly Summary[]): boolean =>
  tickets.length > 1 && isNewestFirst(tickets.toReversed(), createdMs);

function isNewestFirst(tickets: readonly Summary[], timeOf: TimeOf): boolean {
  const times = tickets.map(timeOf);
  return times.every((time, index) => index === 0 || time <= (times[index - 1] ?? time));
}

/**
 * Whether what comes after these is older as well: it is where they stand in the order of a time, and
 * all are older by it. Nothing was changed before it was created.
 */
function isPast(tickets: readonly Summary[], oldestMs: number): boolean {
  const timeOf = [updatedMs, createdMs].find((each) => isNewestFirst(tickets, each));
  return (
    timeOf !== undefined &&
    tickets.length > 0 &&
    tickets.every((ticket) => timeOf(ticket) < oldestMs)
  );
}
