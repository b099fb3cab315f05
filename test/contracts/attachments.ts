import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Attachments } from "../../src/attachments/attachments.ts";

export interface AttachmentsWorld {
  /** As another process, in the same place. */
  open(): Promise<Attachments>;
  /** Whether it is read as a whole before it is passed on. */
  isNear: boolean;
  /** The names of all that is there. */
  names(): Promise<string[]>;
  /** Changes what is there. */
  overwrite(name: string, content: Buffer): Promise<void>;
  passes(ms: number): void;
  now(): number;
  /** Nothing there can be read or written, until it heals. */
  breaks(): Promise<void>;
  heals(): Promise<void>;
}

const hourMs = 60 * 60_000;
const content = Buffer.from("a picture of what went wrong");
const sha256 = (content: Buffer) => createHash("sha256").update(content).digest("hex");
const hash = sha256(content);

const all = async (stream: ReadableStream<Uint8Array> | undefined) =>
  Buffer.from(await new Response(stream ?? null).arrayBuffer());

async function listed(attachments: Attachments) {
  const found: { hash: string; copies: number }[] = [];
  for await (const each of attachments.hashes()) found.push(each);
  return found;
}

/** What a process does to a content; one in three keeps it. */
const doings = [
  async (process: Attachments, content: Buffer) => {
    const { hash } = await process.keep(content);
    expect(await process.read(hash)).toEqual(content);
  },
  (process: Attachments, content: Buffer, old: number) =>
    process.removeUnused(sha256(content), old, async () => true),
  (process: Attachments, content: Buffer, old: number) =>
    process.removeCopies(sha256(content), old),
];

/** Whoever is passed it on has less than was announced. */
async function breaksOff(opened: Awaited<ReturnType<Attachments["open"]>>): Promise<void> {
  let gotBytes = 0;
  const reading = async () => {
    for await (const piece of opened?.content ?? []) gotBytes += piece.byteLength;
  };
  await expect(reading()).rejects.toMatchObject({ code: "READ_FAILED" });
  expect(gotBytes).toBeLessThan(opened?.sizeBytes ?? 0);
}

/** What is not as it was kept shows before it is passed on, or before its end. */
async function isNotGivenOut(attachments: Attachments, isNear: boolean): Promise<void> {
  expect(await attachments.read(hash)).toBeUndefined();
  const opened = await attachments.open(hash);
  if (isNear) expect(opened).toBeUndefined();
  else await breaksOff(opened);
}

