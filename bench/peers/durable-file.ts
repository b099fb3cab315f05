/** The least that keeps a text on disk: one file, made durable before it takes its place. */
import { type FileHandle, open, rename } from "node:fs/promises";
import { join } from "node:path";

/** Writes a text to the file of that name; durable when it resolves. */
export type Keep = (name: string, text: string) => Promise<void>;

/** `folder` is there already. */
export async function durableFiles(folder: string): Promise<Keep> {
  const sync = sharedSync(await open(folder));
  let writes = 0;
  return async (name, text) => {
    writes += 1;
    const temporary = join(folder, `${name}.${writes}.tmp`);
    await writeSynced(temporary, text);
    await rename(temporary, join(folder, name));
    await sync();
  };
}

async function writeSynced(file: string, text: string): Promise<void> {
  const written = await open(file, "wx");
  try {
    await written.writeFile(text);
    await written.sync();
  } finally {
    await written.close();
  }
}

/** Those who wait at the same time share one sync: without it this would not be the limit. */
function sharedSync(folder: FileHandle): () => Promise<void> {
  let current = Promise.resolve();
  let next: Promise<void> | undefined;
  return () => {
    next ??= current.then(() => {
      next = undefined;
      current = folder.sync();
      return current;
    });
    return next;
  };
}
