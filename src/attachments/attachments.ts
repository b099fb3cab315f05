/**
 * Files by what is in them, in a place that several processes may use at once.
 *
 * Each time a content is kept, it is written under a name of its own, unless there is a copy so young
 * that nobody would remove it for hours. What is unused is removed by name, and only what is old. So
 * whatever one process removes is never what another relies on, whatever either of them knew.
 */
import { createHash, webcrypto } from "node:crypto";
import { type AttachmentFolder, type Log, StoreError } from "../desk/ports.ts";
import { Absent, type Copy, copyOf, isHash, nameFor, type Place, whole } from "./place.ts";

interface Kept {
  /** SHA-256 of the content, in hex. */
  hash: string;
  sizeBytes: number;
}

interface OpenedAttachment {
  sizeBytes: number;
  /**
   * Nothing is opened before it is read, so it may be left unread. What turns out not to be what was
   * kept fails before its end.
   */
  content: ReadableStream<Uint8Array>;
}

/** What is not there, or not as it was kept, is undefined. */
export interface Attachments extends AttachmentFolder {
  /** Durable when it resolves. The same content is kept once. Throws `WRITE_FAILED`. */
  keep(content: Buffer): Promise<Kept>;
  /** Throws `READ_FAILED`. */
  read(hash: string): Promise<Buffer | undefined>;
  /** The same, for content that is passed on piece by piece. Throws `READ_FAILED`. */
  open(hash: string): Promise<OpenedAttachment | undefined>;
  readonly place: Place;
  /** Of all that is there, in no order, and in how many copies. Throws `READ_FAILED`. */
  hashes(): AsyncIterable<{ hash: string; copies: number }>;
  /**
   * Removes what was last kept at or before a time (ms since 1970) and is unused, as is asked after
   * it was seen to be old; whether nothing is left. That time must be some 12 hours ago, or more.
   * Throws a `StoreError`.
   */
  removeUnused(
    hash: string,
    keptUntilMs: number,
    isUnused: () => Promise<boolean>,
  ): Promise<boolean>;
  /** Likewise, of several copies, all that are old but the youngest. */
  removeCopies(hash: string, keptUntilMs: number): Promise<void>;
  /** What is under way fails, and all that comes later. */
  close(): void;
}

interface Parts {
  place: Place;
  log: Log;
  /** In ms since 1970. */
  now(): number;
}

/** Half of how long what is unused stays at least: what is younger is there for as long again. */
const reusedMs = 12 * 60 * 60_000;

export function createAttachments(parts: Parts): Attachments {
  const { place } = parts;
  const writing = new Map<string, Promise<void>>();
  return {
    place,
    close: () => place.close(),
    hashes: () => hashesIn(place),
    async keep(content) {
      const hash = await hashOf(content);
      const under =
        writing.get(hash) ?? write(parts, hash, content).finally(() => writing.delete(hash));
      writing.set(hash, under);
      await under;
      return { hash, sizeBytes: content.byteLength };
    },
    read: (hash) =>
      firstOf(parts, hash, async (copy) => {
        const content = await whole(place.read(copy.name));
        return (await hashOf(content)) === hash ? content : undefined;
      }),
    open: (hash) => firstOf(parts, hash, (copy) => opened(parts, copy)),
    removeUnused: (hash, keptUntilMs, isUnused) => removeUnused(place, hash, keptUntilMs, isUnused),
    async removeCopies(hash, keptUntilMs) {
      const [youngest, ...others] = await copiesIn(place, hash);
      if (!youngest || (place.isNear && (await measured(place, youngest)).hash !== hash)) return;
      for (const { name, keptMs } of others) if (keptMs <= keptUntilMs) await place.remove(name);
    },
  };
}

async function write({ place, now }: Parts, hash: string, content: Buffer): Promise<void> {
  // Whatever keeps it from being found keeps it from being written as well, or does not matter.
  const there = await young(place, now(), { hash, sizeBytes: content.byteLength }).catch(
    () => undefined,
  );
  await (there ? place.settle(there.name) : place.put(nameFor(hash, now()), content));
}

async function young(place: Place, nowMs: number, kept: Kept): Promise<Copy | undefined> {
  const [copy] = await copiesIn(place, kept.hash);
  if (!copy || copy.keptMs < nowMs - reusedMs) return undefined;
  const found = place.isNear ? await measured(place, copy) : { ...copy };
  return found.hash === kept.hash && found.sizeBytes === kept.sizeBytes ? copy : undefined;
}

