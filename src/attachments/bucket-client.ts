/** Signed requests to an S3-compatible bucket, each with a time limit, tried a few times. */
import { AwsV4Signer } from "aws4fetch";
import type { After } from "../desk/timing.ts";
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

/** What a bucket did not do; the message says why, in a part of a sentence, without secrets. */
export class BucketError extends Error {
  override readonly name = "BucketError";
  /** It was understood, and refused: the same will be refused again. */
  readonly isRefused: boolean;

  constructor(message: string, isRefused: boolean, options?: ErrorOptions) {
    super(message, options);
    this.isRefused = isRefused;
  }
}

/** What is under way takes this long at most until an answer begins, and from piece to piece. */
const answerMs = 20_000;
/** What is sent may be sent this slowly. */
const leastBytesPerMs = 50;
const attempts = 3;
/** Doubled from one attempt to the next. */
const firstPauseMs = 250;

/** A page of a list has some hundred bytes for each of its 1,000 keys. */
const mostErrorBytes = 65_536;

export function createBucketClient(parts: ClientParts): BucketClient {
  const calls = new Calls(parts.after);
  return {
    ask: (asked) => askRepeatedly(parts, asked, calls),
    close: () => calls.close(),
  };
}

/** Every request may be repeated: a key is written with one content only. */
async function askRepeatedly(parts: ClientParts, asked: Asked, calls: Calls): Promise<Answered> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await askOnce(parts, asked, calls);
    } catch (error) {
      if (attempt === attempts || !(error instanceof BucketError) || error.isRefused) throw error;
      const ms = firstPauseMs * 2 ** (attempt - 1) * (1 + parts.random());
      // Ends early when all is over, and the next attempt with it.
      await calls.within(ms, () => new Promise(() => undefined)).catch(() => undefined);
    }
  }
}

async function askOnce(parts: ClientParts, asked: Asked, calls: Calls): Promise<Answered> {
  const { body } = asked;
  const request = await signed(parts, asked);
  const sendingMs = (body?.content.byteLength ?? 0) / leastBytesPerMs;
  const init = { method: asked.method, headers: request.headers, redirect: "manual" as const };
  const response = await calls.within(answerMs + sendingMs, (signal) =>
    fetch(request.url, { ...init, signal, ...(body && { body: body.content }) }),
  );
  const pieces = () => piecesOf(response, calls);
  if (response.ok) return { status: response.status, pieces };
  const said = await start(pieces());
  const code = textOf(said, "Code");
  if (response.status === 404 && code !== "NoSuchBucket" && asked.key !== "")
    return { status: 404, pieces: () => nothing() };
  throw errorFor(response, code);
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

/** What is under way, each with a time limit; all of it ends when the client does. */
class Calls {
  readonly #after: After;
  readonly #underway = new Set<(reason: string) => void>();
  #isOver = false;

  constructor(after: After) {
    this.#after = after;
  }

  close(): void {
    this.#isOver = true;
    for (const end of [...this.#underway]) end(stopping);
  }

  /** Throws a `BucketError`, also while the work goes on. */
  async within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#isOver) throw new BucketError(stopping, false);
    const controller = new AbortController();
    let end: (reason: string) => void = () => undefined;
    const ended = new Promise<never>((_, reject) => {
      end = (reason) => {
        reject(new BucketError(reason, false));
        controller.abort();
      };
    });
    this.#underway.add(end);
    const cancel = this.#after(ms, () =>
      end(`there was no answer within ${Math.ceil(ms / 1_000)} s`),
    );
    try {
      return await Promise.race([ended, work(controller.signal)]);
    } catch (cause) {
      throw cause instanceof BucketError ? cause : unreached(cause);
    } finally {
      cancel();
      this.#underway.delete(end);
    }
  }
}

const stopping = "Deskhand is stopping";

/** What `fetch` says itself is always the same: what it says of the cause tells more. */
function unreached(error: unknown): BucketError {
  const { cause = error } = error instanceof Error ? error : {};
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BucketError(`it cannot be reached: ${reason}`, false, { cause: error });
}

async function* piecesOf({ body }: Response, calls: Calls): AsyncGenerator<Uint8Array, void> {
  const reader = body?.getReader();
  try {
    while (reader) {
      const { value } = await calls.within(answerMs, () => reader.read());
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

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList */
const refusals: Record<string, string> = {
  InvalidAccessKeyId: "the key in AWS_ACCESS_KEY_ID is not known there",
  SignatureDoesNotMatch: "AWS_SECRET_ACCESS_KEY is not the secret of the key in AWS_ACCESS_KEY_ID",
  ExpiredToken: "AWS_SESSION_TOKEN has expired",
  InvalidToken: "AWS_SESSION_TOKEN is not valid there",
  AccessDenied:
    "these credentials may not do that there. They need s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject on what is in it",
  NoSuchBucket: "there is no such bucket there",
  RequestTimeTooSkewed: "the clock of this machine is not right",
};

const elsewhere: ReadonlySet<string> = new Set([
  "PermanentRedirect",
  "TemporaryRedirect",
  "AuthorizationHeaderMalformed",
  "IllegalLocationConstraintException",
]);

/** What may pass by itself: too much at once, or a fault there. */
const isPassing = (status: number, code: string | undefined): boolean =>
  status >= 500 || status === 429 || status === 408 || code === "RequestTimeout";

function errorFor({ status, headers }: Response, code: string | undefined): BucketError {
  const region = headers.get("x-amz-bucket-region");
  const answer = `it answers ${status}${code === undefined ? "" : ` ${printable(code)}`}`;
  if (isPassing(status, code)) return new BucketError(answer, false);
  if (status < 400 || (code !== undefined && elsewhere.has(code))) {
    const where = region === null ? "" : `, such as ${printable(region)}`;
    return new BucketError(`${answer}: set the bucket's own region=${where}`, true);
  }
  const known = code === undefined ? undefined : refusals[code];
  return new BucketError(known === undefined ? answer : `${known} (${answer})`, true);
}

const printable = (text: string): string => text.replaceAll(/[^\w.-]/g, "").slice(0, 60);
