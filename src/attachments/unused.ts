/**
 * Removes content that no ticket names any more: what was taken off every message, what a crash left
 * behind before any message had it, and what belonged to tickets that are gone.
 *
 * It stays for a while after that was first seen, as links to it may have been given out. Since when
 * it is unused is kept in a file beside them: one that is lost begins anew, and costs time only. So
 * do two processes that look at once, of which the later one has the word.
 */
import type { Log, TicketStore } from "../desk/ports.ts";
import type { After } from "../desk/timing.ts";
import type { Attachments } from "./attachments.ts";
import { Absent, type Place, whole } from "./place.ts";

interface UnusedParts {
  files: Pick<Attachments, "place" | "hashes" | "removeUnused" | "removeCopies">;
  store: Pick<TicketStore, "namesFile">;
  /** Asked before each look: whether no other store may need what is there. Else nothing is removed. */
  mayRemove(): Promise<boolean>;
  /** How long it stays; a day or more. */
  graceMs: number;
  log: Log;
  /** In ms since 1970. */
  now(): number;
  after: After;
}

export interface Unused {
  /** Looks now, and once a day from then on. */
  start(): void;
  /** Looks once; resolves when what is to be removed now is. Throws nothing. */
  look(): Promise<void>;
  /** Begins nothing more; resolves when what is under way is done. */
  stop(): Promise<void>;
}

const dayMs = 24 * 60 * 60_000;
const fileName = "unused.json";

export function createUnused(parts: UnusedParts): Unused {
  const { log, after } = parts;
  let isOver = false;
  let cancel: (() => void) | undefined;
  let looking: Promise<void> = Promise.resolve();
  const look = () => {
    looking = looking
      .then(() => removeUnused(parts, () => isOver))
      .catch((err: unknown) => {
        // What is under way ends as Deskhand stops.
        if (!isOver) log.error({ err }, "Unused attachments could not be looked for");
      });
    return looking;
  };
  const start = () => {
    cancel = after(dayMs, start);
    void look();
  };
  return {
    start,
    look,
    async stop() {
      isOver = true;
      cancel?.();
      await looking;
    },
  };
}

/** When each was first seen to be unused. */
type Seen = Map<string, string>;

async function removeUnused(parts: UnusedParts, isOver: () => boolean): Promise<void> {
  const { files, log, mayRemove } = parts;
  if (!(await mayRemove())) return;
  const before = await readSeen(files.place);
  const seen = await seenUnused(parts, before, isOver);
  if (!seen) return;
  const found = seen.size;
  for (const hash of [...seen.keys()])
    if (!isOver() && (await removeLong(parts, hash, seen))) seen.delete(hash);
  const removed = found - seen.size;
  if (removed > 0)
    log.info({ files: removed }, "Removed attachments that no ticket names any more");
  if (found + before.size > 0) await writeSeen(files.place, seen);
}

/** Undefined: it was over before all was looked at. */
async function seenUnused(
  { files, store, graceMs, now }: UnusedParts,
  before: Seen,
  isOver: () => boolean,
): Promise<Seen | undefined> {
  const seen: Seen = new Map();
  const since = new Date(now()).toISOString();
  for await (const { hash, copies } of files.hashes()) {
    if (isOver()) return undefined;
    if (!(await store.namesFile(hash))) seen.set(hash, before.get(hash) ?? since);
    else if (copies > 1) await files.removeCopies(hash, now() - graceMs);
  }
  return seen;
}

/** Removes one that has been unused for long; whether it did. */
async function removeLong(
  { files, store, graceMs, now }: UnusedParts,
  hash: string,
  seen: Seen,
): Promise<boolean> {
  const until = now() - graceMs;
  if (Date.parse(seen.get(hash) ?? "") > until) return false;
  return files.removeUnused(hash, until, async () => !(await store.namesFile(hash)));
}

async function readSeen(place: Place): Promise<Seen> {
  const text = await whole(place.read(fileName)).catch((error: unknown) => {
    if (error instanceof Absent) return "";
    throw error;
  });
  try {
    const kept: unknown = JSON.parse(text.toString());
    const entries: [string, unknown][] = Object.entries(Object(kept));
    return new Map(entries.flatMap(([hash, since]) => (isTime(since) ? [[hash, since]] : [])));
  } catch {
    return new Map();
  }
}

const isTime = (value: unknown): value is string =>
  typeof value === "string" && !Number.isNaN(Date.parse(value));

const writeSeen = (place: Place, seen: Seen): Promise<void> =>
  place.put(fileName, Buffer.from(`${JSON.stringify(Object.fromEntries(seen))}\n`));
