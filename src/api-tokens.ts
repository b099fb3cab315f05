import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ConfigError } from "./config.ts";
import type { TicketStore } from "./desk/ports.ts";
import { type ApiToken, readApiTokens } from "./http/tokens.ts";
import { DurableFile, DurableFolder } from "./store/lowdb/durable.ts";

const fileName = "api-tokens.json";
const fileSchema = z.strictObject({ tokens: z.array(z.string()).min(1) });

/** The tokens kept in the data folder; made, one for each role, when there are none yet. */
export async function keptTokens(dataDir: string): Promise<ApiToken[]> {
  return (await readKeptTokens(dataDir)) ?? makeTokens(dataDir);
}

const valueName = "api-tokens";

/**
 * The same for all processes on one store: kept there. At first they are those of the data folder, if
 * there are any. They are written to the data folder, too, where people and `deskhand deliveries` find
 * them.
 */
export async function sharedTokens(
  store: Pick<TicketStore, "value" | "valueOr">,
  dataDir: string,
): Promise<ApiToken[]> {
  const there = await store.value(valueName);
  const own = await readKeptTokens(dataDir);
  const kept = there ?? (await store.valueOr(valueName, textOf(own ?? newTokens())));
  const tokens = readTokens(`The value ${valueName} of the store`, kept);
  if (own === undefined || textOf(own) !== kept) await writeTokens(dataDir, tokens);
  return tokens;
}

/** Undefined when none were made yet. Throws a ConfigError when the file does not hold any. */
export async function readKeptTokens(dataDir: string): Promise<ApiToken[] | undefined> {
  const path = join(dataDir, fileName);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? undefined : readTokens(path, text);
}

function readTokens(path: string, text: string): ApiToken[] {
  const advice = "Put it right, or delete it and start again: then new tokens are made.";
  try {
    const read = readApiTokens(fileSchema.parse(JSON.parse(text)).tokens.join(","));
    if ("tokens" in read) return read.tokens;
    throw new ConfigError([`The tokens in ${path}: ${read.problem}. ${advice}`]);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError([`${path} does not hold {"tokens": ["role:id:token", …]}. ${advice}`]);
  }
}

async function makeTokens(dataDir: string): Promise<ApiToken[]> {
  const tokens = newTokens();
  await writeTokens(dataDir, tokens);
  return tokens;
}

const newTokens = (): ApiToken[] =>
  (["client", "agent"] as const).map((role) => ({
    role,
    id: `${role}_local`,
    token: randomBytes(24).toString("base64url"),
  }));

const linesOf = (tokens: readonly ApiToken[]): string[] =>
  tokens.map(({ role, id, token }) => `${role}:${id}:${token}`);

const textOf = (tokens: readonly ApiToken[]): string => JSON.stringify({ tokens: linesOf(tokens) });

async function writeTokens(dataDir: string, tokens: readonly ApiToken[]): Promise<void> {
  const folder = await DurableFolder.open(dataDir);
  try {
    const file = new DurableFile<z.infer<typeof fileSchema>>(folder, fileName);
    await file.write({ tokens: linesOf(tokens) });
  } finally {
    await folder.close();
  }
}
