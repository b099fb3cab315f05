import type { Log } from "../../desk/ports.ts";
import { DurableFolder } from "./durable.ts";
import { type Exported, exportFolder } from "./export.ts";
import { lockFolder } from "./lock.ts";
import { Values } from "./values.ts";

/** A data folder in which nothing changes while it is read. */
export interface HeldFolder {
  /** How many tickets there are. */
  count: number;
  /** All of them, from the beginning each time. Throws what the disk says. */
  documents(): AsyncIterable<Exported>;
  values: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * Holds a data folder, and changes nothing in it. Throws `IN_USE` while Deskhand runs on it, and what
 * the disk says.
 */
export async function holdFolder(dataDir: string, log: Log): Promise<HeldFolder> {
  const lock = await lockFolder(dataDir);
  const folder = await DurableFolder.open(dataDir);
  const close = async () => {
    await folder.close();
    await lock.close();
  };
  try {
    const { count } = await exportFolder(dataDir);
    const { all: values } = await Values.open(folder, log);
    return { count, documents: () => readAll(dataDir), values, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function* readAll(dataDir: string): AsyncIterable<Exported> {
  yield* (await exportFolder(dataDir)).documents;
}
