import { open, rename, rm } from "node:fs/promises";

/** Makes or replaces a file, durable but for its name: that is its folder's. */
export async function writeSynced(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The same by way of another file, so that it is there whole or not at all. */
export async function replaceSynced(
  path: string,
  temporary: string,
  content: Uint8Array,
): Promise<void> {
  try {
    await writeSynced(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Makes the names in a folder durable. Windows opens no folders, and needs no sync of one. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
