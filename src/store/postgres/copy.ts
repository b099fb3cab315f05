import type { CopyTarget } from "../../desk/copy.ts";
import { copyMark, openPostgresStore, type PostgresOptions } from "./open.ts";
import { rowOf } from "./rows.ts";

/** What the mark of an import begins with; that of a migration says since when, and no more. */
const importWords = "import ";

/** A database, to be copied into. */
export const databaseTarget = (options: PostgresOptions): CopyTarget => ({
  open: () => openPostgresStore({ ...options, isCopy: true }),
  async begunBy(store) {
    const mark = await store.value(copyMark);
    if (!mark) return undefined;
    return mark.startsWith(importWords) ? "import" : "migrate";
  },
  begin: (store, by) =>
    store.setValue(copyMark, `${by === "import" ? importWords : ""}${new Date().toISOString()}`),
  finish: (store) => store.setValue(copyMark, ""),
  asKept: (document) => rowOf(document, "").document,
  atOnce: options.connections,
});
