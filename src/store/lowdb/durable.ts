import { type FileHandle, mkdir, open, readFile, rename, rm } from "node:fs/promises";
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
      const sync = this.#handle?.sync() ?? Promise.resolve();
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
  process.platform === "win32" ? undefined : open(path);

async function syncParents(path: string, top: string): Promise<void> {
  const parent = dirname(path);
  const handle = await openFolder(parent);
  try {
    await handle?.sync();
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

/** A JSON file that lowdb writes through: whole or not at all, and durable when it resolves. */
export class DurableFile<T> implements Adapter<T> {
  readonly #folder: DurableFolder;
  readonly #path: string;

  constructor(folder: DurableFolder, name: string) {
    this.#folder = folder;
    this.#path = join(folder.path, name);
  }

  /** Throws what `readFile` throws; a SyntaxError when the file is no JSON. */
  async read(): Promise<T> {
    return JSON.parse(await readFile(this.#path, "utf8"));
  }

  /** Throws what the disk says, with nothing changed, or NotSynced. */
  async write(data: T): Promise<void> {
    writes += 1;
    const temporary = `${this.#path}.${writes}${temporarySuffix}`;
    try {
      await writeSynced(temporary, `${JSON.stringify(data, null, 2)}\n`);
      await rename(temporary, this.#path);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
    await this.#folder.sync().catch((cause: unknown) => {
      throw notSynced(this.#folder.path, cause);
    });
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    // Goes on after a short write, as a filling disk gives them; write-file-atomic does not.
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
