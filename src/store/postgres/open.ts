import { type HeldStore, StoreError } from "../../desk/ports.ts";
import { whereIs } from "./connection.ts";
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
}

/**
 * Opens the store in PostgreSQL, for one process at a time, and brings its schema up to this version.
 * Throws `IN_USE`, `NEWER_SCHEMA`, `READ_FAILED`.
 */
export async function openPostgresStore(options: PostgresOptions): Promise<HeldStore> {
  const { url, log, onLost } = options;
  const where = whereIs(options);
  try {
    const hold = await Hold.take({ url, where, log, onLost }, migrate);
    return new PostgresStore(new Database(options, hold), log, hold);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw storeError(faultOf(error), { where, doing: "read", isUncertain: false });
  }
}
