import { createHash } from "node:crypto";
import { type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TicketId } from "../../tickets/ticket.ts";
import { temporarySuffix } from "./durable.ts";
import type { Row } from "./rows.ts";

/**
 * The index file saves a start from reading every ticket. It is a cache and no more: a row in it
 * counts only while the ticket's file is the very one it was made from, and the whole of it may
 * be deleted at any time. Each line is a row; the last one is a seal over the others.
 */
const fileName = "index.jsonl";

/** Raised whenever the shape of a row changes, so that older index files are not used. */
const version = 6;

/** How many rows are written between two chances for others to run. */
const chunk = 500;

const newline = 0x0a;

interface Seal {
  version: number;
  sha256: string;
}

/** The rows that the index file remembers; none when there is no file or it is not whole. */
export async function readIndex(folder: string): Promise<Map<TicketId, Row>> {
  const rows = new Map<TicketId, Row>();
  try {
    const content = await readFile(join(folder, fileName));
    const sealAt = content.lastIndexOf(newline, content.length - 2) + 1;
    if (!isSealed(content, sealAt)) return rows;
    for (let start = 0; start < sealAt; ) {
      const end = content.indexOf(newline, start);
      const row: Row = JSON.parse(content.toString("utf8", start, end));
      rows.set(row.id, row);
      start = end + 1;
    }
    return rows;
  } catch {
    return new Map();
  }
}

function isSealed(content: Buffer, sealAt: number): boolean {
  const seal: Seal = JSON.parse(content.toString("utf8", sealAt));
  const sha256 = createHash("sha256").update(content.subarray(0, sealAt)).digest("hex");
  return seal.version === version && seal.sha256 === sha256;
}

/** Writes the index file anew. Whether a row still fits its file is for its reader to see. */
export async function writeIndex(folder: string, rows: readonly Row[]): Promise<void> {
  const path = join(folder, fileName);
  const temporary = `${path}${temporarySuffix}`;
  const file = await open(temporary, "w", 0o600);
  try {
    await writeRows(file, rows);
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function writeRows(file: FileHandle, rows: readonly Row[]): Promise<void> {
  const hash = createHash("sha256");
  for (let start = 0; start < rows.length; start += chunk) {
    const lines = rows.slice(start, start + chunk).map((row) => `${JSON.stringify(row)}\n`);
    const text = lines.join("");
    hash.update(text);
    await file.writeFile(text);
  }
  const seal: Seal = { version, sha256: hash.digest("hex") };
  await file.writeFile(`${JSON.stringify(seal)}\n`);
}
