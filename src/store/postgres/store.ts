import type { MessageRef } from "../../desk/carried.ts";
import type { ThreadRef, TicketDocument } from "../../desk/document.ts";
import {
  type Log,
  type Page,
  type StatusCounts,
  StoreError,
  type TicketQuery,
  type TicketStore,
} from "../../desk/ports.ts";
import { Serial } from "../../desk/serial.ts";
import {
  summaryOf,
  type TicketId,
  type TicketSummary,
  ticketSummarySchema,
} from "../../tickets/ticket.ts";
import { change } from "./change.ts";
import { create } from "./create.ts";
import type { Database, Statement } from "./database.ts";
import { Documents, parsed, type StoredDocument } from "./documents.ts";
import { type Counted, countsFrom, countsOf, type Listed, pageOf, totalOf } from "./list.ts";
import { OpenThreads } from "./open-threads.ts";
import { storable } from "./text.ts";

/** How many tickets are read at a time when all of them are. */
const batchSize = 64;

/** Keeps tickets in PostgreSQL. Any number of these may work on one database. */
export class PostgresStore implements TicketStore {
  readonly #database: Database;
  readonly #log: Log;
  readonly #documents = new Documents();
  readonly #openThreads = new OpenThreads();
  /** Those of a ticket, and those of a value, one after the other: they wait without a connection. */
  readonly #serial = new Serial();
  #closed = false;

  constructor(database: Database, log: Log) {
    this.#database = database;
    this.#log = log;
  }

