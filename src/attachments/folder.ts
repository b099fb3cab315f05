import { createHash, webcrypto } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { type AttachmentFolder, type Log, StoreError } from "../desk/ports.ts";
import { Serial } from "../desk/serial.ts";
import { replaceSynced, syncFolder } from "./durable.ts";

interface Kept {
  /** SHA-256 of the content, in hex. */
  hash: string;
  sizeBytes: number;
}

interface OpenedAttachment {
  sizeBytes: number;
  /** Nothing is opened before it is read, so it may be left unread. */
  content: ReadableStream<Uint8Array>;
}

/** Files by what is in them. What is not there, or not as it was kept, is undefined. */
export interface Attachments extends AttachmentFolder {
  /** Durable when it resolves. The same content is kept once. Throws `WRITE_FAILED`. */
  keep(content: Buffer): Promise<Kept>;
  /** Throws `READ_FAILED`. */
  read(hash: string): Promise<Buffer | undefined>;
  /** The same, for content that is passed on piece by piece. Throws `READ_FAILED`. */
  open(hash: string): Promise<OpenedAttachment | undefined>;
  /** Where all of it is. */
  readonly root: string;
  /** Of all that is there, in no order. Throws what the disk says. */
  hashes(): AsyncIterable<string>;
  /**
   * Removes what was last kept at or before a time (ms since 1970) and is unused, as is asked while
   * nobody can keep it; whether it did. Throws what the disk says.
   */
  removeUnused(
    hash: string,
    keptUntilMs: number,
    isUnused: () => Promise<boolean>,
  ): Promise<boolean>;
}

interface Options {
  /** The data folder, held by this process. */
  folder: string;
  log: Log;
  /** In ms since 1970. */
  now?: () => number;
}

const temporarySuffix = ".tmp";
const hashPattern = /^[0-9a-f]{64}$/;

/** Opens the folder `attachments` in the data folder, made when it is not there. */
export async function openAttachments({
  folder,
  log,
  now = Date.now,
}: Options): Promise<Attachments> {
  const root = join(folder, "attachments");
  await mkdir(root, { recursive: true, mode: 0o700 });
  await syncFolder(folder);
  await removeLeftovers(root);
  const serial = new Serial();
  const writing = new Map<string, Promise<void>>();
  const write = (hash: string, content: Buffer): Promise<void> =>
    serial.run(hash, () => keepIn(root, hash, content, now())).finally(() => writing.delete(hash));
  return {
    root,
    hashes: () => hashesIn(root),
    removeUnused: (hash, keptUntilMs, isUnused) =>
      serial.run(hash, async () => {
        const path = pathOf(root, hash);
        if (path === undefined || (await stat(path)).mtimeMs > keptUntilMs) return false;
        if (!(await isUnused())) return false;
        await rm(path, { force: true });
        return true;
      }),
    async keep(content) {
      const hash = await hashOf(content);
      const under = writing.get(hash) ?? write(hash, content);
      writing.set(hash, under);
      await under;
      return { hash, sizeBytes: content.byteLength };
    },
    async read(hash) {
      const path = pathOf(root, hash);
      const content = path === undefined ? undefined : await presently(path, readFile(path));
      if (!content || path === undefined) return undefined;
      return (await hashOf(content)) === hash ? content : damaged(log, path);
    },
    async open(hash) {
      const path = pathOf(root, hash);
      const found = path === undefined ? undefined : await presently(path, measured(path));
      if (!found || path === undefined) return undefined;
      const { sizeBytes } = found;
      if (found.hash !== hash) return damaged(log, path);
      return { sizeBytes, content: streamOf(chunksOf(path, sizeBytes)) };
    },
  };
}

/** What a crash left of writes under way. */
async function removeLeftovers(root: string): Promise<void> {
  for (const name of await readdir(root))
    if (name.endsWith(temporarySuffix)) await rm(join(root, name), { force: true });
}

/** Undefined for what is no hash: it may come from an address, and must not lead elsewhere. */
const pathOf = (root: string, hash: string): string | undefined =>
  hashPattern.test(hash) ? join(root, hash.slice(0, 2), hash) : undefined;

/** Off the main thread: hashing the largest files takes a while. */
async function hashOf(content: Buffer): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest("SHA-256", content)).toString("hex");
}

async function* hashesIn(root: string): AsyncGenerator<string, void> {
  for (const name of await readdir(root))
    if (/^[0-9a-f]{2}$/.test(name))
      yield* (await readdir(join(root, name))).filter((each) => hashPattern.test(each));
}

/** When it was last kept is the time of its file, also for what was there before. */
async function keepIn(root: string, hash: string, content: Buffer, now: number): Promise<void> {
  const folder = join(root, hash.slice(0, 2));
  const path = join(folder, hash);
  try {
    const there = await presently(path, measured(path));
    if (there?.hash !== hash) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await replaceSynced(path, join(root, `${hash}${temporarySuffix}`), content);
    }
    await utimes(path, now / 1_000, now / 1_000);
    // Also for what is there already: a crash may have come between its name and this.
    await syncFolder(folder);
    await syncFolder(root);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError(
      "WRITE_FAILED",
      `Could not keep an attachment in ${root}: ${reason}. It can be kept again later. Check that the disk has room and can be written.`,
      { cause },
    );
  }
}

/** What is read of a file; undefined when it is not there. Throws `READ_FAILED`. */
async function presently<T>(path: string, reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw unreadable(path, cause);
  }
}

async function measured(path: string): Promise<Kept> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const chunk of buffersOf(path)) {
    hash.update(chunk);
    sizeBytes += chunk.byteLength;
  }
  return { hash: hash.digest("hex"), sizeBytes };
}

const buffersOf = (path: string): AsyncIterable<Buffer> => createReadStream(path);

/** Throws `READ_FAILED`, also when the file was cut short since it was measured. */
async function* chunksOf(path: string, sizeBytes: number): AsyncGenerator<Buffer, void> {
  let left = sizeBytes;
  try {
    for await (const chunk of buffersOf(path)) {
      left -= chunk.byteLength;
      yield chunk;
    }
    if (left !== 0) throw new Error("its size changed while it was read");
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function streamOf(chunks: AsyncGenerator<Buffer, void>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value } = await chunks.next();
        if (value) controller.enqueue(value);
        else controller.close();
      },
      async cancel() {
        await chunks.return();
      },
    },
    { highWaterMark: 0 },
  );
}

function damaged(log: Log, path: string): undefined {
  log.error(
    { path },
    "An attachment's file is not what was kept, and is not given out: put it back from a backup",
  );
}

function unreadable(path: string, cause: unknown): StoreError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `The attachment ${path} cannot be read: ${reason}. Check the disk, and the rights on the folder.`;
  return new StoreError("READ_FAILED", message, { cause });
}
