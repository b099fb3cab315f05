import { randomBytes } from "node:crypto";
import { link, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TicketStore } from "../desk/ports.ts";
import { syncFolder, writeSynced } from "./durable.ts";

const fileName = "attachments-secret";
const secretBytes = 32;

/** What links are signed with is no secret, where it is kept. The message says what to do. */
export class SecretError extends Error {
  override readonly name = "SecretError";
  readonly code = "SECRET_DAMAGED";
}

const valueName = "attachments-secret";

/**
 * The same for several processes: kept in their store. At first it is that of the data folder, if there
 * is one, so that links made so far go on working.
 */
export async function sharedSecret(
  store: Pick<TicketStore, "value" | "valueOr">,
  dataDir: string,
): Promise<Buffer> {
  const kept = await store.value(valueName);
  if (kept !== undefined) return secretIn(kept, `The value ${valueName} of the store`);
  const secret = (await readSecret(dataDir)) ?? randomBytes(secretBytes);
  const made = await store.valueOr(valueName, secret.toString("hex"));
  return secretIn(made, `The value ${valueName} of the store`);
}

/**
 * What links to attachments are signed with: kept in the data folder, readable by its owner only,
 * and made when there is none. Of several that make it at once, all get the same.
 */
export async function attachmentsSecret(dataDir: string): Promise<Buffer> {
  return (await readSecret(dataDir)) ?? makeSecret(dataDir);
}

async function readSecret(dataDir: string): Promise<Buffer | undefined> {
  const path = join(dataDir, fileName);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? undefined : secretIn(text, path);
}

function secretIn(text: string, where: string): Buffer {
  if (/^[0-9a-f]{64}\n?$/.test(text)) return Buffer.from(text.trim(), "hex");
  throw new SecretError(
    `${where} does not hold the secret that links to attachments are signed with. Put it back from a backup, or delete it and start again: then the links made so far stop working, and new ones are given out.`,
  );
}

let made = 0;

async function makeSecret(dataDir: string): Promise<Buffer> {
  made += 1;
  const temporary = join(dataDir, `${fileName}.${process.pid}.${made}.tmp`);
  try {
    await writeSynced(temporary, Buffer.from(`${randomBytes(secretBytes).toString("hex")}\n`));
    // Unlike a rename, this leaves alone what another made meanwhile.
    await link(temporary, join(dataDir, fileName)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(dataDir);
  const secret = await readSecret(dataDir);
  if (!secret) throw new Error(`${fileName} was removed from ${dataDir} just after it was made`);
  return secret;
}
