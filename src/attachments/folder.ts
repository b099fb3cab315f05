/** A folder of attachments: in the data folder, or one that several processes share. */
import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { StoreError } from "../desk/ports.ts";
import { replaceSynced, syncFolder } from "./durable.ts";
import { Absent, type Place } from "./place.ts";

/** The folder as it is; nothing is made of it. */
export function folderPlace(root: string): Place {
  return {
    title: root,
    isNear: true,
    read: (name) => piecesOf(root, name),
    list: (start) => namesIn(root, start),
    put: (name, content) =>
      writing(root, "keep an attachment in", async () => {
        const folder = folderOf(root, name);
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await replaceSynced(join(folder, name), temporaryIn(root), content);
        await syncNames(root, folder);
      }),
    settle: (name) =>
      writing(root, "keep an attachment in", () => syncNames(root, folderOf(root, name))),
    remove: (name) =>
      writing(root, "remove an attachment from", () =>
        rm(join(folderOf(root, name), name), { force: true }),
      ),
    close: () => undefined,
  };
}

interface Options {
  /** Others may be writing there: only what has long been there can be what a crash left. */
  isShared: boolean;
}

/** Removes what crashes left of writes under way. Throws what the disk says. */
export async function removeLeftovers(root: string, { isShared }: Options): Promise<void> {
  for (const name of await readdir(root)) {
    const path = join(root, name);
    if (name.endsWith(temporarySuffix) && (!isShared || (await isOld(path))))
      await rm(path, { force: true });
  }
}

const dayMs = 24 * 60 * 60_000;

/** By the disk's own clock, as far as there are several. */
async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && found.mtimeMs < Date.now() - dayMs;
}

const temporarySuffix = ".tmp";

/** A name of its own for each write: others may be writing the same. */
const temporaryIn = (root: string): string =>
  join(root, `${randomBytes(16).toString("hex")}${temporarySuffix}`);

/** Contents are spread over 256 folders. */
const spread = /^[0-9a-f]{64}/;

const folderOf = (root: string, name: string): string =>
  spread.test(name) ? join(root, name.slice(0, 2)) : root;

async function syncNames(root: string, folder: string): Promise<void> {
  await syncFolder(folder);
  if (folder !== root) await syncFolder(root);
}

async function* namesIn(root: string, start: string): AsyncGenerator<{ name: string }, void> {
  if (spread.test(start)) {
    yield* await startingIn(folderOf(root, start), start);
    return;
  }
  for (const { name } of await startingIn(root, "")) {
    if (/^[0-9a-f]{2}$/.test(name)) {
      if (name.startsWith(start.slice(0, 2))) yield* await startingIn(join(root, name), start);
    } else if (name.startsWith(start)) yield { name };
  }
}

async function startingIn(folder: string, start: string): Promise<{ name: string }[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => name.startsWith(start))
      .sort()
      .map((name) => ({ name }));
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw unreadable(folder, cause);
  }
}

async function* piecesOf(root: string, name: string): AsyncGenerator<Buffer, void> {
  const path = join(folderOf(root, name), name);
  const pieces: AsyncIterable<Buffer> = createReadStream(path);
  try {
    for await (const piece of pieces) yield piece;
  } catch (cause) {
    throw isMissing(cause) ? new Absent(root, name) : unreadable(path, cause);
  }
}

async function writing(root: string, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw new StoreError(
      "WRITE_FAILED",
      `Could not ${what} ${root}: ${reasonOf(cause)}. It can be done again later. Check that the disk has room and can be written.`,
      { cause },
    );
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";

const reasonOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);

function unreadable(path: string, cause: unknown): StoreError {
  const message = `${path} cannot be read: ${reasonOf(cause)}. Check the disk, and the rights on the folder.`;
  return new StoreError("READ_FAILED", message, { cause });
}
