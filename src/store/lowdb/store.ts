import type { MessageRef } from "../../desk/carried.ts";
import type { ThreadRef, TicketDocument } from "../../desk/document.ts";
import { changedBy } from "../../desk/draft.ts";
import {
  type Log,
  type Page,
  type StatusCounts,
  StoreError,
  type TicketQuery,
  type TicketStore,
} from "../../desk/ports.ts";
import { Serial } from "../../desk/serial.ts";
import { summaryOf, type Ticket, type TicketId, type TicketSummary } from "../../tickets/ticket.ts";
import { Documents, fileNameOf, isDiskFault } from "./documents.ts";
import { DurableFile, type DurableFolder, type FileStamp, notSynced } from "./durable.ts";
import { writeError } from "./faults.ts";
import { writeIndex } from "./index-cache.ts";
import { load } from "./load.ts";
import { Rows, rowOf } from "./rows.ts";
import { Search } from "./search.ts";
import type { Values } from "./values.ts";

/** How many tickets are looked at at a time when all of them are. */
const batchSize = 64;

/** The index file is written anew when this many tickets, and half of all, are not in it. */
const worthIndexing = 5_000;

export interface LowdbOptions {
  /** The data folder; made when it is not there. */
  folder: string;
  log: Log;
}

export class LowdbStore implements TicketStore {
  readonly #log: Log;
  readonly #data: DurableFolder;
  readonly #release: () => Promise<void>;
  readonly #documents: Documents;
  readonly #values: Values;
  readonly #rows = new Rows();
  readonly #search: Search;
  /** As long as their documents are kept. */
  readonly #summaries = new WeakMap<TicketDocument, TicketSummary>();
  /** Per ticket, its writes; per creation key, the creates. */
  readonly #serial = new Serial();
  /** References of tickets that are being written for the first time. */
  readonly #reserved = new Set<string>();
  #hasDamaged = false;
  #notIndexed = 0;
  #indexing: Promise<void> | undefined;
  #closed = false;

  constructor(
    options: LowdbOptions,
    data: DurableFolder,
    tickets: DurableFolder,
    values: Values,
    release: () => Promise<void>,
  ) {
    this.#log = options.log;
    this.#data = data;
    this.#release = release;
    this.#documents = new Documents(tickets);
    this.#values = values;
    this.#search = new Search(() => this.#allTickets());
  }

  async load(): Promise<void> {
    const folders = { data: this.#data.path, tickets: this.#documents.folder.path };
    const { rows, filesRead, hasDamaged } = await load(folders, this.#documents, this.#log);
    this.#hasDamaged = hasDamaged;
    for (const row of rows) this.#rows.put(row);
    this.#notIndexed = filesRead;
    this.#indexWhenWorthIt();
  }

  async create(document: TicketDocument): Promise<"created" | "exists" | "taken"> {
    this.#assertOpen();
    const key = document.creationKey;
    if (key === null) return this.#create(document);
    return this.#serial.run(`create ${key}`, async () => {
      if (!this.#rows.ofCreationKey(key)) return this.#create(document);
      await this.#settle();
      return "exists";
    });
  }

  /** What is told without a write must be as durable as what is told after one. */
  async #settle(): Promise<void> {
    const { folder } = this.#documents;
    await folder.settle().catch((cause: unknown) => {
      throw writeError(folder.path, notSynced(folder.path, cause));
    });
  }

  async #create(document: TicketDocument): Promise<"created" | "taken"> {
    const { reference, ticket } = document;
    const isTaken = (name: string) => this.#reserved.has(name);
    if (this.#rows.get(ticket._id) || this.#rows.ofReference(reference)) return "taken";
    if (isTaken(ticket._id) || isTaken(reference)) return "taken";
    this.#reserved.add(ticket._id).add(reference);
    try {
      await this.#serial.run(ticket._id, () => this.#write(document));
      return "created";
    } finally {
      this.#reserved.delete(ticket._id);
      this.#reserved.delete(reference);
    }
  }

