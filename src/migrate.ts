/** `deskhand migrate`: copies the tickets of a data folder into PostgreSQL. */
import { SingleBar } from "cli-progress";
import { type Config, ConfigError } from "./config.ts";
import type { Say } from "./deliveries.ts";
import { type Copied, copyInto } from "./desk/copy.ts";
import { type Log, StoreError } from "./desk/ports.ts";
import { damagedIn } from "./store/lowdb/damaged.ts";
import type { Exported } from "./store/lowdb/export.ts";
import { type HeldFolder, holdFolder } from "./store/lowdb/held-folder.ts";
import { whereIs } from "./store/postgres/address.ts";
import { databaseTarget } from "./store/postgres/copy.ts";

/**
 * Copies every ticket, and every value that is kept beside them, and compares each ticket at the end;
 * with a progress bar on a terminal. What was broken off goes on where it was. Then the folder is marked
 * as moved. Resolves to whether the database has it all. Throws a ConfigError or a StoreError that says
 * what to do, and what the disk says.
 */
export async function migrateTickets(config: Config, log: Log, say: Say): Promise<boolean> {
  const { database, dataDir } = config;
  if (!database)
    throw new ConfigError([
      "DATABASE_URL is not set: set it to the address of the database that the tickets of DATA_DIR are to be copied into.",
    ]);
  const folder = await holdFolder(dataDir);
  const bar = new SingleBar({ stream: process.stderr, noTTYOutput: false, clearOnComplete: true });
  try {
    const where = whereIs(database);
    assertNotElsewhere(folder, dataDir, where);
    bar.start(folder.count * 2, 0);
    const copied = await copyInto(
      databaseTarget({ ...database, log, onLost: () => undefined }),
      {
        ...{ values: folder.values, setAside: folder.setAside },
        documents: () => told(folder.documents(), log),
        onMoved: async () => {
          if (folder.movedTo === undefined) await folder.markMoved(where);
        },
      },
      () => bar.increment(),
    );
    bar.stop();
    say(wordsFor(copied, dataDir));
    return copied.isDone;
  } finally {
    bar.stop();
    await folder.close();
  }
}

/** What was moved goes on where it was moved to: elsewhere, it would be as it was before that. */
function assertNotElsewhere({ movedTo }: HeldFolder, dataDir: string, where: string): void {
  if (movedTo === undefined || movedTo === where) return;
  const to = movedTo === "unknown" ? "a database" : `the database ${movedTo}`;
  throw new StoreError(
    "MOVED",
    `Nothing was copied: the tickets of ${dataDir} were moved to ${to} before, and ${where} would get them as they were then. If that is the same database under another name, or nothing was ever done on it, remove the file moved-to from ${dataDir} and run this again. To go from one database to another, use its own tools, or deskhand export and deskhand import.`,
  );
}

async function* told(documents: AsyncIterable<Exported>, log: Log): AsyncIterable<Exported> {
  for await (const one of documents) {
    if ("error" in one) log.error({ file: one.file, err: one.error }, "A ticket cannot be read");
    yield one;
  }
}

function wordsFor(copied: Copied, dataDir: string): string {
  const { same, unreadable, differing, others } = copied;
  if (copied.isDone)
    return `${counted(same)} in PostgreSQL as in ${dataDir}, ${copied.copied} of them copied now. Start Deskhand with the same DATABASE_URL and DATA_DIR: attachments and tokens stay in the folder. It does not start on the folder's own tickets any more.`;
  const found = `Of the tickets in ${dataDir}, ${same} are the same in the database, ${differing} are not there or not the same, ${unreadable} cannot be read; ${others} are there that the folder has not.`;
  return [found, ...adviceFor(copied), ...setAsideWords(copied, dataDir)].join(" ");
}

function adviceFor({ mayWrite, unreadable, differing, others }: Copied): string[] {
  if (!mayWrite)
    return [
      "Nothing was changed: Deskhand has worked on the database already. If what it has is not wanted, give an empty one in DATABASE_URL.",
    ];
  if (unreadable > 0)
    return [
      `The log names those that cannot be read: put them right, or move their files elsewhere, and run this again. ${untilThen}`,
    ];
  if (differing + others > 0)
    return [
      "What is there was copied from another folder, or tickets were taken from this one since: begin again with an empty database.",
    ];
  return [];
}

const untilThen = "Until then, Deskhand does not start on the database.";

function setAsideWords({ setAside, mayWrite }: Copied, dataDir: string): string[] {
  if (setAside === 0) return [];
  const are = setAside === 1 ? "1 damaged file is" : `${setAside} damaged files are`;
  const words = `${are} in ${damagedIn(dataDir)}, which may be tickets, and were not copied: put them right and back, each as the name of its ticket and .json, into the folder tickets, or move them elsewhere, and run this again.`;
  return mayWrite ? [words, untilThen] : [words];
}

const counted = (count: number): string => (count === 1 ? "1 ticket is" : `${count} tickets are`);
