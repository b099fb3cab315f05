import type { HonoRequest } from "hono";
import { type Refusal, refuse } from "../tickets/errors.ts";

/** The contract's bound on a body. */
const maxBodyBytes = 1024 * 1024;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The JSON of a request's body, of whatever shape, or why it cannot be read. */
export async function readJson(request: HonoRequest): Promise<{ json: unknown } | Refusal> {
  if (!isJson(request.header("Content-Type"))) return refuse("UNSUPPORTED_MEDIA_TYPE");
  const bytes = await readBody(request);
  if ("refused" in bytes) return bytes;
  try {
    return { json: JSON.parse(utf8.decode(bytes)) };
  } catch {
    return refuse("INVALID_JSON");
  }
}

function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(?:;\s*(?:charset="?utf-8"?\s*)?)?$/i.test(contentType ?? "");
}

/** A request's body, as it came, or why it was not taken. */
const readBody = (request: HonoRequest): Promise<Uint8Array<ArrayBuffer> | Refusal> =>
  readBytes(request).catch(() => refuse("REQUEST_TIMEOUT"));

/**
 * A request for someone else to read, or why it was not taken: it is no larger than any other. One
 * that says how long it is, as nearly all do, is passed on unread: another one costs much.
 */
export async function boundedRequest(request: HonoRequest): Promise<Request | Refusal> {
  const { raw, url, method } = request;
  if (request.header("Content-Length") !== undefined)
    return isTooLong(request) ? refuse("PAYLOAD_TOO_LARGE") : raw;
  const body = await readBody(request);
  return "refused" in body ? body : new Request(url, { method, headers: raw.headers, body });
}

/** As far as it says so itself. */
const isTooLong = (request: HonoRequest): boolean =>
  Number(request.header("Content-Length") ?? 0) > maxBodyBytes;

/** Throws when the caller leaves, or is cut off, before all of it has come. */
async function readBytes(request: HonoRequest): Promise<Uint8Array<ArrayBuffer> | Refusal> {
  if (request.header("Content-Length") === undefined) return readChunks(request.raw.body);
  if (isTooLong(request)) return refuse("PAYLOAD_TOO_LARGE");
  return new Uint8Array(await request.arrayBuffer());
}

async function readChunks(
  body: ReadableStream<Uint8Array> | null,
): Promise<Uint8Array<ArrayBuffer> | Refusal> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBodyBytes) return refuse("PAYLOAD_TOO_LARGE");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
