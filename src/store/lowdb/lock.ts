import { type FileHandle, open } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { tryLock } from "fs-native-extensions";
import { z } from "zod";
import { type Holder, StoreError } from "../../desk/ports.ts";

const holderSchema: z.ZodType<Holder> = z.object({
  pid: z.number(),
  host: z.string(),
  since: z.string(),
  url: z.url().exactOptional(),
});

export interface FolderLock {
  /** Says where this process serves HTTP; undefined: nowhere any more. Throws what the disk says. */
  announce(url: string | undefined): Promise<void>;
  close(): Promise<void>;
}

const pathIn = (folder: string): string => join(folder, "lock");

/**
 * Takes the data folder for this process. The kernel holds the lock and drops it when the process
 * ends, however it ends: a crash leaves none behind. Throws `IN_USE`, saying who holds it.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const file = await open(pathIn(folder), "a+", 0o600);
  if (!tryLock(file.fd)) {
    const holder = holderWords(await readHolder(file));
    await file.close();
    throw new StoreError(
      "IN_USE",
      `The data folder ${folder} is in use by ${holder}. Stop that process, or give this one another folder in DATA_DIR.`,
    );
  }
  const self: Holder = {
    ...{ pid: process.pid, host: hostname(), since: new Date().toISOString() },
  };
  const write = async (holder: Holder) => {
    await file.truncate(0);
    await file.write(JSON.stringify(holder));
  };
  await write(self);
  return {
    announce: (url) => write({ ...self, ...(url !== undefined && { url }) }),
    async close() {
      // Nobody who reads it is to think that this process is still there.
      await file.truncate(0).catch(() => undefined);
      await file.close();
    },
  };
}

/**
 * Who holds a data folder that is held, as far as it tells: what a process that was killed has left is
 * there until the next one holds the folder. Throws what the disk says.
 */
export async function lockHolder(folder: string): Promise<Holder | undefined> {
  const file = await open(pathIn(folder), "r");
  try {
    return await readHolder(file);
  } finally {
    await file.close();
  }
}

async function readHolder(file: FileHandle): Promise<Holder | undefined> {
  const text = await file.readFile("utf8").catch(() => "");
  try {
    return holderSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

const holderWords = (held: Holder | undefined): string =>
  held ? `process ${held.pid} on ${held.host}, since ${held.since}` : "another process";
