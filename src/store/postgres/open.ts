import { type HeldStore, StoreError, type TicketStore } from "../../desk/ports.ts";
import { whereIs } from "./address.ts";
import { Database, type PoolOptions } from "./database.ts";
import { faultOf, storeError } from "./faults.ts";
import { Hold } from "./hold.ts";
import { migrate } from "./migrate.ts";
import { PostgresStore } from "./store.ts";

export interface PostgresOptions extends PoolOptions {
  /**
   * Told once, when another process has taken the database over while this one was cut off from it.
   * Every call throws `IN_USE` from then on: this process must end.
   */
  onLost: (error: StoreError) => void;
  /** Also where a copy was begun and not finished: this is what goes on with it. */
  isCopy?: boolean;
}

/** The value that says since when a copy into the database is under way; empty: none is. */
export const copyMark = "copy begun at";

/**
 * Opens the store in PostgreSQL, for one process at a time, and brings its schema up to this version.
 * Throws `IN_USE`, `NEWER_SCHEMA`, `UNFINISHED`, `READ_FAILED`.
 */
export async function openPostgresStore(options: PostgresOptions): Promise<HeldStore> {
  const { url, log, onLost } = options;
  const where = whereIs(options);
  try {
    const hold = await Hold.take({ url, where, log, onLost }, migrate);
    const store = new PostgresStore(new Database(options, hold), log, hold);
    if (!options.isCopy) await assertFinished(store, where);
    return store;
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw storeError(faultOf(error), { where, doing: "read", isUncertain: false });
  }
}

async function assertFinished(store: TicketStore, where: string): Promise<void> {
  try {
    if (await store.value(copyMark)) throw unfinished(where);
  } catch (error) {
    await store.close();
    throw error;
  }
}

const unfinished = (where: string): StoreError =>
  new StoreError(
    "UNFINISHED",
    `The database ${where} has a part only of what is being copied into it: started on it, Deskhand would make tickets twice. Run deskhand migrate again, or deskhand import if it was that, until it says that all is there, or give another database in DATABASE_URL.`,
  );
