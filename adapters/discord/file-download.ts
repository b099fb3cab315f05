/** Fetching what someone wrote with a message, or uploaded in a form. */
import { RESTJSONErrorCodes as Code, Routes } from "discord.js";
import { z } from "zod";
import { readUpTo } from "../../src/desk/read-up-to.ts";
import type { Call } from "./calls.ts";
import { DiscordFault, refusedWith, withoutEffect } from "./errors.ts";
import { isDiscordsOwn } from "./file-addresses.ts";

export interface FileAccess {
  apiUrl: string | undefined;
  /** Of a whole download. */
  transferMs: number;
}

/** Where it is now. */
interface Source {
  address: string;
  /** Of a message, which was read a moment before; of a form nothing more is known than the address. */
  sizeBytes?: number;
}

/**
 * The content of a file: of a message (`channel/message/attachment`), or of a form, which only has an
 * address (`attachment address`). Throws what `failureOf` understands; nothing is changed.
 */
export function download(
  call: Call,
  access: FileAccess,
  file: string,
  mostBytes: number,
): Promise<Buffer> {
  return withoutEffect(async () => {
    const source = await sourceOf(call, file);
    const { sizeBytes } = source;
    if ((sizeBytes ?? 0) > mostBytes) throw tooLarge(mostBytes);
    const signal = AbortSignal.timeout(access.transferMs);
    const response = await get(access, source, signal);
    const content = await readUpTo(response, sizeBytes ?? mostBytes);
    if (sizeBytes !== undefined && content?.byteLength !== sizeBytes)
      throw new DiscordFault("NOT_THE_FILE", `What came does not have ${sizeBytes} bytes`);
    if (!content) throw tooLarge(mostBytes);
    return content;
  });
}

const tooLarge = (mostBytes: number) =>
  new DiscordFault("FILE_TOO_LARGE", `The file has more than ${mostBytes} bytes`);

async function sourceOf(call: Call, file: string): Promise<Source> {
  const [, address] = /^\d+ (\S+)$/.exec(file) ?? [];
  if (address !== undefined) return { address };
  const [, channel, message, id] = /^(\d+)\/(\d+)\/(\d+)$/.exec(file) ?? [];
  if (channel === undefined || message === undefined || id === undefined)
    throw new DiscordFault("BAD_REFERENCE", "This names no file in Discord");
  const attachment = await attachmentIn(call, { channel, message, id });
  return { address: attachment.url, sizeBytes: attachment.size };
}

const attachments = z
  .array(z.object({ id: z.string(), size: z.number(), url: z.string() }))
  .default([]);

const messageSchema = z.object({
  attachments,
  /** What is forwarded with it. */
  message_snapshots: z.array(z.object({ message: z.object({ attachments }) })).default([]),
});

const noLonger: readonly number[] = [Code.UnknownMessage, Code.UnknownChannel];

/** Addresses are signed anew whenever a message is read, and expire within a day. */
async function attachmentIn(
  call: Call,
  { channel, message, id }: { channel: string; message: string; id: string },
) {
  try {
    const read = await call("GET", Routes.channelMessage(channel, message), messageSchema);
    const all = [read, ...read.message_snapshots.map((each) => each.message)];
    const found = all.flatMap((each) => each.attachments).find((each) => each.id === id);
    if (found) return found;
  } catch (cause) {
    if (!noLonger.includes(refusedWith(cause) ?? 0)) throw cause;
    throw new DiscordFault("FILE_GONE", "The file's message is not there", { cause });
  }
  throw new DiscordFault("FILE_GONE", "The message no longer has the file");
}

/** Who redirects elsewhere is not followed. */
async function get(access: FileAccess, source: Source, signal: AbortSignal): Promise<Response> {
  const { address, sizeBytes } = source;
  if (!isDiscordsOwn(address, access.apiUrl))
    throw new DiscordFault("FILE_ELSEWHERE", "The file's address is not one of Discord's");
  const response = await fetch(address, { redirect: "manual", signal });
  const isForm = sizeBytes === undefined;
  // Whose size is not known cannot be told from a page that a proxy answers with 200.
  const isInstead = isForm && isPage(response.headers) && !/\.x?html?$/i.test(pathOf(address));
  if (response.ok && !isInstead) return response;
  await response.body?.cancel();
  throw refused(response, isForm);
}

const pathOf = (address: string): string => new URL(address).pathname;

const gone: ReadonlySet<number> = new Set([403, 404, 410]);

const isPage = (headers: Headers): boolean =>
  headers.get("content-type")?.startsWith("text/html") ?? false;

/** An address that was signed a moment before has not expired, whatever its answer is. */
function refused({ status, headers }: Response, mayBeExpired: boolean): DiscordFault {
  const message = `The file's address answers with HTTP ${status}`;
  if (mayBeExpired && gone.has(status) && !isPage(headers))
    return new DiscordFault("FILE_EXPIRED", message);
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  const wait = seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {};
  return new DiscordFault("DOWNLOAD_FAILED", message, wait);
}
