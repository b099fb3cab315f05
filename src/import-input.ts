/** What `deskhand import` is given: a file, or what comes on standard input. It is read several times. */
import { type FileHandle, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { z } from "zod";
import { NewerSchema, readDocument, type TicketDocument } from "./desk/document.ts";

/** It cannot be read at all. The message says what to do. */
export class InputError extends Error {
  override readonly name = "InputError";
}

/** A line of it, with its number from 1 on; or in words what is wrong with it, without what it says. */
export type Line = { number: number; sizeBytes: number } & (
  | { document: TicketDocument }
  | { problem: string }
);

export interface Input {
  /** For people. */
  name: string;
  sizeBytes: number;
  /** Every line that is not empty, from the beginning each time. Throws what the disk says. */
  lines(): AsyncGenerator<Line>;
  close(): Promise<void>;
}

/**
 * Opens the file, or what `given` has; what is no plain file is first kept in a temporary one, which is
 * gone when the process ends, however it does. Throws an InputError, and what the disk says.
 */
export async function openInput(file: string | undefined, given: Readable): Promise<Input> {
  const handle = file === undefined ? await kept(given) : await opened(file);
  const name = file ?? "standard input";
  const { size: sizeBytes } = await handle.stat();
  return { name, sizeBytes, lines: () => readLines(handle), close: () => handle.close() };
}

async function opened(file: string): Promise<FileHandle> {
  const handle = await open(file).catch((cause: NodeJS.ErrnoException) => {
    throw new InputError(
      `${file} cannot be read (${cause.code}). Name a file that deskhand export has written, or - for standard input.`,
      { cause },
    );
  });
  const stats = await handle.stat();
  if (stats.isFile()) return handle;
  if (!stats.isDirectory()) return kept(handle.createReadStream());
  await handle.close();
  throw new InputError(`${file} is a folder. Name a file that deskhand export has written.`);
}

async function kept(given: Readable): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), "deskhand-import-"));
  try {
    const handle = await open(join(folder, "input"), "wx+", 0o600);
    // Without a name from now on, so that nothing is left of it, whatever happens.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    await writeFile(handle, given).catch(async (error: unknown) => {
      await handle.close();
      throw error;
    });
    return handle;
  } finally {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

const chunkBytes = 1024 * 1024;
const newline = 0x0a;

/** Only a newline ends a line: what people write may have other marks that count as one elsewhere. */
async function* readLines(handle: FileHandle): AsyncGenerator<Line> {
  let number = 0;
  for await (const bytes of split(handle)) {
    number += 1;
    const sizeBytes = bytes.length + 1;
    const text = textOf(bytes);
    if (text === undefined) yield { number, sizeBytes, problem: "is no UTF-8 text" };
    else if (text.trim() !== "") yield { number, sizeBytes, ...read(text) };
  }
}

async function* split(handle: FileHandle): AsyncGenerator<Buffer> {
  let begun: Buffer[] = [];
  for (let at = 0; ; ) {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const { bytesRead } = await handle.read(chunk, 0, chunkBytes, at);
    if (bytesRead === 0) break;
    at += bytesRead;
    let start = 0;
    const bytes = chunk.subarray(0, bytesRead);
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
      yield Buffer.concat([...begun, bytes.subarray(start, end)]);
      begun = [];
      start = end + 1;
    }
    begun.push(bytes.subarray(start));
  }
  yield Buffer.concat(begun);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function textOf(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** A file may be named by it. */
const plainId = /^[\w-]+$/;

function read(text: string): { document: TicketDocument } | { problem: string } {
  const json = jsonOf(text);
  if (json === undefined) return { problem: "is no JSON, or not all of it" };
  try {
    const document = readDocument(json);
    if (plainId.test(document.ticket._id)) return { document };
    return { problem: "is no ticket: ticket._id has letters that no id has" };
  } catch (error) {
    return { problem: `is no ticket: ${reasonOf(error)}` };
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The first thing that is wrong, by its place; what stands there may be what people wrote. */
function reasonOf(error: unknown): string {
  if (error instanceof NewerSchema)
    return `a newer version of Deskhand has written it. ${error.message}`;
  const [issue] = error instanceof z.ZodError ? error.issues : [];
  if (!issue) return "its version cannot be read";
  return `${issue.path.join(".") || "all of it"}: ${issue.message}`;
}
