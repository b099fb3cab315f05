/**
 * Signed requests to an S3-compatible bucket, each with a time limit, tried a few times. One that does
 * not answer in time is asked nothing more until it does: whoever needs it is told so at once.
 */
import { AwsV4Signer } from "aws4fetch";
import type { After } from "../desk/timing.ts";
import { Answering } from "./bucket-answering.ts";
import { Calls } from "./bucket-calls.ts";
import { BucketError, errorFor } from "./bucket-errors.ts";
import { textOf } from "./bucket-list.ts";

export interface BucketConfig {
  bucket: string;
  /** Before every name; empty, or with a slash at its end. Letters, digits and `._-/` only. */
  prefix: string;
  region: string;
  /** Undefined: Amazon's own. Without a slash at its end. */
  endpoint: string | undefined;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

export interface ClientParts {
  config: BucketConfig;
  /** In ms since 1970. */
  now(): number;
  after: After;
  /** From 0 to 1. */
  random(): number;
}

interface Asked {
  method: "GET" | "PUT" | "DELETE";
  /** With the prefix; empty for the bucket itself. */
  key: string;
  query?: Record<string, string>;
  /** With its SHA-256 in hex, with which the bucket makes sure that all of it came. */
  body?: { content: Buffer; hash: string };
}

export interface BucketClient {
  /**
   * Resolves to an answer of 200 to 299, whose body is still to be read, or 404 where that says that
   * there is no such key. Throws a `BucketError`.
   */
  ask(asked: Asked): Promise<Answered>;
  /** What is under way fails, and all that comes later. */
  close(): void;
}

interface Answered {
  status: number;
  /** Fails when nothing more comes for too long. Ends what is left of the answer when it ends. */
  pieces(): AsyncGenerator<Uint8Array, void>;
}

/** What is under way takes this long at most until an answer begins, and from piece to piece. */
const answerMs = 10_000;
/** What is sent may be sent this slowly. */
const leastBytesPerMs = 50;
const attempts = 3;
/** Doubled from one attempt to the next. */
const firstPauseMs = 250;

/** A page of a list has some hundred bytes for each of its 1,000 keys. */
const mostErrorBytes = 65_536;

interface Asking {
  parts: ClientParts;
  calls: Calls;
  /** Where writing hangs, reading may go on; where reading hangs, nothing is tried. */
  reading: Answering;
  writing: Answering;
}

export function createBucketClient(parts: ClientParts): BucketClient {
  const calls = new Calls(parts.after);
  const answeringTo = (asked: Asked) =>
    new Answering({ ...parts, tries: () => responseTo(parts, asked, calls) });
  const key = `${parts.config.prefix}probe`;
  const query = { "list-type": "2", "max-keys": "1", prefix: key };
  const reading = answeringTo({ method: "GET", key: "", query });
  // Writes nothing, as nothing is there.
  const writing = answeringTo({ method: "DELETE", key });
  const asking = { parts, calls, reading, writing };
  return {
    ask: (asked) => askRepeatedly(asking, asked),
    close() {
      for (const each of [reading, writing, calls]) each.close();
    },
  };
}

/** Every request may be repeated: a key is written with one content only. */
async function askRepeatedly(asking: Asking, asked: Asked): Promise<Answered> {
  const { parts, calls } = asking;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await askOnce(asking, asked);
    } catch (error) {
      const mayPass = error instanceof BucketError && !error.isRefused && !error.isUnanswered;
      if (attempt === attempts || !mayPass) throw error;
      await calls.pause(firstPauseMs * 2 ** (attempt - 1) * (1 + parts.random()));
    }
  }
}

async function askOnce(asking: Asking, asked: Asked): Promise<Answered> {
  const { parts, calls, reading, writing } = asking;
  const answering = asked.method === "GET" ? reading : writing;
  for (const each of [reading, answering]) each.check();
  const response = await answering.heed(() => responseTo(parts, asked, calls));
  const pieces = () => piecesOf(response, { calls, answering });
  if (response.ok) return { status: response.status, pieces };
  const said = await start(pieces());
  const code = textOf(said, "Code");
  if (response.status === 404 && code !== "NoSuchBucket" && asked.key !== "")
    return { status: 404, pieces: () => nothing() };
  throw errorFor(response, code);
}

/** Its body is still to be read. */
async function responseTo(parts: ClientParts, asked: Asked, calls: Calls): Promise<Response> {
  const { body } = asked;
  const request = await signed(parts, asked);
  const sendingMs = (body?.content.byteLength ?? 0) / leastBytesPerMs;
  const init = { method: asked.method, headers: request.headers, redirect: "manual" as const };
  return calls.within(answerMs + sendingMs, (signal) =>
    fetch(request.url, { ...init, signal, ...(body && { body: body.content }) }),
  );
}

function signed({ config, now }: ClientParts, asked: Asked) {
  const { region, credentials } = config;
  const headers: Record<string, string> = {
    "X-Amz-Content-Sha256": asked.body?.hash ?? hashOfNothing,
  };
  if (asked.body) headers["Content-Type"] = "application/octet-stream";
  const signer = new AwsV4Signer({
    ...{ method: asked.method, url: addressOf(config, asked), headers, ...credentials },
    ...{ service: "s3", region },
    datetime: new Date(now()).toISOString().replaceAll(/[:-]|\.\d{3}/g, ""),
  });
  return signer.sign();
}

const hashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** A name with dots fits no certificate as a part of the host, and few others than Amazon ask for it. */
function addressOf({ bucket, region, endpoint }: BucketConfig, { key, query }: Asked): string {
  const amazon = `s3.${region}.amazonaws.com`;
  const path = `/${key}`;
  const url =
    endpoint === undefined && !bucket.includes(".")
      ? new URL(`https://${bucket}.${amazon}${path}`)
      : new URL(`${endpoint ?? `https://${amazon}`}/${bucket}${key === "" ? "" : path}`);
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
  return url.href;
}

async function* piecesOf(
  { body }: Response,
  { calls, answering }: { calls: Calls; answering: Answering },
): AsyncGenerator<Uint8Array, void> {
  const reader = body?.getReader();
  try {
    while (reader) {
      const { value } = await answering.heed(() => calls.within(answerMs, () => reader.read()));
      if (!value) return;
      yield value;
    }
  } finally {
    // What is left of it ends, with its connection.
    reader?.cancel().catch(() => undefined);
  }
}

/** What an error says, as far as that is sensible. */
async function start(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of pieces) {
    all.push(piece);
    sizeBytes += piece.byteLength;
    if (sizeBytes > mostErrorBytes) break;
  }
  return Buffer.concat(all).toString();
}

async function* nothing(): AsyncGenerator<Uint8Array, void> {}