  async create(document: TicketDocument): Promise<"created" | "exists" | "taken"> {
    return create({ database: this.#open, documents: this.#documents }, document);
  }

  async change<T>(id: TicketId, work: (draft: TicketDocument) => T): Promise<T | undefined> {
    const database = this.#open;
    return this.#serial.run(id, () => change({ database, documents: this.#documents }, id, work));
  }

  async get(id: TicketId): Promise<TicketDocument | undefined> {
    const [stored] = await this.#stored(id, this.#documents.versionOf(id));
    if (!stored) return undefined;
    const read = this.#documents.read(stored) ?? (await this.#readWhole(id));
    return read?.document;
  }

  async #readWhole(id: TicketId) {
    const [stored] = await this.#stored(id, null);
    return stored && this.#documents.read(stored);
  }

  #stored = (id: TicketId, known: string | null): Promise<StoredDocument[]> =>
    this.#open.read<StoredDocument>({
      name: "get",
      text: `
        select id, version,
          case when version is distinct from $2::uuid then document::text end as json
        from deskhand.tickets where id = $1`,
      values: [storable(id), known],
    });

  findByThread = ({ platform, thread }: ThreadRef): Promise<TicketId | undefined> =>
    this.#find(
      "thread",
      `select ticket as id from deskhand.threads
       where platform = $1 and thread = $2 and stands <> 'gone' limit 1`,
      [storable(platform), storable(thread)],
    );

  findByMessage = ({ platform, message }: MessageRef): Promise<TicketId | undefined> =>
    this.#find(
      "message",
      "select ticket as id from deskhand.carried where platform = $1 and message = $2 limit 1",
      [storable(platform), storable(message)],
    );

  findByCreationKey = (key: string): Promise<TicketId | undefined> =>
    this.#find("creation key", "select id from deskhand.tickets where creation_key = $1", [
      storable(key),
    ]);

  findByReference = (reference: string): Promise<TicketId | undefined> =>
    this.#find("reference", "select id from deskhand.tickets where reference = $1", [
      storable(reference),
    ]);

  async #find(name: string, text: string, values: string[]): Promise<TicketId | undefined> {
    const found = await this.#open.read<{ id: TicketId }>({ name, text, values });
    return found[0]?.id;
  }

  async list(query: TicketQuery): Promise<Page> {
    const [listed, counted] = await Promise.all([
      this.#open.read<Listed>(unnamed(pageOf(query))),
      this.#open.read<Counted>(unnamed(countsOf(query.filter))),
    ]);
    const counts = countsFrom(counted);
    return {
      tickets: listed.flatMap((row) => this.#summary(row) ?? []),
      total: totalOf(counts, query.filter.status),
      ...(query.countByStatus ? { counts } : {}),
    };
  }

  #summary({ id, summary, json }: Listed): TicketSummary | undefined {
    if (summary === null)
      return this.#ifReadable(id, () => summaryOf(parsed(id, json ?? "").ticket));
    const read = ticketSummarySchema.safeParse(JSON.parse(summary));
    if (read.success) return read.data;
    this.#log.error({ ticket: id, err: read.error }, damagedInList);
    return undefined;
  }

  /** A damaged ticket keeps none of the others from being listed. */
  #ifReadable<T>(id: TicketId, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof StoreError && error.code === "DAMAGED")) throw error;
      this.#log.error({ ticket: id, err: error }, damagedInList);
      return undefined;
    }
  }

  owing = (): Promise<TicketId[]> =>
    this.#ids({
      name: "owing",
      text: "select id from deskhand.tickets where owes order by created_at, id",
      values: [],
    });

  unclosed = (platform: string, orSinceMs?: number): Promise<TicketId[]> =>
    this.#ids({
      name: "unclosed",
      text: `
        select id from deskhand.tickets
        where (status <> 'closed' or updated_at >= to_timestamp($2))
          and (owes or exists (
            select from deskhand.threads
            where ticket = tickets.id and platform = $1 and stands <> 'gone'))
        order by updated_at desc, id desc`,
      values: [storable(platform), orSinceMs === undefined ? null : orSinceMs / 1_000],
    });

  async openThreads(platform: string): Promise<ReadonlySet<string>> {
    const database = this.#open;
    return this.#openThreads.of(platform, (statement) => database.read(statement));
  }

  async namesFile(hash: string): Promise<boolean> {
    const found = await this.#open.read<{ is: boolean }>({
      name: "names file",
      text: "select exists (select from deskhand.files where hash = $1) as is",
      values: [storable(hash)],
    });
    return found[0]?.is !== false;
  }

  async #ids(statement: Statement): Promise<TicketId[]> {
    return (await this.#open.read<{ id: TicketId }>(statement)).map(({ id }) => id);
  }

  async value(name: string): Promise<string | undefined> {
    const found = await this.#open.read<{ value: string }>({
      name: "value",
      text: "select value from deskhand.kept_values where name = $1",
      values: [storable(name)],
    });
    return found[0]?.value;
  }

  async setValue(name: string, value: string): Promise<void> {
    const database = this.#open;
    await this.#serial.run(`value ${name}`, () =>
      database.writeOne(({ term }) => ({
        name: "set value",
        text: `
          insert into deskhand.kept_values (name, value) select $1, $2 where deskhand.fence($3)
          on conflict (name) do update set value = excluded.value`,
        values: [storable(name), storable(value), term],
      })),
    );
  }

  async valueOr(name: string, value: string): Promise<string> {
    const database = this.#open;
    await database.writeOne(({ term }) => ({
      name: "value or",
      text: `
        insert into deskhand.kept_values (name, value) select $1, $2 where deskhand.fence($3)
        on conflict (name) do nothing`,
      values: [storable(name), storable(value), term],
    }));
    return (await this.value(name)) ?? value;
  }

  async probe(): Promise<void> {
    const text = "update deskhand.probe set at = now() where deskhand.fence($1)";
    await this.#open.writeOne(({ term }) => ({ name: "probe", text, values: [term] }));
  }

  async counts(): Promise<StatusCounts> {
    return countsFrom(await this.#open.read<Counted>(unnamed(countsOf({}))));
  }

  async *all(): AsyncIterable<TicketDocument> {
    let last = "";
    for (;;) {
      const batch = await this.#open.read<{ id: TicketId; json: string }>({
        name: "all",
        text: `
          select id, document::text as json from deskhand.tickets
          where id > $1 order by id limit ${batchSize}`,
        values: [last],
      });
      for (const { id, json } of batch) {
        const document = this.#ifReadable(id, () => parsed(id, json));
        if (document) yield document;
      }
      const end = batch.at(-1);
      if (!end) return;
      last = end.id;
    }
  }

  get #open(): Database {
    if (this.#closed) throw new StoreError("CLOSED", "The store is closed");
    return this.#database;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#serial.settled();
    await this.#database.close();
  }
}

const damagedInList = "A ticket is damaged; a list goes without it";

/** What depends on the query is not prepared. */
const unnamed = ({ text, values }: { text: string; values: unknown[] }): Statement => ({
  name: "",
  text,
  values,
});
