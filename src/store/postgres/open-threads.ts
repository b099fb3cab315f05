import { Serial } from "../../desk/serial.ts";
import type { Statement } from "./database.ts";
import { storable } from "./text.ts";

/** The threads of one platform that are open, as they were when the database was last asked. */
interface Seen {
  threads: Set<string>;
  /** Every transaction before this one had ended by then; null: it was not asked yet. */
  horizon: string | null;
}

interface Changes {
  horizon: string;
  open: string[];
  others: string[];
}

type Read = (statement: Statement) => Promise<Changes[]>;

/**
 * The threads of tickets that are not closed. All of them are read once, and from then on what was
 * written since, by whatever process.
 */
export class OpenThreads {
  readonly #seen = new Map<string, Seen>();
  /** One look after the other: an older one must not undo what a newer one saw. */
  readonly #serial = new Serial();

  /** What is handed out follows what is asked for later. */
  of(platform: string, read: Read): Promise<ReadonlySet<string>> {
    return this.#serial.run(platform, async () => {
      const seen = this.#seen.get(platform) ?? { threads: new Set(), horizon: null };
      const [changes] = await read(changesSince(platform, seen.horizon));
      if (!changes) return seen.threads;
      for (const thread of changes.others) seen.threads.delete(thread);
      for (const thread of changes.open) seen.threads.add(thread);
      seen.horizon = changes.horizon;
      this.#seen.set(platform, seen);
      return seen.threads;
    });
  }
}

/**
 * A transaction at or after the horizon may have ended since, so what it wrote is read, if need be
 * again: https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT
 */
const changesSince = (platform: string, horizon: string | null): Statement => ({
  name: horizon === null ? "open threads" : "open threads since",
  text: `
    with changed as (
      select thread, bool_or(stands = 'open') as "isOpen"
      from deskhand.threads
      where platform = $1 and ${horizon === null ? "stands = 'open'" : sinceHorizon}
      group by thread
    )
    select pg_snapshot_xmin(pg_current_snapshot())::text as horizon,
      array(select thread from changed where "isOpen") as open,
      array(select thread from changed where not "isOpen") as others`,
  values: [storable(platform), ...(horizon === null ? [] : [horizon])],
});

/** Of a thread that more than one ticket had, every row counts. */
const sinceHorizon = `thread in (
  select thread from deskhand.threads where platform = $1 and changed >= $2::xid8
)`;
