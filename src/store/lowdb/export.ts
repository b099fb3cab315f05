import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { TicketDocument } from "../../desk/document.ts";
import { Documents, extension } from "./documents.ts";
import { DurableFolder } from "./durable.ts";

export type Exported = { document: TicketDocument } | { file: string; error: unknown };

/**
 * Reads every ticket of a data folder, also one that a running Deskhand holds: files are only
 * ever replaced whole. Changes nothing. Throws ENOENT when there is no such folder.
 */
export async function exportFolder(
  dataDir: string,
): Promise<{ count: number; documents: AsyncIterable<Exported> }> {
  const path = join(dataDir, "tickets");
  const names = (await readdir(path)).filter((name) => name.endsWith(extension)).sort();
  return { count: names.length, documents: readAll(path, names) };
}

async function* readAll(path: string, names: string[]): AsyncIterable<Exported> {
  const folder = await DurableFolder.open(path);
  try {
    const documents = new Documents(folder);
    for (const file of names) {
      yield await documents.readFile(file).then(
        (document) => ({ document }),
        (error: unknown) => ({ file, error }),
      );
    }
  } finally {
    await folder.close();
  }
}
