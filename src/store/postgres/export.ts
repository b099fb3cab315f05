import type { Client } from "pg";
import type { TicketDocument } from "../../desk/document.ts";
import { StoreError } from "../../desk/ports.ts";
import type { TicketId } from "../../tickets/ticket.ts";
import { type PostgresAddress, whereIs } from "./address.ts";
import { connect } from "./connection.ts";
import { parsed } from "./documents.ts";
import { faultOf, storeError } from "./faults.ts";
import { assertNotNewer, schemaVersion } from "./migrate.ts";

type Exported = { document: TicketDocument } | { ticket: TicketId; error: unknown };

const batchSize = 64;

/**
 * Reads every ticket of a database, also one that a running Deskhand holds; changes nothing. The
 * connection is closed with the end of `documents`. Throws `READ_FAILED`, `NEWER_SCHEMA`.
 */
export async function exportDatabase(
  address: PostgresAddress,
): Promise<{ count: number; documents: AsyncIterable<Exported> }> {
  const where = whereIs(address);
  const client = await connect(address).catch(failed(where));
  try {
    const schema = await schemaVersion(client);
    assertNotNewer(schema);
    const count = schema.step === 0 ? 0 : await countOf(client);
    return { count, documents: readAll(client, where, count) };
  } catch (error) {
    await client.end();
    return failed(where)(error);
  }
}

const failed = (where: string) => (error: unknown) => {
  if (error instanceof StoreError) throw error;
  throw storeError(faultOf(error), { where, doing: "read", isUncertain: false });
};

async function countOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    "select count(*)::integer as count from deskhand.tickets",
  );
  return rows[0]?.count ?? 0;
}

async function* readAll(client: Client, where: string, count: number): AsyncIterable<Exported> {
  try {
    for (let last: TicketId | undefined = ""; count > 0 && last !== undefined; ) {
      const batch: Batch = await batchAfter(client, last).catch(failed(where));
      yield* batch.map(read);
      last = batch.at(-1)?.id;
    }
  } finally {
    await client.end();
  }
}

type Batch = { id: TicketId; json: string }[];

async function batchAfter(client: Client, last: TicketId): Promise<Batch> {
  const { rows } = await client.query<Batch[number]>(
    `select id, document::text as json from deskhand.tickets
     where id > $1 order by id limit ${batchSize}`,
    [last],
  );
  return rows;
}

function read({ id, json }: Batch[number]): Exported {
  try {
    return { document: parsed(id, json) };
  } catch (error) {
    return { ticket: id, error };
  }
}
