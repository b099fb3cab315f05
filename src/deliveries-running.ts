/** Has a running Deskhand send deliveries again: it is asked over HTTP, as any agent could. */
import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { readKeptTokens } from "./api-tokens.ts";
import { type Config, ConfigError } from "./config.ts";
import type { Owed } from "./desk/owed.ts";
import { StoreError } from "./desk/ports.ts";
import { storeHolder } from "./open-store.ts";
import { reachable } from "./reachable.ts";
import { type ErrorCode, isErrorCode } from "./tickets/errors.ts";

/** Has one delivery tried again; resolves to why not, where it could not be. */
export type Retry = (owed: Pick<Owed, "id" | "ticket">) => Promise<{ refused: ErrorCode } | object>;

/**
 * Asks the Deskhand that holds the data folder, or the database. Throws a ConfigError where there is no agent token,
 * and a StoreError, IN_USE, where it cannot be asked; they say what to do.
 */
export async function askRunning(config: Config): Promise<Retry> {
  const token = await agentToken(config);
  return async ({ ticket, id }) => {
    const path = `/v2/support-tickets/${encodeURIComponent(ticket)}/deliveries/${encodeURIComponent(id)}/retry`;
    const address = await addressOf(config);
    const response = await posted(address, path, token);
    if (response.status === 200 && (await isAbout(response, id))) return {};
    const code = await codeOf(response);
    if (code === "UNAUTHORIZED" || code === "FORBIDDEN")
      throw notAsked(
        `at ${address} it does not take the agent token of this configuration. Give this command the API_TOKENS that it was started with`,
      );
    if (code === undefined)
      throw notAsked(`what answers at ${address} is not Deskhand. Check PUBLIC_URL`);
    return { refused: code };
  };
}

async function agentToken({ apiTokens, dataDir }: Config): Promise<string> {
  const tokens = apiTokens ?? (await readKeptTokens(dataDir)) ?? [];
  const agent = tokens.find(({ role }) => role === "agent");
  if (agent) return agent.token;
  throw new ConfigError([
    "API_TOKENS has no agent token, with which Deskhand could be asked: add one, agent:ID:TOKEN, and start it again. Or press Try again on the ticket's card.",
  ]);
}

/**
 * Where the process that holds the tickets listens, as it says itself: a token goes to nobody
 * else. One on another machine, or in a container, is asked where the configuration says it can be.
 */
async function addressOf(config: Config): Promise<string> {
  const holder = await storeHolder(config);
  if (!holder) throw notAsked(`it does not say which process it is. ${again}`);
  const { pid, host, url } = holder;
  if (host !== hostname()) return elsewhere(host, config.publicUrl);
  if (!isRunning(pid))
    throw notAsked(
      `process ${pid}, which the lock names, is not there: another one has just begun, or it runs in a container. Run this once more, or in there`,
    );
  if (url === undefined)
    throw notAsked(
      `process ${pid} does not listen anywhere: it has just begun, or is about to end. ${again}`,
    );
  return reachable(url);
}

const again = "Run this once more in a moment";

function elsewhere(host: string, publicUrl: string | undefined): string {
  if (publicUrl !== undefined && isUnread(new URL(publicUrl))) return publicUrl;
  throw notAsked(
    `it runs on ${host}, and this is ${hostname()}. Run this there, or set PUBLIC_URL to the https address at which it can be reached`,
  );
}

/** Signal 0 only asks: https://nodejs.org/api/process.html#processkillpid-signal */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It is there, and someone else's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Whether a token goes there on no way on which others may read it. */
const isUnread = ({ protocol, hostname: name }: URL): boolean =>
  protocol === "https:" || name === "localhost" || /^(?:127\.|\[::1\]$)/.test(name);

async function posted(address: string, path: string, token: string): Promise<Response> {
  try {
    return await postInTime(address + path, token);
  } catch (error) {
    throw notAsked(`nobody answers at ${address}. ${again}`, error);
  }
}

const timeoutMs = 30_000;
const mostWaitMs = 60_000;

/** Where there is a limit on requests, it goes on as fast as that allows. */
async function postInTime(url: string, token: string): Promise<Response> {
  for (;;) {
    const response = await fetch(url, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}` },
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status !== 429) return response;
    await response.body?.cancel();
    const waitMs = Number(response.headers.get("Retry-After") ?? "1") * 1_000;
    await wait(Number.isFinite(waitMs) ? Math.min(Math.max(waitMs, 1_000), mostWaitMs) : 1_000);
  }
}

const refusalSchema = z.object({ message: z.string().refine(isErrorCode) });

const triedSchema = z.object({ success: z.literal(true), data: z.object({ id: z.string() }) });

/** Whether it is the answer of a Deskhand. */
async function isAbout(response: Response, delivery: string): Promise<boolean> {
  const body: unknown = await response.json().catch(() => undefined);
  return triedSchema.safeParse(body).data?.data.id === delivery;
}

async function codeOf(response: Response): Promise<ErrorCode | undefined> {
  const body: unknown = await response.json().catch(() => undefined);
  const code = refusalSchema.safeParse(body).data?.message;
  // What has no such path is an older Deskhand, or none.
  return code !== undefined && isErrorCode(code) && code !== "NOT_FOUND" ? code : undefined;
}

const notAsked = (why: string, cause?: unknown): StoreError =>
  new StoreError(
    "IN_USE",
    `A running Deskhand holds the tickets, and cannot be asked: ${why}. Or press Try again on the ticket's card; or stop Deskhand, and run this again.`,
    { cause },
  );
