/**
 * What no ticket of this store names may still be named by one of another store, that has files in the
 * same place. In the data folder, where attachments are unless they are elsewhere, each database is
 * written down that works with it, or did; where ATTACHMENTS_URL leads, each store leaves its mark.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { replaceSynced, syncFolder } from "./attachments/durable.ts";
import { type Mark, otherMarks } from "./attachments/marks.ts";
import { type AttachmentsConfig, marksAt } from "./attachments/open.ts";
import type { Place } from "./attachments/place.ts";
import type { Config } from "./config.ts";
import { type Log, StoreError, type TicketStore } from "./desk/ports.ts";
import { storeWords } from "./open-store.ts";
import { countDamaged, damagedIn } from "./store/lowdb/damaged.ts";
import { whereIs } from "./store/postgres/address.ts";

export const databasesFile = "databases.json";

const databasesSchema = z.array(z.string());

type Where = Pick<Config, "dataDir" | "database" | "attachments">;

interface Given {
  store: Pick<TicketStore, "value" | "valueOr">;
  place: Place;
  log: Log;
}

/** Whether nobody else may need the attachments; else, operators are told. Throws a `StoreError`. */
export async function mayRemoveFiles(config: Where, given: Given): Promise<boolean> {
  const isAlone = config.attachments === undefined || (await isAloneAt(config, given));
  return (await isSoleStore(config, given.log)) && isAlone;
}

async function isAloneAt(config: Where, { store, place, log }: Given): Promise<boolean> {
  const marks = await otherMarks({ place, store, words: storeWords(config), log });
  const others = marks.map(({ name, words }) => `${name}: ${words}`);
  if (others.length > 0) log.warn({ others }, `${sharedWords(place.title)} ${sharedAdvice}`);
  return others.length === 0;
}

const sharedWords = (title: string): string =>
  `Another store has attachments in ${title}, too: none is removed.`;

const sharedAdvice =
  "Give each store a place of its own in ATTACHMENTS_URL, with its files. Once the other's tickets are no longer needed, or have their files elsewhere, take its mark away: the file store-… that is named here.";

/**
 * What the marks at ATTACHMENTS_URL say, by their words alone: a store that has not begun there, or was
 * moved since, is told from others only once it starts.
 */
export async function checkMarks(
  config: Where & { attachments: AttachmentsConfig },
): Promise<{ ok: boolean; sentence: string }> {
  try {
    const { title, marks } = await marksAt(config.attachments);
    const own = marks.find(({ words }) => words === storeWords(config));
    const others = marks.filter((mark) => mark !== own);
    if (others.length === 0) return { ok: true, sentence: `no other store has files in ${title}` };
    return { ok: false, sentence: othersWords(title, others, own) };
  } catch (error) {
    if (error instanceof StoreError) return { ok: false, sentence: error.message };
    throw error;
  }
}

function othersWords(title: string, others: Mark[], own: Mark | undefined): string {
  const named = others.map(({ name, words }) => `${words} (${name})`).join(", ");
  const moved = own ? "" : " If these tickets were there before they were moved, start Deskhand.";
  return `${sharedWords(title)} Its tickets: ${named}.${moved} ${sharedAdvice}`;
}

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
