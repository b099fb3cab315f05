import { randomUUID } from "node:crypto";
import type { TicketDocument } from "../../desk/document.ts";
import { changedBy } from "../../desk/draft.ts";
import { StoreError } from "../../desk/ports.ts";
import type { TicketId } from "../../tickets/ticket.ts";
import type { Connection, Database } from "./database.ts";
import type { Documents, StoredDocument, Version } from "./documents.ts";
import { type Row, rowOf, updateOf } from "./rows.ts";
import { storable } from "./text.ts";

interface Parts {
  database: Database;
  documents: Documents;
}

/** What was made of a version of a ticket; `row` is undefined when that is as it was. */
interface Made<T> {
  from: string;
  result: T;
  row: Row | undefined;
}

/**
 * Changes one ticket, with its row locked: other processes wait. It is tried again when a connection
 * breaks, even at the commit: the version that is there then says whether the change was written.
 * Only when another process has changed the ticket since, it does not: `WRITE_UNCERTAIN`.
 */
export async function change<T>(
  { database, documents }: Parts,
  id: TicketId,
  work: (draft: TicketDocument) => T,
): Promise<T | undefined> {
  const changing = new Changing(documents, id, work);
  const made = await database.write((connection) => changing.attempt(connection));
  if (made?.row) documents.keep(made.row.version, made.row.document, made.row.json.length);
  return made?.result;
}

class Changing<T> {
  readonly #documents: Documents;
  readonly #id: TicketId;
  readonly #work: (draft: TicketDocument) => T;
  #made: Made<T> | undefined;

  constructor(documents: Documents, id: TicketId, work: (draft: TicketDocument) => T) {
    this.#documents = documents;
    this.#id = id;
    this.#work = work;
  }

  /** Resolves to what was made and is written; undefined: there is no such ticket. */
  async attempt(connection: Connection): Promise<Made<T> | undefined> {
    await connection.query("begin isolation level read committed");
    const current = await lock(connection, this.#documents, this.#id);
    const made = current && this.#makeOf(current, connection);
    // What was made may be there already, from a try before.
    if (!current || !made?.row || made.row.version === current.version) {
      await connection.query("rollback");
      return made;
    }
    await connection.query(updateOf(current.document, made.row, connection.term));
    connection.commits();
    await connection.query("commit");
    return made;
  }

  /** Made once of each version: what it draws, such as ids, it draws once. */
  #makeOf(current: Version, connection: Connection): Made<T> {
    const before = this.#made;
    if (before && current.version === before.row?.version) return before;
    if (connection.isUncertain && current.version !== before?.from) throw notKnown(this.#id);
    connection.knows();
    const made = before?.from === current.version ? before : make(current, this.#work);
    this.#made = made;
    return made;
  }
}

function make<T>(current: Version, work: (draft: TicketDocument) => T): Made<T> {
  const { result, document } = changedBy(current.document, work);
  return { from: current.version, result, row: document && rowOf(document, randomUUID()) };
}

/** Resolves to the document, which no one else can change until the transaction ends. */
async function lock(
  connection: Connection,
  documents: Documents,
  id: TicketId,
): Promise<Version | undefined> {
  const [stored] = await connection.query<StoredDocument>(locked(id, documents.versionOf(id)));
  if (!stored) return undefined;
  const known = documents.read(stored);
  if (known) return known;
  const [whole] = await connection.query<StoredDocument>(locked(id, null));
  return whole && documents.read(whole);
}

const locked = (id: TicketId, known: string | null) => ({
  name: "lock",
  text: `
    select id, version,
      case when version is distinct from $2::uuid then document::text end as json
    from deskhand.tickets where id = $1 for update`,
  values: [storable(id), known],
});

const notKnown = (id: TicketId): StoreError =>
  new StoreError(
    "WRITE_UNCERTAIN",
    `The database was lost while a change of ticket ${id} was written, and the ticket was changed again since: whether the first change was written is not known. Look at the ticket.`,
  );
