import type { HonoRequest } from "hono";
import { type Refusal, refuse } from "../tickets/errors.ts";

/** The contract's bound on a body. */
const maxBodyBytes = 1024 * 1024;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The JSON of a request's body, of whatever shape, or why it cannot be read. */
export async function readJson(request: HonoRequest): Promise<{ json: unknown } | Refusal> {
  if (!isJson(request.header("Content-Type"))) return refuse("UNSUPPORTED_MEDIA_TYPE");
  const bytes = await readBytes(request).catch(() => refuse("REQUEST_TIMEOUT"));
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

/** Throws when the caller leaves, or is cut off, before all of it has come. */
async function readBytes(request: HonoRequest): Promise<Uint8Array | Refusal> {
  const length = request.header("Content-Length");
  if (length === undefined) return readChunks(request.raw.body);
  if (Number(length) > maxBodyBytes) return refuse("PAYLOAD_TOO_LARGE");
  return new Uint8Array(await request.arrayBuffer());
}

async function readChunks(body: ReadableStream<Uint8Array> | null): Promise<Uint8Array | Refusal> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBodyBytes) return refuse("PAYLOAD_TOO_LARGE");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
