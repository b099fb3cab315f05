/**
 * Attachments are in the data folder, wherever the tickets are kept that name them. So what no ticket
 * of this store names may still be named by one of another that works with the folder, or did: each
 * database is written down there.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { replaceSynced, syncFolder } from "./attachments/durable.ts";
import type { Config } from "./config.ts";
import type { Log } from "./desk/ports.ts";
import { countDamaged, damagedIn } from "./store/lowdb/damaged.ts";
import { whereIs } from "./store/postgres/address.ts";

export const databasesFile = "databases.json";

const databasesSchema = z.array(z.string());

/** Whether nobody else may need the attachments of the data folder; else, operators are told. */
export async function isSoleStore(
  config: Pick<Config, "dataDir" | "database">,
  log: Log,
): Promise<boolean> {
  try {
    const others = await otherStores(config);
    if (others.length > 0) log.warn({ others }, wordsFor(config.dataDir));
    return others.length === 0;
  } catch (err) {
    log.warn({ err }, `Whether other tickets have attachments in ${config.dataDir} is not known`);
    return false;
  }
}

const wordsFor = (dataDir: string): string =>
  `Tickets that are kept elsewhere have attachments in ${dataDir}, too: none is removed. Once those tickets are no longer needed, take them away: the folders tickets and damaged, or their database out of ${databasesFile}.`;

/** Those that this process does not work on, for people to read. Throws what the disk says. */
async function otherStores({
  dataDir,
  database,
}: Pick<Config, "dataDir" | "database">): Promise<string[]> {
  const ours = database && whereIs(database);
  const databases = await readDatabases(dataDir);
  if (ours !== undefined && !databases.includes(ours))
    await writeDatabases(dataDir, [...databases, ours]);
  const others = databases.filter((each) => each !== ours);
  return ours === undefined ? others : [...others, ...(await inFolder(dataDir))];
}

async function readDatabases(dataDir: string): Promise<string[]> {
  const text = await readFile(join(dataDir, databasesFile), "utf8").catch(nothingIfMissing);
  return text === undefined ? [] : databasesSchema.parse(JSON.parse(text));
}

async function writeDatabases(dataDir: string, databases: string[]): Promise<void> {
  const path = join(dataDir, databasesFile);
  await replaceSynced(path, `${path}.tmp`, Buffer.from(`${JSON.stringify(databases)}\n`));
  await syncFolder(dataDir);
}

/** Where the folder has tickets of its own, or what may be some: one that is damaged may name any file. */
async function inFolder(dataDir: string): Promise<string[]> {
  return [
    ...((await hasTickets(dataDir)) ? [dataDir] : []),
    ...((await countDamaged(dataDir)) > 0 ? [damagedIn(dataDir)] : []),
  ];
}

async function hasTickets(dataDir: string): Promise<boolean> {
  const names = await readdir(join(dataDir, "tickets")).catch(nothingIfMissing);
  return names?.some((name) => name.endsWith(".json")) ?? false;
}

function nothingIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
