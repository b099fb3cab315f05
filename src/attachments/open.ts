/** Where attachments are, as the configuration says, and whether they can be kept there. */
import { mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Log, StoreError } from "../desk/ports.ts";
import { type After, realAfter, within } from "../desk/timing.ts";
import { type Attachments, createAttachments } from "./attachments.ts";
import { bucketPlace } from "./bucket.ts";
import type { BucketConfig } from "./bucket-client.ts";
import { BucketError } from "./bucket-errors.ts";
import { syncFolder } from "./durable.ts";
import { folderPlace, removeLeftovers } from "./folder.ts";
import { type Mark, marksIn } from "./marks.ts";
import { nameFor, type Place, whole } from "./place.ts";

/** A folder that is shared has to be there. */
export type AttachmentsConfig =
  | { kind: "folder"; path: string }
  | ({ kind: "bucket" } & BucketConfig);

interface Options {
  /** The data folder, held by this process. */
  folder: string;
  /** Undefined: in the data folder. */
  config?: AttachmentsConfig | undefined;
  log: Log;
  /** In ms since 1970. */
  now?: () => number;
  after?: After;
  /** From 0 to 1. */
  random?: () => number;
}

/**
 * Makes the folder `attachments` in the data folder, unless they are elsewhere. Throws what the disk
 * says, and a `StoreError` if what is elsewhere will never do; what only cannot be reached now is in
 * the log.
 */
export async function openAttachments(options: Options): Promise<Attachments> {
  const { folder, config, log, now = Date.now } = options;
  const root = join(folder, "attachments");
  const place = config ? placeOf(config, options) : folderPlace(root);
  if (config?.kind === "bucket") await isUsable(place, options);
  else await prepared(config?.path ?? root, config !== undefined);
  return createAttachments({ place, log, now });
}

function placeOf(
  config: AttachmentsConfig,
  { now = Date.now, after = realAfter, random = Math.random }: Partial<Options>,
): Place {
  return config.kind === "folder"
    ? folderPlace(config.path)
    : bucketPlace({ config, now, after, random });
}

async function prepared(root: string, isShared: boolean): Promise<void> {
  if (isShared) await isThere(root);
  else {
    await mkdir(root, { recursive: true, mode: 0o700 });
    await syncFolder(dirname(root));
  }
  await removeLeftovers(root, { isShared });
}

/** What should be mounted is not made: files would end up below it. */
async function isThere(root: string): Promise<void> {
  const found = await stat(root).catch(() => undefined);
  if (!found?.isDirectory())
    throw new StoreError(
      "READ_FAILED",
      `The folder ${root}, which ATTACHMENTS_URL names, is not there. Mount it, or make it.`,
    );
}

/** A start is held up no longer by a bucket that does not answer. */
const firstAnswerMs = 5_000;

/** Throws a `StoreError` if it will never do, as far as that is soon known. */
async function isUsable(place: Place, { log, after = realAfter }: Options): Promise<void> {
  let isLate = false;
  const looking = looked(place).catch((err: unknown) => {
    if (!isLate && isRefused(err)) throw forGood(err);
    log.warn({ err }, "The attachments' bucket does not answer; what needs it waits for it");
  });
  await within(looking, { ms: firstAnswerMs, after, late: undefined });
  isLate = true;
}

async function looked(place: Place): Promise<void> {
  for await (const _ of place.list("probe")) return;
}

const isRefused = (err: unknown): err is StoreError =>
  err instanceof StoreError && err.cause instanceof BucketError && err.cause.isRefused;

const forGood = (cause: StoreError): StoreError =>
  new StoreError(
    cause.code,
    `${cause.message} Put ATTACHMENTS_URL right, or the AWS_… variables.`,
    { cause },
  );

/** Writes, finds, reads and removes something there. */
export async function checkAttachments(
  config: AttachmentsConfig,
): Promise<{ ok: boolean; sentence: string }> {
  const place = placeOf(config, {});
  const name = `probe-${nameFor("", Date.now()).slice(1)}`;
  try {
    if (config.kind === "folder") await isThere(config.path);
    await place.put(name, Buffer.from(name));
    const found = await foundIn(place, name).finally(() => place.remove(name));
    if (found)
      return { ok: true, sentence: `${place.title} can be written, listed, read and removed from` };
    return { ok: false, sentence: `${place.title} does not give back what is written there` };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { ok: false, sentence: error.message };
  } finally {
    place.close();
  }
}

/** Of every store that has files there. Throws a `StoreError`. */
export async function marksAt(
  config: AttachmentsConfig,
): Promise<{ title: string; marks: Mark[] }> {
  const place = placeOf(config, {});
  try {
    return { title: place.title, marks: await marksIn(place) };
  } finally {
    place.close();
  }
}

async function foundIn(place: Place, name: string): Promise<boolean> {
  const names: string[] = [];
  for await (const listed of place.list(name)) names.push(listed.name);
  return names.includes(name) && (await whole(place.read(name))).toString() === name;
}
