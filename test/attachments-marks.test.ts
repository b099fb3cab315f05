import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { otherMarks } from "../src/attachments/marks.ts";
import { type AttachmentsConfig, openAttachments } from "../src/attachments/open.ts";
import { createUnused } from "../src/attachments/unused.ts";
import { checkMarks, mayRemoveFiles } from "../src/other-stores.ts";
import { openLowdbStore } from "../src/store/lowdb/open.ts";
import { newDocument } from "./contracts/store.ts";
import { startS3 } from "./fakes/s3/server.ts";
import { keptLog } from "./log.ts";
import { temporaryFolder } from "./temporary.ts";

const dayMs = 24 * 60 * 60_000;
const graceMs = 4 * dayMs;

interface Shared {
  config: AttachmentsConfig;
  /** The marks there: their names, and what they say. */
  marks(): Promise<[name: string, text: string][]>;
  takeAway(mark: string): Promise<void>;
  /** Nothing there can be read or written, until it heals. */
  breaks(): Promise<void>;
  heals(): Promise<void>;
}

const isMark = (name: string): boolean => name.startsWith("store-");

async function sharedFolder(): Promise<Shared> {
  const path = join(await temporaryFolder(), "share");
  const away = `${path}-away`;
  await mkdir(path);
  return {
    config: { kind: "folder", path },
    async marks() {
      const names = (await readdir(path)).filter(isMark);
      return Promise.all(
        names.map(async (name) => [name, await readFile(join(path, name), "utf8")]),
      );
    },
    takeAway: (mark) => rm(join(path, mark)),
    async breaks() {
      await rename(path, away);
      await writeFile(path, "");
    },
    async heals() {
      await rm(path);
      await rename(away, path);
    },
  };
}

async function sharedBucket(now: () => number): Promise<Shared> {
  const s3 = await startS3({ now });
  onTestFinished(() => s3.stop());
  const { bucket, keys, url: endpoint, objects } = s3;
  const { region, ...credentials } = keys;
  const prefix = "some/files/";
  return {
    config: { kind: "bucket", bucket, prefix, endpoint, region, credentials },
    marks: async () =>
      [...objects]
        .map(([key, content]): [string, string] => [key.slice(prefix.length), `${content}`])
        .filter(([name]) => isMark(name)),
    takeAway: async (mark) => void objects.delete(prefix + mark),
    async breaks() {
      s3.misbehaves = () => ({ status: 403, code: "AccessDenied" });
    },
    async heals() {
      s3.misbehaves = () => undefined;
    },
  };
}

/** One place, and Deskhands that have tickets of their own and keep their files there. */
async function world(share: (now: () => number) => Promise<Shared>) {
  let time = Date.now();
  const now = () => time;
  const shared = await share(now);
  const { config: attachments } = shared;
  const all: { look(): Promise<void> }[] = [];
  const begins = async (dataDir?: string) => {
    const folder = dataDir ?? (await temporaryFolder());
    const log = keptLog();
    const store = await openLowdbStore({ folder, log });
    const files = await openAttachments({ folder, config: attachments, log, now });
    const config = { dataDir: folder, database: undefined, attachments };
    const unused = createUnused({
      ...{ store, files, graceMs, log, now, after: () => () => undefined },
      mayRemove: () => mayRemoveFiles(config, { store, place: files.place, log }),
    });
    await unused.look();
    all.push(unused);
    const ends = async () => {
      all.splice(0, all.length, ...all.filter((each) => each !== unused));
      await unused.stop();
      files.close();
      await store.close();
    };
    onTestFinished(ends);
    return { folder, log, store, files, look: () => unused.look(), ends, config };
  };
  /** Each looks once a day. */
  const passes = async (days: number) => {
    for (let day = 0; day < days; day += 1) {
      time += dayMs;
      for (const each of all) await each.look();
    }
  };
  return { shared, now, begins, passes };
}

type Deskhand = Awaited<ReturnType<Awaited<ReturnType<typeof world>>["begins"]>>;

/** A file that a ticket names, and one that none does. */
async function keeps({ store, files }: Deskhand, words: string) {
  const needed = await files.keep(Buffer.from(`${words}, needed`));
  const unused = await files.keep(Buffer.from(`${words}, unused`));
  const document = newDocument();
  await store.create(document);
  await store.change(document.ticket._id, ({ messages: [message] }) => {
    message?.files.push({
      ...{ file: "f", platform: "p", name: "a.png", sizeBytes: 1, type: "image/png" },
      ...{ state: "kept", hash: needed.hash },
    });
  });
  return { needed: needed.hash, unused: unused.hash };
}

const isThere = async ({ files }: Deskhand, hash: string) => (await files.read(hash)) !== undefined;

const warnings = ({ log }: Deskhand) => log.lines.filter(({ level }) => level !== "info");

