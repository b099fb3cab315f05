/**
 * Copies tickets into a store, for `deskhand migrate` and `deskhand import`.
 *
 * From its first write until all is there and was found to be the same, a copy is marked as begun:
 * nothing else starts on the store meanwhile, so what differs is of an earlier try.
 */
import type { TicketDocument } from "./document.ts";
import { isSame } from "./draft.ts";
import { StoreError, type TicketStore } from "./ports.ts";

export type CopiedBy = "migrate" | "import";

/** Where to. Nobody else works on it while it is open. */
export interface CopyTarget {
  /** Opens it also where a copy was begun and not finished. Throws a StoreError, and what the disk says. */
  open(): Promise<TicketStore>;
  /** What has begun a copy into it that is not finished. */
  begunBy(store: TicketStore): Promise<CopiedBy | undefined>;
  /** Durable when it resolves: from now on, nothing but a copy starts on it. */
  begin(store: TicketStore, by: CopiedBy): Promise<void>;
  /** From now on it may be worked on. */
  finish(store: TicketStore): Promise<void>;
  /** A document as this store gives it back. */
  asKept(document: TicketDocument): TicketDocument;
  /** How many tickets are worked on at a time. */
  atOnce: number;
}

/** What is copied; nothing in it changes meanwhile. */
export interface CopySource {
  /** All of them, from the beginning each time. */
  documents(): AsyncIterable<{ document: TicketDocument } | { error: unknown }>;
  values: Readonly<Record<string, string>>;
  /** How many may be tickets, but were put aside and are not among the documents. */
  setAside: number;
  /** Told once all is there and the same, before anything may start on the target. */
  onMoved(): Promise<void>;
}

export interface Compared {
  /** How many are there as they are in the source. */
  same: number;
  /** How many are there otherwise, or not at all. */
  differing: number;
  /** How many the source could not read. */
  unreadable: number;
  /** How many the target has beside those of the source. */
  others: number;
}

export interface Copied extends Compared {
  /** False: tickets were there that no unfinished copy had brought, and nothing was written. */
  mayWrite: boolean;
  /** How many are now there that were not. */
  copied: number;
  /** As of the source. */
  setAside: number;
  /** Whether the target is as the source is, and may be worked on. */
  isDone: boolean;
}

/**
 * Makes an empty target what the source is. Nothing is written where tickets are that no unfinished
 * copy has brought: they are only compared. Can be done again, also when it was broken off. `onStep` is
 * told of each that was copied or was there, then of each that was compared. Throws a StoreError, and
 * what the source throws.
 */
export async function copyInto(
  target: CopyTarget,
  source: CopySource,
  onStep: () => void,
): Promise<Copied> {
  const { mayWrite, copied } = await onTarget(target, (store) =>
    copyAll(target, store, source, onStep),
  );
  // Opened anew, so that what is compared comes from where it is kept.
  return onTarget(target, async (store) => {
    const found = await compareAll(target, store, source.documents(), onStep);
    const { setAside } = source;
    const isWhole = found.differing + found.unreadable + setAside === 0;
    const isDone = isWhole && (!mayWrite || found.others === 0);
    if (isDone) await source.onMoved();
    if (mayWrite && isDone) await target.finish(store);
    return { ...found, mayWrite, copied, setAside, isDone };
  });
}

/** Does the work on the opened target, and closes it. */
export async function onTarget<T>(
  target: CopyTarget,
  work: (store: TicketStore) => Promise<T>,
): Promise<T> {
  const store = await target.open();
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Throws `UNFINISHED` where a copy of the other kind is under way: it has other tickets. */
export async function assertNotBegunBy(
  target: CopyTarget,
  store: TicketStore,
  other: CopiedBy,
): Promise<void> {
  if ((await target.begunBy(store)) !== other) return;
  throw new StoreError(
    "UNFINISHED",
    `Nothing was changed: deskhand ${other} was begun there and not finished, and tickets of both would be mixed. Run deskhand ${other} again until it says that all is there, or begin again where there are no tickets.`,
  );
}

/** How many tickets there are. */
export const totalOf = async (store: TicketStore): Promise<number> =>
  Object.values(await store.counts()).reduce((total, count) => total + count, 0);

async function copyAll(
  target: CopyTarget,
  store: TicketStore,
  source: CopySource,
  onStep: () => void,
): Promise<{ mayWrite: boolean; copied: number }> {
  await assertNotBegunBy(target, store, "import");
  const isBegun = (await target.begunBy(store)) !== undefined;
  if (!isBegun && (await totalOf(store)) > 0) return { mayWrite: false, copied: 0 };
  if (!isBegun) await target.begin(store, "migrate");
  let copied = 0;
  await atOnce(target.atOnce, source.documents(), async (each) => {
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

/** Compares all of a source with what is there. Throws a StoreError, and what the source throws. */
export async function compareAll(
  target: CopyTarget,
  store: TicketStore,
  documents: AsyncIterable<{ document: TicketDocument } | { error: unknown }>,
  onStep: () => void,
): Promise<Compared> {
  const found = { same: 0, differing: 0, unreadable: 0 };
  let missing = 0;
  await atOnce(target.atOnce, documents, async (each) => {
    const now =
      "document" in each ? await comparedWith(target, store, each.document) : "unreadable";
    found[now === "missing" ? "differing" : now] += 1;
    if (now === "missing") missing += 1;
    onStep();
  });
  const others = (await totalOf(store)) - found.same - (found.differing - missing);
  return { ...found, others };
}

/** How a document stands to what is there under its id. Throws `READ_FAILED`. */
export async function comparedWith(
  target: CopyTarget,
  store: TicketStore,
  document: TicketDocument,
): Promise<"same" | "differing" | "missing"> {
  try {
    const there = await store.get(document.ticket._id);
    if (!there) return "missing";
    return isSame(target.asKept(document), there) ? "same" : "differing";
  } catch (error) {
    if (error instanceof StoreError && error.code === "DAMAGED") return "differing";
    throw error;
  }
}

/** Does the work for each, for so many at a time. Throws what the first throws that fails. */
export async function atOnce<T>(
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
