import { expect, onTestFinished } from "vitest";
import type { TicketDocument } from "../../src/desk/document.ts";
import type { HeldStore, StoreError, TicketStore } from "../../src/desk/ports.ts";
import { openPostgresStore, type PostgresOptions } from "../../src/store/postgres/open.ts";
import { type Cable, cableTo } from "../fakes/cable.ts";
import { keptLog } from "../log.ts";
import type { TestDatabase } from "../postgres.ts";

export interface OpenedStore {
  store: HeldStore;
  log: ReturnType<typeof keptLog>;
  /** That this process has lost the database to another, each time it was told. */
  lost: StoreError[];
}

/** Tries on for as long as the slowest machine may need. */
const patient = Array.from({ length: 1_000 }, () => 20);

/** Gives up soon, for tests in which what is tried cannot go well. */
export const impatient = { retriesMs: [10, 40, 100] };

/** A store on this database, closed with the test. */
export async function opened(
  url: string,
  more: Partial<PostgresOptions> = {},
): Promise<OpenedStore> {
  const log = keptLog();
  const lost: StoreError[] = [];
  const store = await openPostgresStore({
    ...{
      url,
      connections: 4,
      connectMs: 60_000,
      retriesMs: patient,
      log,
      onLost: (error) => void lost.push(error),
    },
    ...more,
  });
  onTestFinished(() => store.close());
  return { store, log, lost };
}

/** A cable to the server of this address, and the address at its near end. */
export async function cabled(url: string): Promise<{ cable: Cable; url: string }> {
  const address = new URL(url);
  const cable = await cableTo({ host: address.hostname, port: Number(address.port || "5432") });
  onTestFinished(() => cable.close());
  address.hostname = "127.0.0.1";
  address.port = String(cable.port);
  return { cable, url: address.href };
}

export const say = (message: string) => (draft: TicketDocument) => {
  const { updatedAt: timestamp } = draft.ticket;
  draft.ticket.threads.push({ author: "a", message, timestamp, type: "agent" });
};

/** What was said in a ticket after its description. */
export const saidIn = async (store: TicketStore, id: string): Promise<string[]> =>
  (await store.get(id))?.ticket.threads.slice(1).map(({ message }) => message) ?? [];

/** The session that holds the database, as PostgreSQL lists locks. */
export const holderLocks =
  "pg_locks where locktype = 'advisory' and classid = 1147499371 and objid = 2";

/** Once the server has noticed that whoever held the database is gone. */
export const letGo = ({ query }: TestDatabase): Promise<void> =>
  expect.poll(() => query(`select 1 from ${holderLocks}`), { timeout: 60_000 }).toEqual([]);

/** Once it answers again. */
export const back = (store: TicketStore): Promise<void> =>
  expect
    .poll(() => store.counts().then(() => "back", String), { timeout: 60_000, interval: 20 })
    .toBe("back");
