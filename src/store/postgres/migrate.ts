import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ClientBase, QueryConfig, QueryResult, QueryResultRow } from "pg";
import { currentSchema } from "../../desk/document.ts";
import { StoreError } from "../../desk/ports.ts";

interface Migration {
  number: number;
  name: string;
  sql: string;
}

const folder = join(import.meta.dirname, "migrations");

/** In order; each file is a step, `0001-tickets.sql`, and is never changed once it was released. */
const migrations: readonly Migration[] = readdirSync(folder)
  .filter((name) => name.endsWith(".sql"))
  .sort()
  .map((name, index) => ({
    number: index + 1,
    name,
    sql: readFileSync(join(folder, name), "utf8"),
  }));

/** The schema that this version of Deskhand works with. */
export const knownSchema = migrations.length;

/** Of advisory locks: "Desk" in ASCII, and which of ours. */
export const lockSpace = 0x4465736b;
const migrationLock = 1;

/** Shared by whoever writes, for the time of its transaction: see `deskhand.fence`. */
const fenceLock = 3;

/** Of the locks of terms. */
export const termSpace = lockSpace + 1;

/** What a database was last made into. */
export interface SchemaVersion {
  /** The last step that was taken; 0: none. */
  step: number;
  /** The newest shape of documents that may be in it. */
  documents: number;
}

/**
 * How long an answer is waited for while the schema is made: as long as it takes, as building an index
 * over many tickets does, or waiting for whoever builds it. 0 would be the connection's usual time:
 * https://github.com/brianc/node-postgres/blob/pg%408.23.1/packages/pg/lib/client.js#L702. A server that
 * is gone ends the wait all the same, by the connection's keepalives.
 */
const noLimitMs = 2 ** 31 - 1;

type Ask = <Row extends QueryResultRow>(
  text: string,
  values?: unknown[],
) => Promise<QueryResult<Row>>;

const patient =
  (client: ClientBase): Ask =>
  (text, values) => {
    const query: QueryConfig & { query_timeout: number } = {
      text,
      query_timeout: noLimitMs,
      ...(values && { values }),
    };
    return client.query(query);
  };

/**
 * Brings the database up to the schema of this version, in one transaction: all of it, or nothing.
 * Of several processes that do so at once, one does it and the others wait; so does it for whatever is
 * being written. `also` is done in the same transaction, at its end. Throws `NEWER_SCHEMA`, and what pg
 * throws.
 */
export async function migrate<Client extends ClientBase>(
  client: Client,
  also: (client: Client) => Promise<void> = async () => undefined,
): Promise<void> {
  const ask = patient(client);
  await ask("begin isolation level read committed");
  try {
    await ask("set local statement_timeout = 0");
    for (const lock of [migrationLock, fenceLock])
      await ask("select pg_advisory_xact_lock($1, $2)", [lockSpace, lock]);
    const found = await versionFrom(ask);
    assertNotNewer(found);
    for (const each of migrations.slice(found.step)) await take(ask, each);
    if (found.documents < currentSchema)
      await ask("update deskhand.documents set schema = $1", [currentSchema]);
    await also(client);
    await ask("commit");
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

async function take(ask: Ask, { number, name, sql }: Migration): Promise<void> {
  if (number === 1) await ask(bookkeeping);
  await ask(sql);
  await ask("insert into deskhand.migrations (number, name) values ($1, $2)", [number, name]);
}

/** Who owns the schema already need not have the right to make one. */
const bookkeeping = `
  do $$ begin
    if to_regnamespace('deskhand') is null then create schema deskhand; end if;
  end $$;
  create table deskhand.migrations (
    number integer primary key,
    name text not null,
    at timestamptz not null default now()
  );
  create table deskhand.documents (
    sole boolean primary key default true check (sole),
    schema integer not null
  );
  insert into deskhand.documents (schema) values (0);
`;

/** Changes nothing. Throws what pg throws. */
export const schemaVersion = (client: ClientBase): Promise<SchemaVersion> =>
  versionFrom((text) => client.query(text));

async function versionFrom(ask: Ask): Promise<SchemaVersion> {
  // What a session has found out by name, it may still believe in a transaction that has waited since.
  const { rows: there } = await ask<{ is: boolean }>(`
    select exists (
      select from pg_class join pg_namespace on pg_namespace.oid = relnamespace
      where nspname = 'deskhand' and relname = 'migrations') as is`);
  if (!there[0]?.is) return { step: 0, documents: 0 };
  const { rows } = await ask<SchemaVersion>(`
    select coalesce(max(number), 0) as step, (select schema from deskhand.documents) as documents
    from deskhand.migrations`);
  return rows[0] ?? { step: 0, documents: 0 };
}

/** Whether there is nothing to bring up to this version. */
export const isUpToDate = ({ step, documents }: SchemaVersion): boolean =>
  step === knownSchema && documents === currentSchema;

/** Throws `NEWER_SCHEMA`. */
export function assertNotNewer({ step, documents }: SchemaVersion): void {
  if (step <= knownSchema && documents <= currentSchema) return;
  throw new StoreError(
    "NEWER_SCHEMA",
    `The database was made by a newer version of Deskhand: its schema is ${step} with documents of ${documents}, this version knows ${knownSchema} and ${currentSchema}. Start that version, or go back to a backup from before it.`,
  );
}
