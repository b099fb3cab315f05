/** The term of whoever holds a database: raised by each, and shown by a lock of the session that has it. */
import type { Client } from "pg";
import type { Holder } from "../../desk/ports.ts";
import { lockSpace, termSpace } from "./migrate.ts";

/** Of the session that holds the database. */
export const holderLock = 2;

/** Of `pg_locks`, the lock by which it does. */
export const isHolders = `
  locktype = 'advisory' and granted and classid = ${lockSpace} and objid = ${holderLock} and objsubid = 2
  and database = (select oid from pg_database where datname = current_database())`;

export const termOf = (client: Client): Promise<number> =>
  readTerm(client, "select term from deskhand.holder");

/** In a transaction that has the fence alone. */
export async function raiseTerm(client: Client, self: Holder): Promise<number> {
  // A session that ends lets go of its locks one by one: of that of its term, too, it must have by now.
  await client.query("select pg_advisory_xact_lock($1, term) from deskhand.holder", [termSpace]);
  const term = await readTerm(
    client,
    `update deskhand.holder
     set term = term + 1, session = pg_backend_pid(), said = $1, seen = clock_timestamp()
     returning term`,
    [JSON.stringify(self)],
  );
  await lockTerm(client, term);
  return term;
}

/** Whether nobody raised it; then it is this session's from now on. */
export async function isStillOf(client: Client, term: number): Promise<boolean> {
  const sql = `
    update deskhand.holder set session = pg_backend_pid(), seen = clock_timestamp()
    where term = $1 returning term`;
  if ((await readTerm(client, sql, [term])) !== term) return false;
  await lockTerm(client, term);
  return true;
}

/** So that others see that whoever holds it does not stand still. Throws when it is another's by now. */
export async function showTerm(client: Client, term: number): Promise<void> {
  const sql = "update deskhand.holder set seen = clock_timestamp() where term = $1 returning term";
  if ((await readTerm(client, sql, [term])) !== term) throw new Error("another process holds it");
}

/**
 * Ends the session that holds the database, if its process has stood still for so long: then that is
 * told so by its own clock, too, and sends nothing. Whether it did.
 */
export async function endSilent(client: Client, silentMs: number): Promise<boolean> {
  const { rows } = await client.query(
    `select pg_terminate_backend(session) from deskhand.holder
     where seen < clock_timestamp() - make_interval(secs => $1)
       and session in (select pid from pg_locks where ${isHolders})`,
    [silentMs / 1_000],
  );
  return rows.length > 0;
}

/** As long as the session has it, what is written with this term is let through. */
const lockTerm = (client: Client, term: number) =>
  client.query("select pg_advisory_lock($1, $2)", [termSpace, term]);

async function readTerm(client: Client, sql: string, values: unknown[] = []): Promise<number> {
  const { rows } = await client.query<{ term: number }>(sql, values);
  return rows[0]?.term ?? -1;
}
