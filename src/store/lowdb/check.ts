import { access, constants, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { StoreError } from "../../desk/ports.ts";
import { countDamaged, damagedIn } from "./damaged.ts";
import { DurableFile, DurableFolder } from "./durable.ts";
import { exportFolder } from "./export.ts";
import { lockFolder } from "./lock.ts";
import { assertNotMarked } from "./marks.ts";

interface Finding {
  ok: boolean;
  sentence: string;
}

const mostNamed = 3;

/** Looks at a data folder without starting on it: can it be used, and is anything amiss? */
export async function checkDataFolder(dataDir: string): Promise<Finding> {
  try {
    await assertNotMarked(dataDir);
    const damaged = await countDamaged(dataDir);
    if (damaged > 0) return setAside(dataDir, damaged);
    const tickets = await stat(join(dataDir, "tickets")).catch(undefinedIfMissing);
    return await (tickets ? checkTickets(dataDir) : checkEmpty(dataDir));
  } catch (error) {
    if (error instanceof StoreError) return wrong(error.message);
    return wrong(`${dataDir} cannot be used: ${reasonOf(error)}. Check DATA_DIR and its rights`);
  }
}

const setAside = (dataDir: string, count: number): Finding =>
  wrong(
    `${count} damaged ticket files were set aside in ${damagedIn(dataDir)}. Bring them back from a backup, or delete them`,
  );

/** A first start makes the folder below the nearest one that is there. */
async function checkEmpty(dataDir: string): Promise<Finding> {
  let folder = dataDir;
  while (!(await stat(folder).catch(undefinedIfMissing))) folder = dirname(folder);
  await access(join(folder, "."), constants.W_OK | constants.X_OK);
  return { ok: true, sentence: `${dataDir} holds no tickets yet` };
}

async function checkTickets(dataDir: string): Promise<Finding> {
  const { count, documents } = await exportFolder(dataDir);
  const unreadable: string[] = [];
  for await (const one of documents) if ("file" in one) unreadable.push(one.file);
  if (unreadable.length > 0) {
    const named = unreadable.slice(0, mostNamed).join(", ");
    return wrong(
      `${unreadable.length} of ${count} ticket files in ${dataDir} cannot be read (${named}). Put them right, or bring back a backup`,
    );
  }
  return tryToWrite(dataDir, `${count} tickets in ${dataDir}`);
}

async function tryToWrite(dataDir: string, found: string): Promise<Finding> {
  const folder = await DurableFolder.open(join(dataDir, "tickets"));
  try {
    const lock = await lockFolder(dataDir);
    await new DurableFile<{ at: Date }>(folder, "probe")
      .write({ at: new Date() })
      .finally(() => lock.close());
    return { ok: true, sentence: `${found}, and it can be written` };
  } catch (error) {
    if (error instanceof StoreError && error.code === "IN_USE")
      return { ok: true, sentence: `${found}; a running Deskhand holds it` };
    return wrong(
      `${found}, but it cannot be written: ${reasonOf(error)}. Check that the disk has room and that this user may write there`,
    );
  } finally {
    await folder.close();
  }
}

const wrong = (sentence: string): Finding => ({ ok: false, sentence });

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
