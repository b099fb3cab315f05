import { countDamaged } from "./damaged.ts";
import { DurableFolder } from "./durable.ts";
import { type Exported, exportFolder } from "./export.ts";
import { writeError } from "./faults.ts";
import { lockFolder } from "./lock.ts";
import { assertNoCopy, markMoved, movedTo } from "./marks.ts";
import { readValues } from "./values.ts";

/** A data folder in which nothing changes while it is read. */
export interface HeldFolder {
  /** How many tickets there are. */
  count: number;
  /** All of them, from the beginning each time. Throws what the disk says. */
  documents(): AsyncIterable<Exported>;
  values: Readonly<Record<string, string>>;
  /** How many damaged files were put aside, and are not among the tickets. */
  setAside: number;
  /** Where its tickets were moved to before; "unknown": nobody knows. */
  movedTo: string | undefined;
  /** From now on Deskhand does not start on it. Throws `WRITE_FAILED`, `WRITE_UNCERTAIN`. */
  markMoved(to: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Holds a data folder, and changes nothing in it. Throws `IN_USE` while Deskhand runs on it, `DAMAGED`
 * where its values are, `UNFINISHED` where an import into it was not finished, and what the disk says.
 */
export async function holdFolder(dataDir: string): Promise<HeldFolder> {
  const lock = await lockFolder(dataDir);
  const folder = await DurableFolder.open(dataDir);
  const close = async () => {
    await folder.close();
    await lock.close();
  };
  try {
    const { count } = await exportFolder(dataDir);
    await assertNoCopy(dataDir);
    const moved = await movedTo(dataDir);
    return {
      ...{ count, documents: () => readAll(dataDir), close },
      values: await readValues(folder),
      setAside: await countDamaged(dataDir),
      movedTo: moved === "unknown" ? moved : moved?.to,
      markMoved: (to) =>
        markMoved(folder, to).catch((error: unknown) => {
          throw writeError(dataDir, error);
        }),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function* readAll(dataDir: string): AsyncIterable<Exported> {
  yield* (await exportFolder(dataDir)).documents;
}
