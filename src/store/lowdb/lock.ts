import { type FileHandle, open } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { tryLock } from "fs-native-extensions";
import { StoreError } from "../../desk/ports.ts";

/**
 * Takes the data folder for this process. The kernel holds the lock and drops it when the process
 * ends, however it ends: a crash leaves none behind. Throws `IN_USE`, saying who holds it.
 */
export async function lockFolder(folder: string): Promise<{ close(): Promise<void> }> {
  const path = join(folder, "lock");
  const file = await open(path, "a+", 0o600);
  if (!tryLock(file.fd)) {
    const holder = await readHolder(file);
    await file.close();
    throw new StoreError(
      "IN_USE",
      `The data folder ${folder} is in use by ${holder}. Stop that process, or give this one another folder in DATA_DIR.`,
    );
  }
  await file.truncate(0);
  await file.write(JSON.stringify({ pid: process.pid, host: hostname(), since: new Date() }));
  return { close: () => file.close() };
}

async function readHolder(file: FileHandle): Promise<string> {
  const text = await file.readFile("utf8").catch(() => "");
  const held = /"pid":(\d+),"host":"([^"]+)","since":"([^"]+)"/.exec(text);
  return held ? `process ${held[1]} on ${held[2]}, since ${held[3]}` : "another process";
}
