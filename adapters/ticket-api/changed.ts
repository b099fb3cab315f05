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
const aSecondMs = 1_000;

/**
 * Lists what has changed since some time, in ms since 1970 by the service's own clock. Whether the
 * service knows `updatedSince` is told by what it answers: one that does lists nothing older.
 */
export function createLister(api: Pick<TicketApi, "list">) {
  const asking: Asking = { api, isRefused: false };
  return async (since: number | undefined): Promise<Listed> => {
    // A service may keep whole seconds.
    const sinceMs = since === undefined ? undefined : Math.floor(since / aSecondMs) * aSecondMs;
    const updatedMs = new Map<string, number>();
    const unreadable = new Set<string>();
    for (let page = 1; ; page += 1) {
      const known = updatedMs.size + unreadable.size;
      const listed = await pageOf(asking, page, sinceMs);
      for (const ticket of listed.tickets) updatedMs.set(ticket._id, Date.parse(ticket.updatedAt));
      for (const id of idsOf(listed)) unreadable.add(id);
      const isComplete = !asking.isRefused && isAllSince(updatedMs, sinceMs);
      // Some services answer with the same page whichever is asked for.
      const isNew = updatedMs.size + unreadable.size > known;
      if (!listed.more || !isNew || (!isComplete && page >= mostPages))
        return {
          updatedMs,
          unreadable: [...unreadable],
          newestMs: newestOf(updatedMs),
          isComplete,
        };
    }
  };
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

const idsOf = ({ unreadable }: RemotePage): string[] =>
  unreadable.flatMap(({ id }) => (id === null ? [] : [id]));

function isAllSince(updatedMs: ReadonlyMap<string, number>, sinceMs: number | undefined): boolean {
  return sinceMs !== undefined && [...updatedMs.values()].every((at) => at >= sinceMs);
}

function newestOf(updatedMs: ReadonlyMap<string, number>): number | undefined {
  let newest: number | undefined;
  for (const at of updatedMs.values()) if (newest === undefined || at > newest) newest = at;
  return newest;
}
