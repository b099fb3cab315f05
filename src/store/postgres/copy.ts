/**
 * Copies tickets and values from elsewhere into a database.
 *
 * From its first write until all is there and was found to be the same, a copy is marked as begun:
 * nothing else starts on the database meanwhile. So what differs is of an earlier try, and may be
 * overwritten; once the mark is gone, nothing is.
 */
import type { TicketDocument } from "../../desk/document.ts";
import { isSame } from "../../desk/draft.ts";
import { StoreError, type TicketStore } from "../../desk/ports.ts";
import { copyMark, openPostgresStore, type PostgresOptions } from "./open.ts";
import { rowOf } from "./rows.ts";

/** What is copied; nothing in it changes meanwhile. */
export interface CopySource {
  /** All of them, from the beginning each time. */
  documents(): AsyncIterable<{ document: TicketDocument } | { error: unknown }>;
  values: Readonly<Record<string, string>>;
}

export interface CopyOptions extends PostgresOptions {
  /** Told of each that was copied or was there, then of each that was compared. */
  onStep(): void;
}

export interface Copied {
  /** False: tickets were there that no unfinished copy had brought, and nothing was written. */
  mayWrite: boolean;
  /** How many are now there that were not. */
  copied: number;
  /** How many are there as they are in the source. */
  same: number;
  /** How many are there otherwise, or not at all. */
  differing: number;
  /** How many the source could not read. */
  unreadable: number;
  /** How many the database has beside those of the source. */
  others: number;
  /** Whether the database is as the source is, and may be worked on. */
  isDone: boolean;
}

/**
 * Nothing is written where tickets are that no unfinished copy has brought: they are only compared. Can
 * be done again, also when it was broken off. Throws a StoreError, and what the source throws.
 */
export async function copyInto(options: CopyOptions, source: CopySource): Promise<Copied> {
  const { mayWrite, copied } = await opened(options, (store) => copyAll(store, options, source));
  // Opened anew, so that what is compared comes from the database.
  return opened(options, async (store) => {
    const found = await compareAll(store, options, source);
    const isDone = found.differing + found.unreadable === 0 && (!mayWrite || found.others === 0);
    if (mayWrite && isDone) await store.setValue(copyMark, "");
    return { ...found, mayWrite, copied, isDone };
  });
}

async function opened<T>(
  options: PostgresOptions,
  work: (store: TicketStore) => Promise<T>,
): Promise<T> {
  const store = await openPostgresStore({ ...options, isCopy: true });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const totalOf = async (store: TicketStore): Promise<number> =>
  Object.values(await store.counts()).reduce((total, count) => total + count, 0);

async function copyAll(
  store: TicketStore,
  { connections, onStep }: CopyOptions,
  source: CopySource,
): Promise<{ mayWrite: boolean; copied: number }> {
  const isBegun = Boolean(await store.value(copyMark));
  if (!isBegun && (await totalOf(store)) > 0) return { mayWrite: false, copied: 0 };
  if (!isBegun) await store.setValue(copyMark, new Date().toISOString());
  let copied = 0;
  await atOnce(connections, source.documents(), async (each) => {
    if ("document" in each && (await put(store, each.document))) copied += 1;
    onStep();
  });
  for (const [name, value] of Object.entries(source.values)) await store.setValue(name, value);
  return { mayWrite: true, copied };
}

/** Whether it was not there. */
async function put(store: TicketStore, document: TicketDocument): Promise<boolean> {
  if ((await store.create(document)) === "created") return true;
  await store.change(document.ticket._id, (draft) => {
    Object.assign(draft, structuredClone(document));
  });
  return false;
}

async function compareAll(
  store: TicketStore,
  { connections, onStep }: CopyOptions,
  source: CopySource,
): Promise<Pick<Copied, "same" | "differing" | "unreadable" | "others">> {
  const found = { same: 0, differing: 0, unreadable: 0 };
  let missing = 0;
  await atOnce(connections, source.documents(), async (each) => {
    const now = "document" in each ? await comparedWith(store, each.document) : "unreadable";
    found[now === "missing" ? "differing" : now] += 1;
    if (now === "missing") missing += 1;
    onStep();
  });
  const others = (await totalOf(store)) - found.same - (found.differing - missing);
  return { ...found, others };
}

async function comparedWith(
  store: TicketStore,
  document: TicketDocument,
): Promise<"same" | "differing" | "missing"> {
  try {
    const there = await store.get(document.ticket._id);
    if (!there) return "missing";
    return isSame(rowOf(document, "").document, there) ? "same" : "differing";
  } catch (error) {
    if (error instanceof StoreError && error.code === "DAMAGED") return "differing";
    throw error;
  }
}

/** Does the work for each, for so many at a time. Throws what the first throws that fails. */
async function atOnce<T>(
  count: number,
  all: AsyncIterable<T>,
  work: (each: T) => Promise<void>,
): Promise<void> {
  const left = all[Symbol.asyncIterator]();
  const worker = async () => {
    for (let next = await left.next(); !next.done; next = await left.next()) await work(next.value);
  };
  const workers = Array.from({ length: count }, worker);
  try {
    await Promise.all(workers);
  } finally {
    await left.return?.();
    await Promise.allSettled(workers);
  }
}
