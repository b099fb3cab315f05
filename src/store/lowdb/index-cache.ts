import { createHash } from "node:crypto";
import { type Stats, statSync } from "node:fs";
import { type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TicketId } from "../../tickets/ticket.ts";
import { temporarySuffix } from "./durable.ts";
import type { Row } from "./rows.ts";

/**
 * The index file saves a start from reading every ticket. It is a cache and no more: a row in it
 * counts only while the ticket's file is the very one it was read from, and the whole of it may
 * be deleted at any time. Each line is an entry; the last one is a seal over the others.
 */
const fileName = "index.jsonl";

/** Raised whenever the shape of a row changes, so that older index files are not used. */
const version = 1;

/** How many entries are written between two chances for others to run. */
const chunk = 500;

/** Of the same stamp is only the same file: no program can set the change time of one back. */
export type FileStamp = [sizeBytes: number, inode: number, changedMs: number];

export interface IndexEntry {
  stamp: FileStamp;
  row: Row;
}

interface Seal {
  version: number;
  sha256: string;
}

/** Undefined when there is no such file. */
export function stampOf(path: string): FileStamp | undefined {
  const stats: Stats | undefined = statSync(path, { throwIfNoEntry: false });
  return stats && [stats.size, stats.ino, stats.ctimeMs];
}

/** What the index file remembers; nothing when there is none or it is not whole. */
export async function readIndex(folder: string): Promise<Map<TicketId, IndexEntry>> {
  const entries = new Map<TicketId, IndexEntry>();
  const content = await readFile(join(folder, fileName)).catch(() => undefined);
  if (!content || !isSealed(content)) return entries;
  const text = content.toString("utf8");
  let start = 0;
  for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
    const entry: IndexEntry | Seal = JSON.parse(text.slice(start, end));
    if ("row" in entry) entries.set(entry.row.id, entry);
    start = end + 1;
  }
  return entries;
}

function isSealed(content: Buffer): boolean {
  const sealStart = content.lastIndexOf("\n", content.length - 2) + 1;
  try {
    const seal: Seal = JSON.parse(content.toString("utf8", sealStart));
    const entries = content.subarray(0, sealStart);
    return seal.version === version && seal.sha256 === sha256().update(entries).digest("hex");
  } catch {
    return false;
  }
}

/**
 * Writes the index file anew. `entryOf` gives a ticket's entry, or nothing for one whose file
 * is changing just now: that one will be read at the next start.
 */
export async function writeIndex(
  folder: string,
  ids: TicketId[],
  entryOf: (id: TicketId) => IndexEntry | undefined,
): Promise<void> {
  const path = join(folder, fileName);
  const temporary = `${path}${temporarySuffix}`;
  const file = await open(temporary, "w", 0o600);
  try {
    await writeEntries(file, ids, entryOf);
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function writeEntries(
  file: FileHandle,
  ids: TicketId[],
  entryOf: (id: TicketId) => IndexEntry | undefined,
): Promise<void> {
  const hash = sha256();
  for (let start = 0; start < ids.length; start += chunk) {
    const entries = ids.slice(start, start + chunk).map(entryOf);
    const lines = entries.map((entry) => (entry ? `${JSON.stringify(entry)}\n` : "")).join("");
    hash.update(lines);
    await file.writeFile(lines);
  }
  await file.writeFile(
    `${JSON.stringify({ version, sha256: hash.digest("hex") } satisfies Seal)}\n`,
  );
}

const sha256 = () => createHash("sha256");
