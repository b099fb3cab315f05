import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type HeldStore, StoreError } from "../../desk/ports.ts";
import { DurableFolder } from "./durable.ts";
import { type FolderLock, lockFolder } from "./lock.ts";
import { assertNotMarked } from "./marks.ts";
import { type LowdbOptions, LowdbStore } from "./store.ts";
import { Values } from "./values.ts";

/** Whoever only looks at the folder, as `deskhand doctor` does, lets go of it before that. */
const lockPatienceMs = 1_000;
const lockRetryMs = 50;

interface OpenOptions extends LowdbOptions {
  /** Also where tickets were moved from, or a copy was begun: this is what copies them there. */
  isCopy?: boolean;
}

/**
 * Opens the embedded store: one file per ticket, for one process at a time. Throws `IN_USE`, `MOVED`,
 * `UNFINISHED`, `NEWER_SCHEMA` and `READ_FAILED`.
 */
export async function openLowdbStore(options: OpenOptions): Promise<HeldStore> {
  const data = await DurableFolder.open(options.folder);
  const held: { close(): Promise<void> }[] = [data];
  try {
    const lock = await patientLock(options.folder);
    held.push(lock);
    if (!options.isCopy) await assertNotMarked(options.folder);
    const tickets = await DurableFolder.open(join(options.folder, "tickets"));
    held.push(tickets);
    // What a crash left renamed, but not synced, is found as if it were: so it must be.
    await tickets.sync();
    const values = await Values.open(data, options.log);
    const store = new LowdbStore(options, data, tickets, values, () => closeAll(held));
    await store.load();
    return Object.assign(store, { announce: lock.announce, isHeld: () => true });
  } catch (error) {
    await closeAll(held);
    throw error;
  }
}

async function patientLock(folder: string): Promise<FolderLock> {
  for (let waitedMs = 0; ; waitedMs += lockRetryMs) {
    try {
      return await lockFolder(folder);
    } catch (error) {
      const isInUse = error instanceof StoreError && error.code === "IN_USE";
      if (!isInUse || waitedMs >= lockPatienceMs) throw error;
    }
    await wait(lockRetryMs);
  }
}

async function closeAll(held: { close(): Promise<void> }[]): Promise<void> {
  for (const one of held.reverse()) await one.close();
}
