import { Low } from "lowdb";
import { LRUCache } from "lru-cache";
import pLimit from "p-limit";
import { type Message, readDocument, type TicketDocument } from "../../desk/document.ts";
import type { TicketId } from "../../tickets/ticket.ts";
import { bytesOfDocument, longMessages } from "./document-bytes.ts";
import { DurableFile, type DurableFolder, type FileStamp } from "./durable.ts";

export const extension = ".json";
export const fileNameOf = (id: TicketId): string => `${id}${extension}`;

/** More would wait for the disk all the same, each with a file open. */
const writesAtOnce = 64;

/** 64 reads at once took half the time of one after the other through a cold disk. */
export const readsAtOnce = 64;

/** About how many characters of documents are kept in memory, to be read again: two or three very long ones. */
const cachedCharacters = 12 * 1024 * 1024;

/** What a document, and each part of one, takes in memory beside its texts, in characters. */
const overhead = 1_000;
const partOverhead = 300;
/**
 * Of a long document, the bytes of each message and its entry in the file are kept as well: about a
 * thousand, where a character counts for two.
 */
const keptText = 500;

/** The documents in their files, one file each; the ones used last are kept in memory, frozen. */
export class Documents {
  readonly folder: DurableFolder;
  readonly #cache = new LRUCache<TicketId, TicketDocument>({
    maxSize: cachedCharacters,
    sizeCalculation: lengthOf,
  });
  readonly #writing = pLimit(writesAtOnce);
  readonly #reading = pLimit(readsAtOnce);

  constructor(folder: DurableFolder) {
    this.folder = folder;
  }

  cached(id: TicketId): TicketDocument | undefined {
    return this.#cache.get(id);
  }

  /** Keeps in memory what was read from a file or written to one. */
  keep(document: TicketDocument): void {
    this.#cache.set(document.ticket._id, freeze(document));
  }

  forget(id: TicketId): void {
    this.#cache.delete(id);
  }

  /** Throws what the disk, the JSON or the schema says. */
  async readFile(name: string, expectedBytes?: number): Promise<TicketDocument> {
    const stored = new Low<unknown>(new DurableFile(this.folder, name, { expectedBytes }), null);
    await this.#reading(() => stored.read());
    const document = readDocument(stored.data);
    if (fileNameOf(document.ticket._id) !== name)
      throw new Error(`The file ${name} holds another ticket, ${document.ticket._id}`);
    return document;
  }

  /**
   * Durable when it resolves, to the stamp of the file. Throws what the disk says, with the file
   * as it was, or NotSynced.
   */
  async write(document: TicketDocument): Promise<FileStamp | undefined> {
    const name = fileNameOf(document.ticket._id);
    const file = new DurableFile<TicketDocument>(this.folder, name, { bytesOf: bytesOfDocument });
    await this.#writing(() => new Low(file, document).write());
    return file.stamp;
  }
}

/** The disk, or what is between it and us, does not do what it is asked to; the content may be well. */
export const isDiskFault = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && "syscall" in error && typeof error.syscall === "string";

function lengthOf({ ticket, answers, places, messages, troubles, audit }: TicketDocument): number {
  const { description, resolution, threads, attachments, tags } = ticket;
  const lists = [threads, attachments, tags, answers, places, messages, troubles, audit];
  let length = overhead + description.length + (resolution?.length ?? 0);
  for (const { length: parts } of lists) length += parts * partOverhead;
  for (const entry of threads) length += entry.message.length;
  for (const { before } of answers) length += JSON.stringify(before).length;
  for (const message of messages) length += lengthOfMessage(message);
  return length + (messages.length < longMessages ? 0 : messages.length * keptText);
}

/** Of messages that change no more. */
const lengths = new WeakMap<Message, number>();

function lengthOfMessage(message: Message): number {
  const known = lengths.get(message);
  if (known !== undefined) return known;
  const { text, copies } = message;
  // Most messages of tickets that live over HTTP have neither.
  const length =
    (text === null ? 0 : JSON.stringify(text).length) +
    (copies.length === 0 ? 0 : JSON.stringify(copies).length);
  if (Object.isFrozen(message)) lengths.set(message, length);
  return length;
}

function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
  return value;
}
