import { statSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { NewerSchema } from "../../desk/document.ts";
import { type Log, StoreError } from "../../desk/ports.ts";
import type { TicketId } from "../../tickets/ticket.ts";
import { countDamaged, damagedIn } from "./damaged.ts";
import { type Documents, extension, isDiskFault, readsAtOnce } from "./documents.ts";
import { type FileStamp, stampOf, temporarySuffix } from "./durable.ts";
import { readIndex } from "./index-cache.ts";
import { type Row, rowOf } from "./rows.ts";

export interface Folders {
  data: string;
  tickets: string;
}

/** What a start found: a row for every ticket, in order of time, and how many files were read. */
export interface Loaded {
  rows: Row[];
  filesRead: number;
  /** There are tickets that could not be read, now or at another start, and were set aside. */
  hasDamaged: boolean;
}

/**
 * Finds every ticket in the folder. Files that are as the index remembers them are not read; the
 * others are, and those that hold no ticket are set aside. Throws `NEWER_SCHEMA`, and
 * `READ_FAILED` for a file that cannot be read: a ticket that is there must not seem not to be.
 */
export async function load(folders: Folders, documents: Documents, log: Log): Promise<Loaded> {
  const names = await readdir(folders.tickets);
  await removeTemporary(folders.tickets, names);
  await removeTemporary(folders.data, await readdir(folders.data));
  const files = names.filter((name) => name.endsWith(extension));
  const { known, unknown } = compare(folders, files, await readIndex(folders.data));
  const rows = [...known, ...(await readRows(folders, documents, unknown, log))];
  rows.sort((one, other) => one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1));
  return { rows, filesRead: unknown.length, hasDamaged: (await countDamaged(folders.data)) > 0 };
}

/** What a crash left of writes under way. */
async function removeTemporary(folder: string, names: string[]): Promise<void> {
  for (const name of names) {
    if (name.endsWith(temporarySuffix)) await rm(join(folder, name), { force: true });
  }
}

function compare(folders: Folders, files: string[], index: Map<TicketId, Row>) {
  const known: Row[] = [];
  const unknown: string[] = [];
  for (const name of files) {
    const row = index.get(name.slice(0, -extension.length));
    if (row && isSame(row.stamp, stampNow(folders, name))) known.push(row);
    else unknown.push(name);
  }
  return { known, unknown };
}

const stampNow = (folders: Folders, name: string): FileStamp | undefined => {
  const stats = statSync(join(folders.tickets, name), { throwIfNoEntry: false });
  return stats && stampOf(stats);
};

const isSame = (one: FileStamp | undefined, other: FileStamp | undefined): boolean =>
  one !== undefined && other !== undefined && one.every((part, at) => part === other[at]);

/** So many at once keep the disk busy, and none waits with its text in memory. */
async function readRows(
  folders: Folders,
  documents: Documents,
  names: string[],
  log: Log,
): Promise<Row[]> {
  const rows: Row[] = [];
  const left = names.values();
  const reader = async () => {
    for (const name of left) {
      const row = await readRow(folders, documents, name, log);
      if (row) rows.push(row);
    }
  };
  await Promise.all(Array.from({ length: readsAtOnce }, reader));
  return rows;
}

async function readRow(
  folders: Folders,
  documents: Documents,
  name: string,
  log: Log,
): Promise<Row | undefined> {
  // Taken before the file is read: should it change meanwhile, the stamp no longer fits.
  const stamp = stampNow(folders, name);
  try {
    return rowOf(await documents.readFile(name, stamp?.[0]), stamp);
  } catch (error) {
    if (error instanceof NewerSchema) throw newerSchema(name, error);
    if (isDiskFault(error)) throw notRead(name, error);
    await setAside(folders, name, log, error);
    return undefined;
  }
}

const newerSchema = (name: string, cause: NewerSchema) =>
  new StoreError(
    "NEWER_SCHEMA",
    `The ticket file ${name} was written by a newer version of Deskhand. ${cause.message}. Start that version, or go back to a copy of the data folder from before it.`,
    { cause },
  );

const notRead = (name: string, cause: Error) =>
  new StoreError(
    "READ_FAILED",
    `The ticket file ${name} cannot be read: ${cause.message}. Started without it, its ticket could be made twice. Check the disk and the rights on the data folder, or put a backup of the file in its place.`,
    { cause },
  );

/** Moves a damaged file to where it harms nothing and overwrites nothing. */
async function setAside(folders: Folders, name: string, log: Log, error: unknown): Promise<void> {
  const aside = damagedIn(folders.data);
  const target = join(aside, `${name}.${new Date().toISOString().replaceAll(":", "-")}`);
  const reason = error instanceof Error ? error.message : String(error);
  try {
    await mkdir(aside, { recursive: true, mode: 0o700 });
    await rename(join(folders.tickets, name), target);
    log.error({ file: name, movedTo: target, reason }, `Ticket file ${name} is damaged: set aside`);
  } catch (err) {
    log.error({ file: name, reason, err }, `Ticket file ${name} is damaged, and cannot be moved`);
  }
}
