import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { StoreError } from "../../desk/ports.ts";
import { extension } from "./documents.ts";
import { DurableFile, DurableFolder } from "./durable.ts";
import { damagedFolder } from "./load.ts";
import { lockFolder } from "./lock.ts";

/** Looks at a data folder without starting on it: can it be used, and is anything amiss? */
export async function checkDataFolder(dataDir: string): Promise<{ ok: boolean; sentence: string }> {
  const names = await readdir(join(dataDir, "tickets")).catch(() => undefined);
  if (!names) return { ok: true, sentence: `${dataDir} holds no tickets yet` };
  const damaged = await readdir(join(dataDir, damagedFolder)).catch(() => []);
  if (damaged.length > 0) {
    const sentence = `${damaged.length} damaged ticket files were set aside in ${join(dataDir, damagedFolder)}. Bring them back from a backup, or delete them`;
    return { ok: false, sentence };
  }
  const tickets = names.filter((name) => name.endsWith(extension)).length;
  return tryToWrite(dataDir, `${tickets} tickets in ${dataDir}`);
}

async function tryToWrite(dataDir: string, found: string) {
  const folder = await DurableFolder.open(dataDir);
  try {
    const lock = await lockFolder(dataDir);
    await new DurableFile<{ at: Date }>(folder, "probe.json").write({ at: new Date() });
    await lock.close();
    return { ok: true, sentence: `${found}, and it can be written` };
  } catch (error) {
    if (error instanceof StoreError && error.code === "IN_USE")
      return { ok: true, sentence: `${found}; a running Deskhand holds it` };
    const reason = error instanceof Error ? error.message : String(error);
    const sentence = `${found}, but it cannot be written: ${reason}. Check that the disk has room and that this user may write there`;
    return { ok: false, sentence };
  } finally {
    await folder.close();
  }
}
