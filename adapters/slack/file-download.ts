/** Fetching what someone wrote with a message. */
import { z } from "zod";
import { readUpTo } from "../../src/desk/read-up-to.ts";
import type { Call } from "./calls.ts";
import { SlackFault, withoutEffect } from "./errors.ts";
import { isSlacksOwn } from "./file-addresses.ts";

export interface FileAccess {
  token: string;
  apiUrl: string | undefined;
  /** Of a whole upload or download. */
  transferMs: number;
}

/** https://docs.slack.dev/reference/objects/file-object */
const infoSchema = z.object({
  file: z.object({
    size: z.number().optional(),
    mimetype: z.string().catch(""),
    mode: z.string().catch(""),
    url_private: z.string().optional(),
    url_private_download: z.string().optional(),
  }),
});

type FileInfo = z.infer<typeof infoSchema>["file"];

/**
 * The content of the file with this id. Throws what `failureOf` understands; nothing is changed. What
 * was uploaded has as many bytes as Slack says; canvases and the like need not.
 */
export function download(
  call: Call,
  access: FileAccess,
  id: string,
  mostBytes: number,
): Promise<Buffer> {
  return withoutEffect(async () => {
    const { file } = await call("files.info", { file: id }, infoSchema);
    const address = addressOf(file);
    if ((file.size ?? 0) > mostBytes) throw tooLarge(mostBytes);
    const signal = AbortSignal.timeout(access.transferMs);
    const response = await get(access, address, signal);
    await requireNoPage(file, response);
    return readWhole(file, response, mostBytes);
  });
}

const tooLarge = (mostBytes: number) =>
  new SlackFault("FILE_TOO_LARGE", `The file has more than ${mostBytes} bytes`);

function addressOf({ mode, url_private_download, url_private }: FileInfo): string {
  if (mode === "tombstone") throw new SlackFault("FILE_GONE", "The file has been deleted");
  const address = url_private_download ?? url_private;
  if (mode === "hidden_by_limit" || address === undefined)
    throw new SlackFault("FILE_HIDDEN", "Slack gives no address for the file");
  return address;
}

const mostRedirects = 3;

/** Within Slack redirects are followed; a token that is no longer good leads to a page elsewhere. */
async function get(access: FileAccess, start: string, signal: AbortSignal): Promise<Response> {
  let address = start;
  for (let hops = 0; hops <= mostRedirects; hops += 1) {
    if (!isSlacksOwn(address, access.apiUrl)) throw elsewhere(hops);
    const headers = { authorization: `Bearer ${access.token}` };
    const response = await fetch(address, { headers, redirect: "manual", signal });
    if (response.ok) return response;
    const location = response.headers.get("location");
    await response.body?.cancel();
    if (response.status < 300 || response.status >= 400 || location === null)
      throw refused(response);
    address = URL.canParse(location, address) ? new URL(location, address).href : "";
  }
  throw notTheFile("Slack redirects again and again");
}

const elsewhere = (hops: number) =>
  hops === 0
    ? new SlackFault("FILE_ELSEWHERE", "The file's address is not one of Slack's")
    : notTheFile("Slack redirects to an address that is not one of its own");

const notTheFile = (what: string) => new SlackFault("NOT_THE_FILE", what);

function refused({ status, headers }: Response): SlackFault {
  if (status === 404 || status === 410)
    return new SlackFault("FILE_GONE", `The file's address answers with HTTP ${status}`);
  if (status === 401 || status === 403) return notTheFile(`Slack answers with HTTP ${status}`);
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  const wait = seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {};
  return new SlackFault("DOWNLOAD_FAILED", `Slack answers with HTTP ${status}`, wait);
}

async function readWhole({ mode, size }: FileInfo, response: Response, mostBytes: number) {
  const toldBytes = mode === "hosted" ? size : undefined;
  const content = await readUpTo(response, toldBytes ?? mostBytes);
  if (toldBytes !== undefined && content?.byteLength !== toldBytes)
    throw notTheFile(`What Slack gave does not have ${toldBytes} bytes`);
  if (!content) throw tooLarge(mostBytes);
  return content;
}

const isHtml = (type: string) => /^text\/html\b/i.test(type);

/** Without a good token Slack answers a page to sign in on, with 200. */
async function requireNoPage({ mimetype }: FileInfo, { headers, body }: Response): Promise<void> {
  if (!isHtml(headers.get("content-type") ?? "") || isHtml(mimetype)) return;
  await body?.cancel();
  throw notTheFile("Slack gave a page instead");
}
