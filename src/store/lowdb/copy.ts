import type { CopyTarget } from "../../desk/copy.ts";
import { readsAtOnce } from "./documents.ts";
import { DurableFolder } from "./durable.ts";
import { writeError } from "./faults.ts";
import { isCopyBegun, markCopy, unmarkCopy, unmarkMoved } from "./marks.ts";
import { openLowdbStore } from "./open.ts";
import type { LowdbOptions } from "./store.ts";

/** A data folder, to be copied into: also one whose tickets were moved to a database, to come back. */
export function folderTarget(options: LowdbOptions): CopyTarget {
  const inFolder = async <T>(work: (folder: DurableFolder) => Promise<T>): Promise<T> => {
    const folder = await DurableFolder.open(options.folder);
    try {
      return await work(folder);
    } catch (error) {
      throw writeError(options.folder, error);
    } finally {
      await folder.close();
    }
  };
  return {
    open: () => openLowdbStore({ ...options, isCopy: true }),
    begunBy: async () => ((await isCopyBegun(options.folder)) ? "import" : undefined),
    begin: () => inFolder(markCopy),
    finish: () =>
      inFolder(async (folder) => {
        await unmarkMoved(folder);
        await unmarkCopy(folder);
      }),
    asKept: (document) => document,
    atOnce: readsAtOnce,
  };
}
