import { setTimeout as wait } from "node:timers/promises";
import type { CopyTarget } from "../../desk/copy.ts";
import { StoreError } from "../../desk/ports.ts";
import { whereIs } from "./address.ts";
import { connect } from "./connection.ts";
import { processWords } from "./holder.ts";
import { copyMark, inWords, openPostgresStore, type PostgresOptions } from "./open.ts";
import { rowOf } from "./rows.ts";

/** What the mark of an import begins with; that of a migration says since when, and no more. */
const importWords = "import ";

/** Of whoever has just ended, or was killed, the server has noticed within this. */
const patienceMs = 5_000;
const patientEveryMs = 50;

/** A database, to be copied into. */
export const databaseTarget = (options: PostgresOptions): CopyTarget => ({
  open: () => openPostgresStore({ ...options, isCopy: true }),
  async begunBy(store) {
    const mark = await store.value(copyMark);
    if (!mark) return undefined;
    return mark.startsWith(importWords) ? "import" : "migrate";
  },
  async begin(store, by) {
    const since = new Date().toISOString();
    await store.setValue(copyMark, by === "import" ? importWords + since : since);
    // Who comes from now on sees the mark; who was there before does not look again.
    const other = await inWords(whereIs(options), () => otherOn(options));
    if (other === undefined) return;
    await store.setValue(copyMark, "");
    throw new StoreError(
      "IN_USE",
      `The database ${whereIs(options)} is in use by ${other}. Nothing was copied. Stop every Deskhand that works on it, and run this again.`,
    );
  },
  finish: (store) => store.setValue(copyMark, ""),
  asKept: (document) => rowOf(document, "").document,
  atOnce: options.connections,
});

/** Another process that works on the database, in words: one that follows may, beside who holds it. */
async function otherOn(options: PostgresOptions): Promise<string | undefined> {
  const client = await connect(options);
  try {
    for (let waitedMs = 0; ; waitedMs += patientEveryMs) {
      const { rows } = await client.query<{ name: string }>(
        `select application_name as name from pg_stat_activity
         where datname = current_database() and application_name like 'deskhand %'
           and application_name <> current_setting('application_name') limit 1`,
      );
      const [other] = rows;
      if (!other || waitedMs >= patienceMs) return other && processWords(other.name);
      await wait(patientEveryMs);
    }
  } finally {
    await client.end();
  }
}
