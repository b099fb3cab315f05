/** `deskhand migrate`: copies the tickets of a data folder into PostgreSQL. */
import { SingleBar } from "cli-progress";
import { type Config, ConfigError } from "./config.ts";
import type { Say } from "./deliveries.ts";
import type { Log } from "./desk/ports.ts";
import type { Exported } from "./store/lowdb/export.ts";
import { holdFolder } from "./store/lowdb/held-folder.ts";
import { type Copied, copyInto } from "./store/postgres/copy.ts";

/**
 * Copies every ticket, and every value that is kept beside them, and compares each ticket at the end;
 * with a progress bar on a terminal. What was broken off goes on where it was. Resolves to whether the
 * database has it all. Throws a ConfigError or a StoreError that says what to do, and what the disk says.
 */
export async function migrateTickets(config: Config, log: Log, say: Say): Promise<boolean> {
  const { database, dataDir } = config;
  if (!database)
    throw new ConfigError([
      "DATABASE_URL is not set: set it to the address of the database that the tickets of DATA_DIR are to be copied into.",
    ]);
  const folder = await holdFolder(dataDir, log);
  const bar = new SingleBar({ stream: process.stderr, noTTYOutput: false, clearOnComplete: true });
  bar.start(folder.count * 2, 0);
  try {
    const copied = await copyInto(
      { ...database, log, onLost: () => undefined, onStep: () => bar.increment() },
      { values: folder.values, documents: () => told(folder.documents(), log) },
    );
    bar.stop();
    say(wordsFor(copied, dataDir));
    return copied.isDone;
  } finally {
    bar.stop();
    await folder.close();
  }
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
    return `${counted(same)} in PostgreSQL as in ${dataDir}, ${copied.copied} of them copied now. Start Deskhand with the same DATABASE_URL and DATA_DIR: attachments and tokens stay in the folder.`;
  const found = `Of the tickets in ${dataDir}, ${same} are the same in the database, ${differing} are not there or not the same, ${unreadable} cannot be read; ${others} are there that the folder has not.`;
  return `${found} ${adviceFor(copied)}`;
}

function adviceFor({ mayWrite, unreadable }: Copied): string {
  if (!mayWrite)
    return "Nothing was changed: Deskhand has worked on the database already. If what it has is not wanted, give an empty one in DATABASE_URL.";
  if (unreadable > 0)
    return "The log names those that cannot be read: put them right, or move their files elsewhere, and run this again. Until then, Deskhand does not start on the database.";
  return "What is there was copied from another folder, or tickets were taken from this one since: begin again with an empty database.";
}

const counted = (count: number): string => (count === 1 ? "1 ticket is" : `${count} tickets are`);
