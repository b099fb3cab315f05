/**
 * What keeps Deskhand from starting on a data folder although its tickets are well: a file that says
 * so. Whoever removes one must know what it means.
 */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { StoreError } from "../../desk/ports.ts";
import { isDiskFault } from "./documents.ts";
import { DurableFile, type DurableFolder } from "./durable.ts";

/** The tickets were moved into a database, where they go on. */
const movedFile = "moved-to";
/** Some of what is being copied into the folder is there. */
const copyFile = "copy-begun";

const movedSchema = z.object({
  /** Host, port and name of the database. */
  to: z.string(),
  at: z.iso.datetime(),
});

type Moved = z.infer<typeof movedSchema>;

/** Where the tickets of the folder are now, and since when; "unknown": its file does not tell. */
export async function movedTo(path: string): Promise<Moved | "unknown" | undefined> {
  const mark = await readMark(path, movedFile);
  return mark && (movedSchema.safeParse(mark.said).data ?? "unknown");
}

export const markMoved = (folder: DurableFolder, to: string): Promise<void> =>
  new DurableFile<Moved>(folder, movedFile).write({ to, at: new Date().toISOString() });

export const unmarkMoved = (folder: DurableFolder): Promise<void> => removeMark(folder, movedFile);

export const isCopyBegun = async (path: string): Promise<boolean> =>
  (await readMark(path, copyFile)) !== undefined;

export const markCopy = (folder: DurableFolder): Promise<void> =>
  new DurableFile<{ at: Date }>(folder, copyFile).write({ at: new Date() });

export const unmarkCopy = (folder: DurableFolder): Promise<void> => removeMark(folder, copyFile);

/** Throws `MOVED`, `UNFINISHED`, and what the disk says. */
export async function assertNotMarked(path: string): Promise<void> {
  await assertNotMoved(path);
  await assertNoCopy(path);
}

/** Throws `MOVED`, and what the disk says. */
export async function assertNotMoved(path: string): Promise<void> {
  const moved = await movedTo(path);
  if (moved) throw movedAway(path, moved);
}

/** Throws `UNFINISHED`, and what the disk says. */
export async function assertNoCopy(path: string): Promise<void> {
  if (await isCopyBegun(path)) throw unfinished(path);
}

function movedAway(path: string, moved: Moved | "unknown"): StoreError {
  const [to, since] =
    moved === "unknown" ? ["a database", ""] : [`the database ${moved.to}`, ` on ${moved.at}`];
  return new StoreError(
    "MOVED",
    `The tickets of ${path} were moved to ${to}${since}, by deskhand migrate. Started on the folder, Deskhand would go on with them as they were then, and bring to each side again what has been written since. Set DATABASE_URL to that database. To come back to the folder: run deskhand export on the database, take ${join(path, "tickets")} elsewhere, and run deskhand import without DATABASE_URL. If nothing was ever done on that database, remove ${join(path, movedFile)} instead.`,
  );
}

const unfinished = (path: string): StoreError =>
  new StoreError(
    "UNFINISHED",
    `The data folder ${path} has a part only of what is being imported into it: started on it, Deskhand would make tickets twice. Run deskhand import again until it says that all is there, or give another folder in DATA_DIR.`,
  );

/** What a mark says, if it is there. Throws what the disk says. */
async function readMark(path: string, name: string): Promise<{ said: unknown } | undefined> {
  try {
    return { said: JSON.parse(await readFile(join(path, name), "utf8")) };
  } catch (error) {
    if (!isDiskFault(error)) return { said: undefined };
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function removeMark(folder: DurableFolder, name: string): Promise<void> {
  await rm(join(folder.path, name), { force: true });
  await folder.sync();
}