/** What attachments are for, wherever they are. */
export function attachmentsContract(place: string, begin: () => Promise<AttachmentsWorld>): void {
  describe(`attachments in ${place}`, () => {
    test("are kept by what is in them, and there after a restart and in another process", async () => {
      const { open } = await begin();
      expect(await (await open()).keep(content)).toEqual({ hash, sizeBytes: content.byteLength });
      const again = await open();
      expect(await again.read(hash)).toEqual(content);
      const opened = await again.open(hash);
      expect(opened?.sizeBytes).toBe(content.byteLength);
      expect(await all(opened?.content)).toEqual(content);
    });

    test("may be empty, and may be large", async () => {
      const attachments = await (await begin()).open();
      for (const each of [Buffer.alloc(0), Buffer.alloc(3_000_000, "deskhand")]) {
        const { hash } = await attachments.keep(each);
        // Compared at once: a matcher goes through such a buffer byte by byte, for many seconds.
        expect(each.equals((await attachments.read(hash)) ?? Buffer.from("none"))).toBe(true);
        const opened = await attachments.open(hash);
        expect(opened?.sizeBytes).toBe(each.byteLength);
        expect(each.equals(await all(opened?.content))).toBe(true);
      }
    });

    test("that were never there are not", async () => {
      const attachments = await (await begin()).open();
      expect(await attachments.read(hash)).toBeUndefined();
      expect(await attachments.open(hash)).toBeUndefined();
      expect(await listed(attachments)).toEqual([]);
    });

    test("kept again, at once or soon, are written once", async () => {
      const { open, names, passes } = await begin();
      const attachments = await open();
      await Promise.all([attachments.keep(content), attachments.keep(Buffer.from(content))]);
      const before = await names();
      passes(11 * hourMs);
      await attachments.keep(content);
      await (await open()).keep(content);
      expect([await names(), before.length]).toEqual([before, 1]);
    });

    test("that are opened may be left unread, or half read", async () => {
      const attachments = await (await begin()).open();
      const { hash } = await attachments.keep(Buffer.alloc(1_000_000, "deskhand"));
      await attachments.open(hash);
      const reader = (await attachments.open(hash))?.content.getReader();
      expect((await reader?.read())?.value?.byteLength).toBeGreaterThan(0);
      await reader?.cancel();
      expect((await attachments.read(hash))?.byteLength).toBe(1_000_000);
    });

    test("that are damaged are not given out as if they were whole; keeping them repairs them", async () => {
      const { open, names, overwrite, isNear, passes } = await begin();
      const attachments = await open();
      await attachments.keep(content);
      for (const spoilt of [content.subarray(0, 5), Buffer.alloc(content.byteLength)]) {
        for (const name of await names()) await overwrite(name, spoilt);
        await isNotGivenOut(attachments, isNear);
      }
      // What is far is not read again within hours of when it was written.
      if (!isNear) passes(13 * hourMs);
      await attachments.keep(content);
      expect(await attachments.read(hash)).toEqual(content);
    });

    test("of which one copy is damaged are given out from another", async () => {
      const { open, names, overwrite, passes } = await begin();
      const attachments = await open();
      await attachments.keep(content);
      passes(13 * hourMs);
      await attachments.keep(content);
      const young = (await names()).sort().at(-1) ?? "";
      await overwrite(young, Buffer.from("no picture"));
      expect(await listed(attachments)).toEqual([{ hash, copies: 2 }]);
      expect(await attachments.read(hash)).toEqual(content);
    });

    test("are all listed, each once, however many there are", async () => {
      const { open, passes } = await begin();
      const attachments = await open();
      const contents = Array.from({ length: 25 }, (_, number) => Buffer.from(`file ${number}`));
      for (const each of contents) await attachments.keep(each);
      passes(13 * hourMs);
      for (const each of contents.slice(0, 5)) await attachments.keep(each);
      const expected = contents.map((each, at) => ({ hash: sha256(each), copies: at < 5 ? 2 : 1 }));
      const byHash = (one: { hash: string }, other: { hash: string }) =>
        one.hash < other.hash ? -1 : 1;
      expect((await listed(attachments)).sort(byHash)).toEqual(expected.sort(byHash));
    });

    test("are removed when they are old and unused, and only then", async () => {
      const { open, passes, now, names } = await begin();
      const attachments = await open();
      await attachments.keep(content);
      const kept = now();
      passes(48 * hourMs);
      expect(await attachments.removeUnused(hash, kept - 1, async () => true)).toBe(false);
      expect(await attachments.removeUnused(hash, kept, async () => false)).toBe(false);
      expect(await attachments.read(hash)).toEqual(content);
      expect(await attachments.removeUnused(hash, kept, async () => true)).toBe(true);
      expect(await attachments.removeUnused(hash, kept, async () => true)).toBe(false);
      expect([await attachments.read(hash), await names()]).toEqual([undefined, []]);
    });

    test("that one process keeps just as others remove them are there", async () => {
      const { open, passes, now } = await begin();
      const [one, other, third] = [await open(), await open(), await open()];
      await one.keep(content);
      const until = now();
      passes(48 * hourMs);
      const removals = await Promise.all([
        other.removeUnused(hash, until, async () => {
          // It is known to be unused, and about to be removed.
          await one.keep(content);
          return true;
        }),
        third.removeUnused(hash, until, async () => true),
      ]);
      expect(removals).toContain(true);
      for (const each of [one, other, third]) expect(await each.read(hash)).toEqual(content);
    });

    test("that several processes keep, read and remove at once are there as long as they must be", async () => {
      const { open, passes, now } = await begin();
      const processes = [await open(), await open(), await open()];
      const contents = Array.from({ length: 6 }, (_, number) => Buffer.from(`file ${number}`));
      for (let round = 0; round < 12; round += 1) {
        passes(9 * hourMs);
        const old = now() - 24 * hourMs;
        const acts = processes.flatMap((process, place) =>
          contents.map((each, number) =>
            doings[(round + place + number) % doings.length]?.(process, each, old),
          ),
        );
        await Promise.all(acts);
        // Of three processes, one has kept each of them in each round.
        for (const each of contents) expect(await processes[0]?.read(sha256(each))).toEqual(each);
      }
    });

    test("that cannot be reached are not taken for gone, and are there again", async () => {
      const { open, breaks, heals } = await begin();
      const attachments = await open();
      await attachments.keep(content);
      await breaks();
      const other = Buffer.from("another");
      const failed = await Promise.allSettled([
        attachments.keep(other),
        attachments.read(hash),
        attachments.open(hash),
        listed(attachments),
      ]);
      expect(failed.map((each) => each.status === "rejected" && each.reason.code)).toEqual([
        ...["WRITE_FAILED", "READ_FAILED", "READ_FAILED", "READ_FAILED"],
      ]);
      await heals();
      expect(await attachments.read(hash)).toEqual(content);
      await attachments.keep(other);
      expect(await attachments.read(sha256(other))).toEqual(other);
    });
  });
}
