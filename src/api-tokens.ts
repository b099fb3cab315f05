import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ConfigError } from "./config.ts";
import { type ApiToken, readApiTokens } from "./http/tokens.ts";
import { DurableFile, DurableFolder } from "./store/lowdb/durable.ts";

const fileName = "api-tokens.json";
const fileSchema = z.strictObject({ tokens: z.array(z.string()).min(1) });

/** The tokens kept in the data folder; made, one for each role, when there are none yet. */
export async function keptTokens(dataDir: string): Promise<ApiToken[]> {
  return (await readKeptTokens(dataDir)) ?? makeTokens(dataDir);
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
  const tokens = (["client", "agent"] as const).map((role) => ({
    role,
    id: `${role}_local`,
    token: randomBytes(24).toString("base64url"),
  }));
  const folder = await DurableFolder.open(dataDir);
  try {
    const lines = tokens.map(({ role, id, token }) => `${role}:${id}:${token}`);
    await new DurableFile<z.infer<typeof fileSchema>>(folder, fileName).write({ tokens: lines });
  } finally {
    await folder.close();
  }
  return tokens;
}
