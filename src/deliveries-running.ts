/** Has a running Deskhand send deliveries again: it is asked over HTTP, as any agent could. */
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { readKeptTokens } from "./api-tokens.ts";
import { type Config, ConfigError } from "./config.ts";
import type { Owed } from "./desk/owed.ts";
import { StoreError } from "./desk/ports.ts";
import { type ErrorCode, isErrorCode } from "./tickets/errors.ts";

/** Has one delivery tried again; resolves to why not, where it could not be. */
export type Retry = (owed: Pick<Owed, "id" | "ticket">) => Promise<{ refused: ErrorCode } | object>;

/**
 * Asks the Deskhand that holds the data folder. Throws a ConfigError where there is no agent token,
 * and a StoreError, IN_USE, where it cannot be asked; they say what to do.
 */
export async function askRunning(config: Config): Promise<Retry> {
  const token = await agentToken(config);
  const addresses = addressesOf(config);
  if (addresses.length === 0)
    throw notAsked(
      "with PORT=0, it is not known on which port. Set PUBLIC_URL to where it listens",
    );
  return async ({ ticket, id }) => {
    const path = `/v2/support-tickets/${encodeURIComponent(ticket)}/deliveries/${encodeURIComponent(id)}/retry`;
    const { response, url } = await posted(addresses, path, token);
    if (response.status === 200 && (await isAbout(response, id))) return {};
    const code = await codeOf(response);
    if (code === "UNAUTHORIZED" || code === "FORBIDDEN")
      throw notAsked(
        `at ${url} it does not take the agent token of this configuration. Give this command the API_TOKENS that it was started with`,
      );
    if (code === undefined)
      throw notAsked(`what answers at ${url} is not Deskhand. Check HOST, PORT and PUBLIC_URL`);
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

/** Where it may be asked, the nearest first. */
function addressesOf({ host, port, publicUrl }: Config): string[] {
  const local = port === 0 ? [] : [`http://${reachable(host)}:${port}`];
  const isSafe = publicUrl !== undefined && isUnread(new URL(publicUrl));
  return [...local, ...(isSafe ? [publicUrl] : [])];
}

/** Whether a token goes there on no way on which others may read it. */
const isUnread = ({ protocol, hostname }: URL): boolean =>
  protocol === "https:" || hostname === "localhost" || /^(?:127\.|\[::1\]$)/.test(hostname);

/** An address to call, of one to listen at. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

interface Posted {
  response: Response;
  url: string;
}

async function posted(addresses: readonly string[], path: string, token: string): Promise<Posted> {
  let cause: unknown;
  for (const url of addresses) {
    try {
      return { response: await postInTime(url + path, token), url };
    } catch (error) {
      cause = error;
    }
  }
  const tried = addresses.join(" and ");
  throw notAsked(`nobody answers at ${tried}. Check HOST, PORT and PUBLIC_URL`, cause);
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
    `A running Deskhand holds the data folder, and cannot be asked: ${why}. Or press Try again on the ticket's card; or stop Deskhand, and run this again.`,
    { cause },
  );
