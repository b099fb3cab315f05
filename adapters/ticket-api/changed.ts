/** What has changed at a ticket service, as its list tells it. */
import type { RemotePage } from "./answers.ts";
import type { TicketApi } from "./client.ts";
import { TicketApiError } from "./errors.ts";

/** The tickets that were listed, by id, with when (ms since 1970, by the service) they changed. */
export interface Listed {
  updatedMs: ReadonlyMap<string, number>;
  /** Of tickets whose summary cannot be understood. */
  unreadable: readonly string[];
  /** The latest of the changes. */
  newestMs: number | undefined;
  /** All that changed since then is among them: the service knows `updatedSince`. */
  isComplete: boolean;
}

const mostPerPage = 100;
/** Of a list that goes back to the beginning of time, some of the newest have to do. */
const mostPages = 5;
/** A list that has more than this has no end. */
const mostPagesEver = 500;
/** Some answer with larger pages than were asked for: what is listed is kept in memory. */
const mostListed = 100_000;
const aSecondMs = 1_000;

/**
 * Lists what has changed since some time, in ms since 1970 by the service's own clock. Whether the
 * service knows `updatedSince` is told by what it answers: one that does lists nothing older.
 */
export function createLister(api: Pick<TicketApi, "list">) {
  const asking: Asking = { api, isRefused: false };
  return async (since: number | undefined): Promise<Listed> => {
    const sinceMs = since === undefined ? undefined : wholeSecond(since);
    const found: Found = { updatedMs: new Map(), unreadable: new Set() };
    for (let page = 1; page <= mostPagesEver; page += 1) {
      const hasMore = add(found, await pageOf(asking, page, sinceMs));
      const isComplete = !asking.isRefused && isAllSince(found.updatedMs, sinceMs);
      const isEnough = !isComplete && page >= mostPages;
      if (!hasMore || isEnough) return listedOf(found, isComplete);
    }
    throw new TicketApiError("UNEXPECTED_ANSWER", "none", endless);
  };
}

/** A service may keep whole seconds. */
const wholeSecond = (time: number): number => Math.floor(time / aSecondMs) * aSecondMs;

const endless = "The ticket service's list of tickets does not end";

interface Found {
  updatedMs: Map<string, number>;
  unreadable: Set<string>;
}

const sizeOf = ({ updatedMs, unreadable }: Found): number => updatedMs.size + unreadable.size;

const listedOf = ({ updatedMs, unreadable }: Found, isComplete: boolean): Listed => ({
  ...{ updatedMs, unreadable: [...unreadable], newestMs: newestOf(updatedMs), isComplete },
});

/**
 * Whether there is more: some services answer with the same page whichever is asked for. Throws when
 * it is more than can be.
 */
function add({ updatedMs, unreadable }: Found, page: RemotePage): boolean {
  const known = sizeOf({ updatedMs, unreadable });
  if (known > mostListed) throw new TicketApiError("UNEXPECTED_ANSWER", "none", endless);
  for (const { _id, updatedAt } of page.tickets) updatedMs.set(_id, Date.parse(updatedAt));
  for (const { id } of page.unreadable) if (id !== null) unreadable.add(id);
  return page.more && sizeOf({ updatedMs, unreadable }) > known;
}

interface Asking {
  api: Pick<TicketApi, "list">;
  /** The service does not take `updatedSince`. */
  isRefused: boolean;
}

async function pageOf(asking: Asking, page: number, sinceMs: number | undefined) {
  const plain = { page, limit: mostPerPage };
  if (asking.isRefused || sinceMs === undefined) return asking.api.list(plain);
  try {
    return await asking.api.list({ ...plain, updatedSince: sinceMs });
  } catch (error) {
    if (!(error instanceof TicketApiError) || error.code !== "REFUSED") throw error;
    const listed = await asking.api.list(plain);
    asking.isRefused = true;
    return listed;
  }
}

function isAllSince(updatedMs: ReadonlyMap<string, number>, sinceMs: number | undefined): boolean {
  return sinceMs !== undefined && [...updatedMs.values()].every((at) => at >= sinceMs);
}

function newestOf(updatedMs: ReadonlyMap<string, number>): number | undefined {
  let newest: number | undefined;
  for (const at of updatedMs.values()) if (newest === undefined || at > newest) newest = at;
  return newest;
}
