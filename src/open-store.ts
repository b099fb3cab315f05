import type { Config } from "./config.ts";
import type { CopyTarget } from "./desk/copy.ts";
import type { TicketDocument } from "./desk/document.ts";
import type { HeldStore, Holder, Log, StoreError } from "./desk/ports.ts";
import { whereIs } from "./store/postgres/address.ts";
import type { Member } from "./store/postgres/follow.ts";

/** A store's own code, and the SDK below it, is loaded only where it is used. */
const lowdb = {
  open: async () => (await import("./store/lowdb/open.ts")).openLowdbStore,
  exported: async () => (await import("./store/lowdb/export.ts")).exportFolder,
  target: async () => (await import("./store/lowdb/copy.ts")).folderTarget,
  assertHere: async () => (await import("./store/lowdb/marks.ts")).assertNotMoved,
  check: async () => (await import("./store/lowdb/check.ts")).checkDataFolder,
  holder: async () => (await import("./store/lowdb/lock.ts")).lockHolder,
};
const postgres = {
  target: async () => (await import("./store/postgres/copy.ts")).databaseTarget,
  open: async () => (await import("./store/postgres/open.ts")).openPostgresStore,
  join: async () => (await import("./store/postgres/follow.ts")).joinDatabase,
  exported: async () => (await import("./store/postgres/export.ts")).exportDatabase,
  check: async () => (await import("./store/postgres/check.ts")).checkDatabase,
  holder: async () => (await import("./store/postgres/holder.ts")).databaseHolder,
};

type Where = Pick<Config, "dataDir" | "database">;

/**
 * Opens where tickets are kept, for this process alone: in PostgreSQL, where that is set, else in the data
 * folder. Throws a StoreError, or what the disk says.
 */
export async function openStore({ dataDir, database }: Where, log: Log): Promise<HeldStore> {
  if (!database) return (await lowdb.open())({ folder: dataDir, log });
  // From then on every call throws that it was lost.
  return (await postgres.open())({ ...database, log, onLost: () => undefined });
}

/**
 * Joins those who work on the database. `onLost` is told each time that this process led, and another
 * has begun to meanwhile. Connects nothing yet.
 */
export async function joinStore(
  database: NonNullable<Config["database"]>,
  log: Log,
  onLost: (error: StoreError) => void,
): Promise<Member> {
  return (await postgres.join())({ ...database, log, onLost });
}

/** Where tickets are kept, to be copied into. */
export async function copyTarget({ dataDir, database }: Where, log: Log): Promise<CopyTarget> {
  if (!database) return (await lowdb.target())({ folder: dataDir, log });
  return (await postgres.target())({ ...database, log, onLost: () => undefined });
}

/** A ticket's document; or which one cannot be read, and why. */
export type Exported =
  | { document: TicketDocument }
  | { file: string; error: unknown }
  | { ticket: string; error: unknown };

/**
 * Reads every ticket there is, also while Deskhand runs. Changes nothing. Throws `MOVED` of a folder
 * whose tickets go on in a database, and what the disk says.
 */
export async function readStore({
  dataDir,
  database,
}: Where): Promise<{ count: number; documents: AsyncIterable<Exported> }> {
  if (!database) {
    await (await lowdb.assertHere())(dataDir);
    return (await lowdb.exported())(dataDir);
  }
  return (await postgres.exported())(database);
}

/** Looks at where tickets are kept, without starting on it. */
export async function checkStore({
  dataDir,
  database,
}: Where): Promise<{ ok: boolean; sentence: string }> {
  if (!database) return (await lowdb.check())(dataDir);
  return (await postgres.check())(database);
}

/**
 * What the process says of itself that holds where tickets are kept, as far as it does. Of a data
 * folder, it may be what one that was killed has left: until the next one holds it. Throws a StoreError,
 * or what the disk says.
 */
export async function storeHolder({ dataDir, database }: Where): Promise<Holder | undefined> {
  if (!database) return (await lowdb.holder())(dataDir);
  return (await postgres.holder())(database);
}

/** Where tickets are kept, in words. */
export const storeWords = ({ dataDir, database }: Where): string =>
  database ? `PostgreSQL at ${whereIs(database)}` : dataDir;
