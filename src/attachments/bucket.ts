/** An S3-compatible bucket of attachments, which nobody else needs to see: it may stay private. */
import { createHash } from "node:crypto";
import { StoreError } from "../desk/ports.ts";
import { type BucketClient, type ClientParts, createBucketClient } from "./bucket-client.ts";
import { BucketError } from "./bucket-errors.ts";
import { type ListPage, readListPage } from "./bucket-list.ts";
import { Absent, type Place, whole } from "./place.ts";

interface Bucket {
  title: string;
  prefix: string;
  client: BucketClient;
}

/** Nothing is asked of it yet. What is written there is seen by all from then on, as S3 has it. */
export function bucketPlace(parts: ClientParts): Place {
  const { bucket: name, prefix, endpoint } = parts.config;
  const client = createBucketClient(parts);
  const title = `s3://${name}/${prefix}${endpoint === undefined ? "" : ` at ${endpoint}`}`;
  const bucket = { title, prefix, client };
  return {
    title,
    isNear: false,
    read: (name) => piecesOf(bucket, name),
    list: (start) => listed(bucket, start),
    async put(name, content) {
      const hash = createHash("sha256").update(content).digest("hex");
      await writing(bucket, "keep an attachment in", () =>
        client.ask({ method: "PUT", key: prefix + name, body: { content, hash } }),
      );
    },
    settle: () => Promise.resolve(),
    remove: (name) =>
      writing(bucket, "remove an attachment from", () =>
        client.ask({ method: "DELETE", key: prefix + name }),
      ),
    close: () => client.close(),
  };
}

async function* piecesOf(bucket: Bucket, name: string): AsyncGenerator<Uint8Array, void> {
  const { title, prefix, client } = bucket;
  try {
    const answer = await client.ask({ method: "GET", key: prefix + name });
    if (answer.status === 404) throw new Absent(title, name);
    yield* answer.pieces();
  } catch (error) {
    throw unreadable(bucket, error);
  }
}

async function* listed(
  bucket: Bucket,
  start: string,
): AsyncGenerator<{ name: string; sizeBytes: number }, void> {
  const { prefix } = bucket;
  let from: string | undefined;
  do {
    const page = await pageOf(bucket, start, from);
    for (const { key, sizeBytes } of page.objects)
      yield { name: key.slice(prefix.length), sizeBytes };
    from = page.next;
  } while (from !== undefined);
}

async function pageOf(bucket: Bucket, start: string, from: string | undefined): Promise<ListPage> {
  const query = {
    ...{ "list-type": "2", prefix: bucket.prefix + start },
    ...(from !== undefined && { "continuation-token": from }),
  };
  try {
    const answer = await bucket.client.ask({ method: "GET", key: "", query });
    const page = readListPage((await whole(answer.pieces())).toString());
    // The same page over and over would never end.
    if (page && (page.next === undefined || page.next !== from)) return page;
    throw new BucketError("what answers there is no S3-compatible bucket", { isRefused: true });
  } catch (error) {
    throw unreadable(bucket, error);
  }
}

async function writing(
  { title }: Bucket,
  what: string,
  work: () => Promise<{ pieces(): AsyncIterable<Uint8Array> }>,
): Promise<void> {
  try {
    await whole((await work()).pieces());
  } catch (cause) {
    const message = `Could not ${what} ${title}: ${reasonOf(cause)}. It is tried again later, as often as it is needed.`;
    throw new StoreError("WRITE_FAILED", message, { cause });
  }
}

function unreadable({ title }: Bucket, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const message = `Attachments in ${title} cannot be read: ${reasonOf(cause)}.`;
  return new StoreError("READ_FAILED", message, { cause });
}

const reasonOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);
