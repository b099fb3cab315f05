import {
  closeSync,
  fstatSync,
  fsync,
  open,
  openSync,
  read,
  rename,
  type Stats,
  write,
} from "node:fs";
import { type FileHandle, mkdir, open as openHandle, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Adapter } from "lowdb";

/** What a write under way is called; found at start, it is what a crash left of one. */
export const temporarySuffix = ".tmp";

/**
 * A folder whose names can be made durable. On ext4 a renamed file survives a power cut only once
 * its folder is synced, too. Writers that wait at the same time share one sync.
 */
export class DurableFolder {
  readonly path: string;
  readonly #handle: FileHandle | undefined;
  #current: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #failed = false;

  private constructor(path: string, handle: FileHandle | undefined) {
    this.path = path;
    this.#handle = handle;
  }

  /** Opens the folder; made, durably, when it is not there. */
  static async open(path: string): Promise<DurableFolder> {
    const firstMade = await mkdir(path, { recursive: true, mode: 0o700 });
    if (firstMade) await syncParents(resolve(path), dirname(resolve(firstMade)));
    return new DurableFolder(path, await openFolder(path));
  }

  /** Resolves when every rename that was done before this call is durable. */
  sync(): Promise<void> {
    this.#next ??= this.#current.then(() => {
      this.#next = undefined;
      const sync = this.#handle ? synced(this.#handle.fd) : Promise.resolve();
      this.#current = sync.then(
        () => {
          this.#failed = false;
        },
        () => {
          this.#failed = true;
        },
      );
      return sync;
    });
    return this.#next;
  }

  /**
   * Resolves when every name that is in the folder is durable: at once, but for those of a sync
   * that failed, which is then made up for.
   */
  settle(): Promise<void> {
    return this.#failed ? this.sync() : Promise.resolve();
  }

  async close(): Promise<void> {
    await this.#current;
    await this.#handle?.close();
  }
}

/** Windows opens no folders, and its file system needs no sync of one. */
const openFolder = async (path: string): Promise<FileHandle | undefined> =>
  process.platform === "win32" ? undefined : openHandle(path);

async function syncParents(path: string, top: string): Promise<void> {
  const parent = dirname(path);
  const handle = await openFolder(parent);
  try {
    if (handle) await synced(handle.fd);
  } finally {
    await handle?.close();
  }
  if (parent !== top && parent !== path) await syncParents(parent, top);
}

/** The new content is in place, but its folder could not be synced. */
export class NotSynced extends Error {
  override readonly name = "NotSynced";
}

export const notSynced = (path: string, cause: unknown): NotSynced =>
  new NotSynced(`The folder ${path} could not be synced`, { cause });

let writes = 0;

const usualBytes = 4_096;

/**
 * Tells one state of a file from another: a file that was replaced has another inode, one that was
 * edited in place another time, and nearly always another size.
 */
export type FileStamp = [sizeBytes: number, inode: number, modifiedMs: number];

export const stampOf = ({ size, ino, mtimeMs }: Stats): FileStamp => [size, ino, mtimeMs];

/** JSON for people to read, too. */
export const readableText = (data: unknown): string => JSON.stringify(data, null, 2);

/** What stands in a file. */
export const bytesOf = (data: unknown): Buffer => Buffer.from(`${readableText(data)}\n`);

/** How a JSON file is read and written. */
interface FileOptions<T> {
  /** Of such a size, the file is read at once; of any other, all the same. */
  expectedBytes?: number | undefined;
  /** The same as the usual ones, in a way that suits the data. */
  bytesOf?: (data: T) => Buffer;
}

/** A JSON file that lowdb writes through: whole or not at all, and durable when it resolves. */
export class DurableFile<T> implements Adapter<T> {
  readonly #folder: DurableFolder;
  readonly #path: string;
  readonly #expectedBytes: number;
  readonly #bytesOf: (data: T) => Buffer;
  #stamp: FileStamp | undefined;

  constructor(
    folder: DurableFolder,
    name: string,
    { expectedBytes = usualBytes, bytesOf: own = bytesOf }: FileOptions<T> = {},
  ) {
    this.#folder = folder;
    this.#expectedBytes = expectedBytes;
    this.#bytesOf = own;
    this.#path = join(folder.path, name);
  }

  /** Throws what the disk says, and a SyntaxError when the file is no JSON. */
  async read(): Promise<T> {
    return JSON.parse(await readText(this.#path, this.#expectedBytes));
  }

  /** Of the file as it was last written. */
  get stamp(): FileStamp | undefined {
    return this.#stamp;
  }

  /** Throws what the disk says, with nothing changed, or NotSynced. */
  async write(data: T): Promise<void> {
    writes += 1;
    const temporary = `${this.#path}.${writes}${temporarySuffix}`;
    try {
      this.#stamp = await writeSynced(temporary, this.#bytesOf(data));
      await renamed(temporary, this.#path);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
    await this.#folder.sync().catch((cause: unknown) => {
      throw notSynced(this.#folder.path, cause);
    });
  }
}

async function readText(path: string, expectedBytes: number): Promise<string> {
  // The kernel knows the name from the start, so this does not wait for the disk, as reading may.
  const fd = openSync(path, "r");
  try {
    // With a byte to spare, the end of the file shows in the first read.
    let bytes = Buffer.allocUnsafe(expectedBytes + 1);
    let at = 0;
    for (let count = -1; count !== 0; at += count) {
      if (at === bytes.length) bytes = Buffer.concat([bytes], bytes.length * 2);
      count = await readInto(fd, bytes, at);
      if (at + count < bytes.length) return bytes.toString("utf8", 0, at + count);
    }
    return bytes.toString("utf8", 0, at);
  } finally {
    closeSync(fd);
  }
}

async function writeSynced(path: string, bytes: Buffer): Promise<FileStamp> {
  const fd = await opened(path);
  try {
    await writeAll(fd, bytes);
    await synced(fd);
    return stampOf(fstatSync(fd));
  } finally {
    // There is nothing left to write, so neither this nor the line above waits for the disk.
    closeSync(fd);
  }
}

/** Goes on after a short write, as a filling disk gives them; write-file-atomic does not. */
async function writeAll(fd: number, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += await written(fd, bytes, at);
}

// Node's callbacks, as promises: a write takes about a third less CPU than through a FileHandle.

type Callback<T> = (error: NodeJS.ErrnoException | null, value: T) => void;

const promised = <T>(start: (callback: Callback<T>) => void): Promise<T> =>
  new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value)));
  });

const opened = (path: string) => promised<number>((callback) => open(path, "w", 0o600, callback));

const readInto = (fd: number, bytes: Buffer, at: number) =>
  promised<number>((callback) => read(fd, bytes, at, bytes.length - at, at, callback));

const written = (fd: number, bytes: Buffer, at: number) =>
  promised<number>((callback) => write(fd, bytes, at, bytes.length - at, at, callback));

const synced = (fd: number) =>
  promised<void>((callback) => fsync(fd, (error) => callback(error, undefined)));

const renamed = (from: string, to: string) =>
  promised<void>((callback) => rename(from, to, (error) => callback(error, undefined)));
