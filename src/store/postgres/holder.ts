/** Who holds a database: it is seen by the lock, and by what its process wrote beside it. */
import type { Client } from "pg";
import { z } from "zod";
import type { Holder } from "../../desk/ports.ts";
import { type PostgresAddress, whereIs } from "./address.ts";
import { connect } from "./connection.ts";
import { faultOf, storeError } from "./faults.ts";
import { schemaVersion } from "./migrate.ts";
import { isHolders } from "./term.ts";

/** How a process names its connections, as people read it. */
export const processWords = (name: string): string =>
  name.replace(/^deskhand (\d+) on /, "process $1 on ");

/** Who holds the database, in words; undefined: nobody does. Throws what pg throws. */
export async function holderWords(client: Client): Promise<string | undefined> {
  const { rows } = await client.query<{ name: string | null; since: Date | null }>(
    `select application_name as name, backend_start as since
     from pg_locks left join pg_stat_activity using (pid) where ${isHolders}`,
  );
  const [holder] = rows;
  if (!holder) return undefined;
  const who = (holder.name && processWords(holder.name)) || "another process";
  return holder.since ? `${who}, since ${holder.since.toISOString()}` : who;
}

const holderSchema: z.ZodType<Holder> = z.object({
  pid: z.number(),
  host: z.string(),
  since: z.string(),
  url: z.url().exactOptional(),
});

/**
 * What the process that holds the database now says of itself; undefined: nobody does, or it has only
 * just begun. Throws `READ_FAILED`.
 */
export async function databaseHolder(address: PostgresAddress): Promise<Holder | undefined> {
  try {
    const client = await connect(address);
    try {
      return await saidIn(client);
    } finally {
      await client.end();
    }
  } catch (error) {
    throw storeError(faultOf(error), {
      ...{ where: whereIs(address), doing: "read", isUncertain: false },
    });
  }
}

async function saidIn(client: Client): Promise<Holder | undefined> {
  if ((await schemaVersion(client)).step === 0) return undefined;
  // What a former holder wrote is of another session.
  const { rows } = await client.query<{ said: unknown }>(
    `select said from deskhand.holder where session in (select pid from pg_locks where ${isHolders})`,
  );
  return holderSchema.safeParse(rows[0]?.said).data;
}