  async change<T>(id: TicketId, work: (draft: TicketDocument) => T): Promise<T | undefined> {
    this.#assertOpen();
    return this.#serial.run(id, async () => {
      const current = await this.#read(id);
      if (!current) return undefined;
      const { result, document } = changedBy(current, work);
      await (document ? this.#write(document) : this.#settle());
      return result;
    });
  }

  async #write(document: TicketDocument): Promise<void> {
    const id = document.ticket._id;
    let stamp: FileStamp | undefined;
    try {
      stamp = await this.#documents.write(document);
    } catch (error) {
      await this.#reread(id);
      throw writeError(this.#documents.folder.path, error);
    }
    this.#commit(document, stamp);
    this.#notIndexed += 1;
    this.#indexWhenWorthIt();
  }

  /** After a write that failed, memory takes what the disk has. */
  async #reread(id: TicketId): Promise<void> {
    this.#documents.forget(id);
    try {
      // Without a stamp it is read again by the next start.
      this.#commit(await this.#documents.readFile(fileNameOf(id)), undefined);
    } catch (error) {
      if (isDiskFault(error) && error.code === "ENOENT" && !this.#rows.get(id)) return;
      this.#log.error(
        { ticket: id, err: error },
        "A ticket could not be read after a failed write",
      );
    }
  }

  #commit(document: TicketDocument, stamp: FileStamp | undefined): void {
    this.#documents.keep(document);
    this.#rows.put(rowOf(document, stamp));
    this.#search.update(document.ticket);
  }

  async get(id: TicketId): Promise<TicketDocument | undefined> {
    this.#assertOpen();
    return this.#read(id);
  }

  async #read(id: TicketId): Promise<TicketDocument | undefined> {
    const row = this.#rows.get(id);
    if (!row) return undefined;
    const cached = this.#documents.cached(id);
    if (cached) return cached;
    const document = await this.#readFile(id);
    // What was read is kept only if nothing was written meanwhile.
    if (this.#rows.get(id) === row) this.#documents.keep(document);
    return document;
  }

  async #readFile(id: TicketId): Promise<TicketDocument> {
    try {
      return await this.#documents.readFile(fileNameOf(id), this.#rows.get(id)?.stamp?.[0]);
    } catch (cause) {
      const mayPass = isDiskFault(cause) && cause.code !== "ENOENT";
      const advice = mayPass ? "Check the disk." : "Put it right, or bring back a backup of it.";
      const message = `The file of ticket ${id} cannot be read. ${advice}`;
      throw new StoreError(mayPass ? "READ_FAILED" : "DAMAGED", message, { cause });
    }
  }

  async findByThread(thread: ThreadRef): Promise<TicketId | undefined> {
    this.#assertOpen();
    return this.#rows.ofThread(thread)?.id;
  }

  async findByMessage(message: MessageRef): Promise<TicketId | undefined> {
    this.#assertOpen();
    return this.#rows.ofMessage(message)?.id;
  }

  async findByCreationKey(key: string): Promise<TicketId | undefined> {
    this.#assertOpen();
    return this.#rows.ofCreationKey(key)?.id;
  }

  async findByReference(reference: string): Promise<TicketId | undefined> {
    this.#assertOpen();
    return this.#rows.ofReference(reference)?.id;
  }

  async list(query: TicketQuery): Promise<Page> {
    this.#assertOpen();
    const { q } = query.filter;
    const found = q === undefined ? undefined : await this.#search.find(q);
    const { ids, total, counts } = this.#rows.select(query, found);
    const tickets = await Promise.all(ids.map((id) => this.#summary(id)));
    return {
      tickets: tickets.filter((ticket) => ticket !== undefined),
      total,
      ...(query.countByStatus ? { counts } : {}),
    };
  }

  async #summary(id: TicketId): Promise<TicketSummary | undefined> {
    const document = await this.#ifReadable(id, () => this.#read(id));
    if (!document) return undefined;
    const summary = this.#summaries.get(document) ?? Object.freeze(summaryOf(document.ticket));
    this.#summaries.set(document, summary);
    return summary;
  }

  /** A damaged ticket keeps none of the others from being listed or searched; a faulty disk does. */
  async #ifReadable(
    id: TicketId,
    read: () => Promise<TicketDocument | undefined>,
  ): Promise<TicketDocument | undefined> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof StoreError && error.code === "DAMAGED")) throw error;
      this.#log.error({ ticket: id, err: error }, "A ticket is damaged; a list goes without it");
      return undefined;
    }
  }

  async owing(): Promise<TicketId[]> {
    this.#assertOpen();
    return this.#rows.owing();
  }

  async unclosed(platform: string, orSinceMs?: number): Promise<TicketId[]> {
    this.#assertOpen();
    return this.#rows.unclosed(platform, orSinceMs);
  }

  async openThreads(platform: string): Promise<ReadonlySet<string>> {
    this.#assertOpen();
    return this.#rows.openThreads(platform);
  }

  async namesFile(hash: string): Promise<boolean> {
    this.#assertOpen();
    return this.#hasDamaged || this.#rows.namesFile(hash);
  }

  async value(name: string): Promise<string | undefined> {
    this.#assertOpen();
    return this.#values.get(name);
  }

  async setValue(name: string, value: string): Promise<void> {
    this.#assertOpen();
    await this.#values.set(name, value).catch(this.#notWritten);
  }

  async valueOr(name: string, value: string): Promise<string> {
    this.#assertOpen();
    return this.#values.getOrSet(name, value).catch(this.#notWritten);
  }

  #notWritten = (error: unknown): never => {
    throw writeError(this.#data.path, error);
  };

  async counts(): Promise<StatusCounts> {
    this.#assertOpen();
    return this.#rows.counts;
  }

  async *all(): AsyncIterable<TicketDocument> {
    this.#assertOpen();
    const ids = this.#rows.ids();
    for (let start = 0; start < ids.length; start += batchSize) {
      const documents = await Promise.all(
        ids.slice(start, start + batchSize).map((id) =>
          // Read past the cache: what is read once and in bulk would push out what is in use.
          this.#ifReadable(id, async () => this.#documents.cached(id) ?? this.#readFile(id)),
        ),
      );
      yield* documents.filter((document) => document !== undefined);
    }
  }

  async *#allTickets(): AsyncIterable<Ticket> {
    for await (const document of this.all()) yield document.ticket;
  }

  async probe(): Promise<void> {
    this.#assertOpen();
    const { folder } = this.#documents;
    const file = new DurableFile<{ at: Date }>(folder, "probe");
    await this.#serial
      .run("probe", () => file.write({ at: new Date() }))
      .catch((error: unknown) => {
        throw writeError(folder.path, error);
      });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([this.#serial.settled(), this.#values.settled()]);
    await this.#indexing;
    if (this.#notIndexed > 0) await this.#writeIndex();
    await this.#release();
  }

  #indexWhenWorthIt(): void {
    if (this.#indexing || this.#notIndexed < Math.max(worthIndexing, this.#rows.size / 2)) return;
    this.#indexing = this.#writeIndex().finally(() => {
      this.#indexing = undefined;
    });
  }

  async #writeIndex(): Promise<void> {
    this.#notIndexed = 0;
    try {
      await writeIndex(this.#data.path, this.#rows.all());
    } catch (error) {
      this.#log.warn(
        { err: error },
        "The index file could not be written; the next start is slower",
      );
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError("CLOSED", "The store is closed");
  }
}
