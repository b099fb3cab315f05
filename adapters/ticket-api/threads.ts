/** Changes a ticket's entries where the whole list of them has to be written: `put-threads`. */
import type { Log } from "../../src/desk/ports.ts";
import { Serial } from "../../src/desk/serial.ts";
import { type RemoteTicket, threadsAt, type WithThreads } from "./answers.ts";
import { TicketApiError } from "./errors.ts";
import { NotRecorded } from "./not-recorded.ts";
import { entriesOf, type SeenEntry, type Watch, Watches } from "./seen.ts";
import type { Wire } from "./wire.ts";

/** What a ticket shows. */
export interface Shown {
  ticket: RemoteTicket;
  entries: readonly SeenEntry[];
}

/** What is still to be written, or that nothing is. Called again with what is there afterwards. */
export type Edit<T> = (shown: Shown) => { write: unknown[] } | { done: T };

interface Change<T> {
  edit: Edit<T>;
  /** The reference of an entry that is to be gone afterwards. */
  drops?: string;
}

export interface Threads {
  /** Reads a ticket. */
  read(path: string): Promise<WithThreads>;
  /**
   * Reads, writes and reads again, until the change is there and all that others had written is as
   * well. Of one ticket, one change at a time. Throws a `TicketApiError`, or `NotRecorded`.
   */
  change<T>(path: string, change: Change<T>): Promise<T>;
}

/** Where others write all the time, someone else gets a turn as well. */
const mostWrites = 4;
const mostConflicts = 8;
/** The service took it so often, and nothing of the entries was different. */
const mostUnkept = 2;

/**
 * Between our read and our write, another may write as well. A service with ETags refuses our write
 * then. Without them, what they have added is lost, unless it was seen meanwhile: that is put back.
 *
 * Some give ETags and take every write. So what is missing is put back with the ETag from before our
 * own write: where that is refused, it was not we who lost it, and who took it off wanted that.
 */
export function createThreads(wire: Wire, log: Pick<Log, "warn"> | undefined): Threads {
  const watches = new Watches();
  const serial = new Serial();
  const read = (path: string) => wire.send({ method: "GET", path }, threadsAt(path));
  return {
    read: (path) => watches.reading(path, () => read(path)),
    change: (path, change) =>
      serial.run(path, () =>
        watches.during(path, async (watch) => {
          const { result, lost } = await settled({ wire, path, read, watch }, change);
          if (lost > 0) log?.warn({ path, lost }, "Messages of others were lost at the service");
          return result;
        }),
      ),
  };
}

interface At {
  wire: Wire;
  path: string;
  read: (path: string) => Promise<WithThreads>;
  watch: Watch;
}

/** `lost`: how many entries of others are missing, and are not kept when they are put back. */
interface Settled<T> {
  result: T;
  lost: number;
}

async function settled<T>(at: At, change: Change<T>): Promise<Settled<T>> {
  const tally: Tally = { writes: 0, conflicts: 0, unkept: 0, before: undefined, isGuarded: false };
  for (;;) {
    const { shown, etag } = await look(at, tally.writes > 0);
    const missing = missingFrom(at.watch, shown, tally);
    if (change.drops !== undefined) at.watch.forget(change.drops);
    if (tally.before && isSame(tally.before, shown)) tally.unkept += 1;
    const next = nextOf(change.edit(shown), shown, missing, tally);
    if ("result" in next) return next;
    const ifMatch = missing.length > 0 ? etagBefore(tally, etag) : etag;
    count(tally, await write(at, next.write, ifMatch), { ...shown, etag });
  }
}

/** What is to be written, or how it ends. Throws that it cannot be done. */
function nextOf<T>(
  wanted: ReturnType<Edit<T>>,
  shown: Shown,
  missing: readonly SeenEntry[],
  tally: Tally,
): Settled<T> | { write: unknown[] } {
  const isDone = "done" in wanted;
  if (isDone && (missing.length === 0 || isOver(tally)))
    return { result: wanted.done, lost: missing.length };
  if (isOver(tally)) throw endOf(tally);
  const threads = isDone ? shown.entries.map(({ raw }) => raw) : wanted.write;
  return { write: withBack(threads, shown, missing) };
}

interface Tally {
  writes: number;
  /** Writes that were refused, as the ticket had changed. */
  conflicts: number;
  /** Writes after which the entries were as before. */
  unkept: number;
  /** What was there before the last write. */
  before: (Shown & { etag: string | undefined }) | undefined;
  /** The service refuses what was written for another state. */
  isGuarded: boolean;
}

function count(tally: Tally, isWritten: boolean, shown: NonNullable<Tally["before"]>): void {
  if (isWritten) tally.before = shown;
  else tally.isGuarded = true;
  tally[isWritten ? "writes" : "conflicts"] += 1;
}

const isOver = ({ writes, conflicts, unkept }: Tally): boolean =>
  writes === mostWrites || conflicts === mostConflicts || unkept === mostUnkept;

const endOf = ({ unkept }: Tally): Error =>
  unkept === mostUnkept ? new NotRecorded("not-kept") : tooBusy();

const tooBusy = () =>
  new TicketApiError("CHANGED", "none", "The ticket changes at the service all the time");

/** After a write: when this fails, the change may be there. */
async function look({ path, read }: At, isAfterWrite: boolean) {
  const ticket = await (isAfterWrite ? unsure(() => read(path)) : read(path));
  const entries = entriesOf(ticket);
  if (!entries) throw new NotRecorded("threads-not-shown");
  return { shown: { ticket: ticket.ticket, entries }, etag: ticket.etag };
}

/** Says of what fails that something may have been done all the same. */
export async function unsure<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TicketApiError)) throw error;
    const { code, message } = error;
    throw new TicketApiError(code, "unknown", message, error);
  }
}

/** What others had written, and we may have lost. */
function missingFrom(watch: Watch, { entries }: Shown, { writes, isGuarded }: Tally): SeenEntry[] {
  if (writes === 0) watch.beginWith(entries);
  const missing = watch.missingFrom(entries);
  watch.saw(entries);
  return isGuarded ? [] : missing;
}

/** A service that asks for ETags refuses this one. */
const etagBefore = ({ before }: Tally, etag: string | undefined): string | undefined =>
  before?.etag ?? etag;

const isSame = (one: Shown, other: Shown): boolean => sayingsOf(one) === sayingsOf(other);
const sayingsOf = ({ entries }: Shown): string =>
  JSON.stringify(entries.map(({ ref, entry }) => [ref, entry.message]));

/** False: the ticket is no longer as it was read. What its answer says is not asked: it is read. */
async function write({ wire, path }: At, threads: unknown[], ifMatch: string | undefined) {
  try {
    const call = { method: "PUT", path, body: { threads }, ifMatch } as const;
    await wire.send(call, () => ({ value: undefined }));
    return true;
  } catch (error) {
    if (!(error instanceof TicketApiError)) throw error;
    if (error.effect === "done") return true;
    if (error.code === "CHANGED") return false;
    throw error;
  }
}

/** Puts what is missing before what was said later. */
function withBack(threads: unknown[], { entries }: Shown, missing: readonly SeenEntry[]) {
  const back = [...threads];
  for (const { entry, raw } of missing) {
    const isLater = (each: SeenEntry) =>
      Date.parse(each.entry.timestamp ?? "") > Date.parse(entry.timestamp ?? "");
    const later = entries.find(isLater);
    const place = later ? back.indexOf(later.raw) : -1;
    back.splice(place < 0 ? back.length : place, 0, raw);
  }
  return back;
}
