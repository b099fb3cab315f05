import { type HeldStore, StoreError, type TicketStore } from "../../desk/ports.ts";
import { whereIs } from "./address.ts";
import { Database, type PoolOptions } from "./database.ts";
import { faultOf, storeError } from "./faults.ts";
import { Hold } from "./hold.ts";
import { migrate } from "./migrate.ts";
import { LeadingStore } from "./roles.ts";

export interface PostgresOptions extends PoolOptions {
  /**
   * Told once, when another process has taken the database over while this one was cut off from it.
   * Every call throws `IN_USE` from then on.
   */
  onLost: (error: StoreError) => void;
  /** Also where a copy was begun and not finished: this is what goes on with it. */
  isCopy?: boolean;
}

/** The value that says since when a copy into the database is under way; empty: none is. */
export const copyMark = "copy begun at";

/**
 * Opens the store in PostgreSQL for this process alone, and brings its schema up to this version.
 * Throws `IN_USE`, `NEWER_SCHEMA`, `UNFINISHED`, `READ_FAILED`.
 */
export async function openPostgresStore(options: PostgresOptions): Promise<HeldStore> {
  const { url, log, onLost } = options;
  const where = whereIs(options);
  return inWords(where, async () =>
    leadingOn(await Hold.take({ url, where, log, onLost }, migrate), options),
  );
}

/** Throws `UNFINISHED`. */
export async function leadingOn(hold: Hold, options: PostgresOptions): Promise<HeldStore> {
  const store = new LeadingStore(new Database(options, hold), options.log, hold);
  if (!options.isCopy) await assertFinished(store, whereIs(options));
  return store;
}

/** What pg throws is said in words. */
export async function inWords<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw storeError(faultOf(error), { where, doing: "read", isUncertain: false });
  }
}

/** Throws `UNFINISHED`, with the store closed. */
export async function assertFinished(store: TicketStore, where: string): Promise<void> {
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