describe.each([
  ["a shared folder", sharedFolder],
  ["a bucket", sharedBucket],
])("in %s", (_, share) => {
  test("one store alone removes what nobody needs, also over restarts, and says nothing", async () => {
    const { shared, begins, passes } = await world(share);
    let one = await begins();
    const { needed, unused } = await keeps(one, "one");
    for (let times = 0; times < 4; times += 1) {
      await passes(2);
      await one.ends();
      one = await begins(one.folder);
    }
    expect([await isThere(one, needed), await isThere(one, unused)]).toEqual([true, false]);
    expect(warnings(one)).toEqual([]);
    expect((await shared.marks()).map(([, text]) => text)).toEqual([`${one.folder}\n`]);
  });

  test("neither of two stores removes what the other needs, whichever came first, and both say why", async () => {
    const { shared, begins, passes } = await world(share);
    const one = await begins();
    const ones = await keeps(one, "one");
    const other = await begins();
    const others = await keeps(other, "other");
    await passes(10);
    for (const { needed, unused } of [ones, others])
      for (const each of [one, other])
        expect([await isThere(each, needed), await isThere(each, unused)]).toEqual([true, true]);
    const told = (whom: Deskhand, of: Deskhand) =>
      expect(warnings(whom).at(-1)).toMatchObject({
        level: "warn",
        fields: { others: [expect.stringMatching(`^store-[0-9a-f]{32}: ${of.folder}$`)] },
        message: expect.stringMatching(/none is removed.*ATTACHMENTS_URL.*take its mark away/),
      });
    told(one, other);
    told(other, one);
    expect(await shared.marks()).toHaveLength(2);
  });

  test("a store whose mark was taken away leaves it again while it runs; once it has ended, the rest is removed", async () => {
    const { shared, begins, passes } = await world(share);
    const one = await begins();
    const ones = await keeps(one, "one");
    const other = await begins();
    const markOfOther = async () => {
      const [mark] = (await shared.marks()).find(([, text]) => text === `${other.folder}\n`) ?? [];
      return mark;
    };
    const mark = await markOfOther();
    await shared.takeAway(mark ?? "");
    await passes(1);
    expect(await markOfOther()).toBe(mark);
    await other.ends();
    await passes(8);
    expect(await isThere(one, ones.unused)).toBe(true);
    await shared.takeAway(mark ?? "");
    await passes(8);
    expect([await isThere(one, ones.needed), await isThere(one, ones.unused)]).toEqual([
      ...[true, false],
    ]);
  });

  test("a store that is elsewhere from now on is the same one, and says that two would harm each other", async () => {
    const { shared, begins, passes } = await world(share);
    const before = await begins();
    const { needed, unused } = await keeps(before, "one");
    await before.ends();
    const folder = join(await temporaryFolder(), "moved");
    await rename(before.folder, folder);
    const after = await begins(folder);
    await passes(8);
    expect([await isThere(after, needed), await isThere(after, unused)]).toEqual([true, false]);
    expect(warnings(after)).toMatchObject([
      { level: "warn", fields: { before: before.folder, now: folder } },
    ]);
    expect((await shared.marks()).map(([, text]) => text)).toEqual([`${folder}\n`]);
  });

  test("a process of a new store whose name was drawn by another one meanwhile leaves the mark of that", async () => {
    const { shared, now } = await world(share);
    const log = keptLog();
    const folder = await temporaryFolder();
    const { place } = await openAttachments({ folder, config: shared.config, log, now });
    const store = await openLowdbStore({ folder, log });
    onTestFinished(() => store.close());
    const drawn = "b".repeat(32);
    const put = async (name: string, content: Buffer) => {
      await store.setValue("store-id", drawn);
      await place.put(name, content);
    };
    const marking = { store, words: "one", log };
    expect(await otherMarks({ ...marking, place: { ...place, put } })).toEqual([]);
    expect(await otherMarks({ ...marking, place })).toEqual([]);
    expect(await shared.marks()).toEqual([[`store-${drawn}`, "one\n"]]);
  });

  test("nothing is removed while it cannot be known who else is there", async () => {
    const { shared, begins, passes } = await world(share);
    const one = await begins();
    const { unused } = await keeps(one, "one");
    await shared.breaks();
    await passes(8);
    await shared.heals();
    expect(await isThere(one, unused)).toBe(true);
    expect(warnings(one)).toHaveLength(8);
    await passes(8);
    expect(await isThere(one, unused)).toBe(false);
  });

  test("the doctor finds the other store", async () => {
    const { shared, begins } = await world(share);
    const one = await begins();
    expect(await checkMarks(one.config)).toMatchObject({ ok: true });
    const other = await begins();
    const told = await checkMarks(one.config);
    expect(told).toMatchObject({ ok: false, sentence: expect.stringContaining(other.folder) });
    expect(told.sentence).not.toContain(one.folder);
    const third = await checkMarks({ ...one.config, dataDir: "/elsewhere" });
    expect(third.sentence).toMatch(/before they were moved, start Deskhand/);
    await shared.breaks();
    expect(await checkMarks(one.config)).toMatchObject({ ok: false });
    await shared.heals();
  });
});