/** The youngest first. */
async function copiesIn(place: Place, hash: string): Promise<Copy[]> {
  const copies: Copy[] = [];
  for await (const listed of place.list(hash)) {
    const copy = copyOf(listed);
    if (copy) copies.push(copy);
  }
  return copies.sort((one, other) => other.keptMs - one.keptMs);
}

/** How often copies may vanish between the look for them and their reading. */
const looks = 2;

/** What comes of the first copy that is as it was kept; `from` gives undefined for others. */
async function firstOf<T>(
  parts: Parts,
  hash: string,
  from: (copy: Copy) => Promise<T | undefined>,
): Promise<T | undefined> {
  if (!isHash(hash)) return undefined;
  for (let look = 1; look <= looks; look += 1) {
    const { found, isAbsent } = await firstNow(parts, hash, from);
    if (found !== undefined || !isAbsent) return found;
  }
  return undefined;
}

async function firstNow<T>(
  { place, log }: Parts,
  hash: string,
  from: (copy: Copy) => Promise<T | undefined>,
): Promise<{ found?: T; isAbsent: boolean }> {
  let isAbsent = false;
  for (const copy of await copiesIn(place, hash)) {
    const found = await from(copy).catch(absentIfSo);
    if (found instanceof Absent) isAbsent = true;
    else if (found !== undefined) return { found, isAbsent };
    else tellDamaged(log, place, copy.name);
  }
  return { isAbsent };
}

function absentIfSo(error: unknown): Absent {
  if (error instanceof Absent) return error;
  throw error;
}

/** Undefined: it is not what was kept. Of what is far, that shows only as it is read. */
async function opened(parts: Parts, copy: Copy): Promise<OpenedAttachment | undefined> {
  const { place } = parts;
  const found =
    copy.sizeBytes === undefined || place.isNear
      ? await measured(place, copy)
      : { hash: copy.hash, sizeBytes: copy.sizeBytes };
  if (found.hash !== copy.hash) return undefined;
  return { sizeBytes: found.sizeBytes, content: streamOf(checked(parts, copy)) };
}

/** The last piece is held back until all of it is known to be what was kept. */
async function* checked({ place, log }: Parts, copy: Copy): AsyncGenerator<Uint8Array, void> {
  const hash = createHash("sha256");
  let last: Uint8Array | undefined;
  for await (const piece of place.read(copy.name)) {
    if (last) yield last;
    last = piece;
    hash.update(piece);
  }
  if (hash.digest("hex") !== copy.hash) {
    tellDamaged(log, place, copy.name);
    throw new StoreError(
      "READ_FAILED",
      `The attachment ${copy.name} in ${place.title} is not what was kept. Put it back from a backup.`,
    );
  }
  if (last) yield last;
}

async function removeUnused(
  place: Place,
  hash: string,
  keptUntilMs: number,
  isUnused: () => Promise<boolean>,
): Promise<boolean> {
  const copies = await copiesIn(place, hash);
  const old = copies.filter(({ keptMs }) => keptMs <= keptUntilMs);
  if (old.length === 0 || !(await isUnused())) return false;
  for (const { name } of old) await place.remove(name);
  return old.length === copies.length;
}

async function* hashesIn(place: Place): AsyncGenerator<{ hash: string; copies: number }, void> {
  let last: { hash: string; copies: number } | undefined;
  for await (const listed of place.list("")) {
    const hash = copyOf(listed)?.hash;
    if (hash === undefined) continue;
    if (last?.hash === hash) {
      last.copies += 1;
      continue;
    }
    if (last) yield last;
    last = { hash, copies: 1 };
  }
  if (last) yield last;
}

/** Off the main thread: hashing the largest files takes a while. */
async function hashOf(content: Buffer): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest("SHA-256", content)).toString("hex");
}

async function measured(place: Place, { name }: Copy): Promise<Kept> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const piece of place.read(name)) {
    hash.update(piece);
    sizeBytes += piece.byteLength;
  }
  return { hash: hash.digest("hex"), sizeBytes };
}

function streamOf(pieces: AsyncGenerator<Uint8Array, void>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value } = await pieces.next();
        if (value) controller.enqueue(value);
        else controller.close();
      },
      async cancel() {
        await pieces.return();
      },
    },
    { highWaterMark: 0 },
  );
}

function tellDamaged(log: Log, place: Place, name: string): void {
  log.error(
    { place: place.title, name },
    "An attachment's file is not what was kept, and is not given out: put it back from a backup",
  );
}
