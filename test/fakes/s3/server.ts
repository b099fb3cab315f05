/** An S3-compatible bucket, on a real socket and in memory, as far as attachments need one. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { type Keys, refusalOf } from "./signature.ts";

type S3Fault =
  /** Answered so, without effect. */
  | { status: number; code?: string; headers?: Record<string, string> }
  /** The connection is cut: before it has an effect, after it, or amid the answer. */
  | { cut: "before" | "after" | "amid" }
  /** Nothing is answered: at all, or after the first half. */
  | { silent: "all" | "half" }
  | { status: 200; body: string };

interface S3Request {
  method: string;
  /** In the bucket; empty for the bucket itself. */
  key: string;
  query: Record<string, string>;
  /** What was answered; undefined: nothing. */
  status: number | undefined;
}

export interface S3Server {
  /** Its address, without the bucket. */
  url: string;
  keys: Keys;
  bucket: string;
  objects: Map<string, Buffer>;
  /** All that came, in order. */
  requests: S3Request[];
  /** How many keys a page has at most. */
  pageSize: number;
  /** Asked about each request: how it fails, if it does. */
  misbehaves: (request: S3Request) => S3Fault | undefined;
  /** What is to be done before a request takes effect. */
  before: (request: S3Request) => Promise<void>;
  /** How many are not answered yet. */
  underway(): number;
  stop(): Promise<void>;
}

const s3Keys: Keys = {
  accessKeyId: "AKIDOFTHESTANDIN",
  secretAccessKey: "a/secret+of/the+stand-in",
  region: "eu-test-1",
};

interface Answer {
  status: number;
  body?: string | Buffer;
  headers?: Record<string, string>;
}

/** On a free port, with one bucket that is empty. */
export async function startS3({ now = Date.now } = {}): Promise<S3Server> {
  let underway = 0;
  const s3: S3Server = {
    ...{
      url: "",
      keys: { ...s3Keys },
      bucket: "desk-files",
      objects: new Map(),
      requests: [],
      pageSize: 1_000,
    },
    misbehaves: () => undefined,
    before: () => Promise.resolve(),
    underway: () => underway,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const server = createServer((request, response) => {
    underway += 1;
    response.on("close", () => {
      underway -= 1;
    });
    // Who asks may give up: then there is no one to answer.
    answer(s3, request, response, now).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  s3.url = `http://127.0.0.1:${port}`;
  return s3;
}

async function answer(
  s3: S3Server,
  request: IncomingMessage,
  response: ServerResponse,
  now: () => number,
): Promise<void> {
  const content = await buffer(request);
  const { pathname, searchParams } = new URL(request.url ?? "/", s3.url);
  const [, bucket = "", ...rest] = pathname.split("/");
  const asked: S3Request = {
    ...{ method: request.method ?? "", key: decodeURIComponent(rest.join("/")) },
    ...{ query: Object.fromEntries(searchParams), status: undefined },
  };
  s3.requests.push(asked);
  await s3.before(asked);
  const fault = s3.misbehaves(asked);
  const at = whereOf(fault);
  if (at === "all") return;
  if (at !== "before") {
    const refusal = () => refusalFor(s3, request, { bucket, content, now: now() });
    const answered =
      fault && "status" in fault ? errorOr(fault) : applied(s3, asked, content, refusal());
    asked.status = answered.status;
    if (at !== "after") return send(response, answered, at);
  }
  request.socket.resetAndDestroy();
}

type Where = "before" | "after" | "amid" | "all" | "half" | undefined;

function whereOf(fault: S3Fault | undefined): Where {
  if (fault && "cut" in fault) return fault.cut;
  return fault && "silent" in fault ? fault.silent : undefined;
}

const applied = (s3: S3Server, asked: S3Request, content: Buffer, refusal: string | undefined) =>
  refusal === undefined ? act(s3, asked, content) : error(refusal);

function refusalFor(
  s3: S3Server,
  { method = "", url = "", headers }: IncomingMessage,
  { bucket, content, now }: { bucket: string; content: Buffer; now: number },
): string | undefined {
  const refusal = refusalOf({ method, url, headers }, s3.keys, now);
  if (refusal !== undefined) return refusal;
  if (bucket !== s3.bucket) return "NoSuchBucket";
  const isWhole = contentHash(content) === headers["x-amz-content-sha256"];
  return isWhole ? undefined : "XAmzContentSHA256Mismatch";
}

async function send(
  response: ServerResponse,
  { status, body = "", headers }: Answer,
  half: Where,
): Promise<void> {
  const content = Buffer.from(body);
  const length = status === 204 ? {} : { "content-length": content.byteLength };
  response.writeHead(status, { ...headers, ...length });
  if (half === undefined) {
    response.end(content);
    return;
  }
  const first = content.subarray(0, Math.floor(content.byteLength / 2));
  await new Promise((resolve) => response.write(first, resolve));
  if (half === "amid") response.socket?.resetAndDestroy();
}

const contentHash = (content: Buffer) => createHash("sha256").update(content).digest("hex");

const statuses: Record<string, number> = {
  ...{ NoSuchKey: 404, NoSuchBucket: 404, MethodNotAllowed: 405 },
  ...{ XAmzContentSHA256Mismatch: 400, AuthorizationHeaderMalformed: 400, InvalidToken: 400 },
};

const error = (code: string): Answer => ({
  status: statuses[code] ?? 403,
  // Amazon's own says more, such as whose key it was: none of that is for a log.
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>No.</Message><AWSAccessKeyId>shown-by-mistake</AWSAccessKeyId></Error>`,
});

function errorOr(fault: Extract<S3Fault, { status: number }>): Answer {
  if ("body" in fault) return fault;
  const { status, code, headers = {} } = fault;
  return { ...(code === undefined ? {} : error(code)), status, headers };
}

function act(s3: S3Server, { method, key, query }: S3Request, content: Buffer): Answer {
  if (method === "GET" && key === "" && query["list-type"] === "2") return list(s3, query);
  if (method === "PUT" && key !== "") {
    s3.objects.set(key, content);
    return { status: 200 };
  }
  if (method === "DELETE" && key !== "") {
    s3.objects.delete(key);
    return { status: 204 };
  }
  const found = s3.objects.get(key);
  if (method === "GET" && key !== "")
    return found ? { status: 200, body: found } : error("NoSuchKey");
  return error("MethodNotAllowed");
}

/** A token with every character that needs care in XML or in an address. */
const tokenAfter = (key: string) => `${Buffer.from(key).toString("base64")}+/=&<">' %`;
const keyOf = (token: string) => Buffer.from(token.slice(0, -10), "base64").toString();

function list(s3: S3Server, query: Record<string, string>): Answer {
  const { prefix = "", "continuation-token": token } = query;
  const after = token === undefined ? "" : keyOf(token);
  const keys = [...s3.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  const page = keys.slice(0, s3.pageSize);
  const isCut = page.length < keys.length;
  const contents = page.map(
    (key) =>
      `<Contents><Key>${xml(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>${s3.objects.get(key)?.byteLength}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
  );
  const next = isCut
    ? `<NextContinuationToken>${xml(tokenAfter(page.at(-1) ?? ""))}</NextContinuationToken>`
    : "";
  return {
    status: 200,
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${s3.bucket}</Name><Prefix>${xml(prefix)}</Prefix><KeyCount>${page.length}</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>${isCut}</IsTruncated>${contents.join("")}${next}</ListBucketResult>`,
  };
}

const xml = (text: string) =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
