import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openAttachments } from "../src/attachments/open.ts";
import { createUnused } from "../src/attachments/unused.ts";
import type { TicketDocument } from "../src/desk/document.ts";
import type { TicketStore } from "../src/desk/ports.ts";
import { openLowdbStore } from "../src/store/lowdb/open.ts";
import { newDocument } from "./contracts/store.ts";
import { keptLog } from "./log.ts";
import { temporaryFolder } from "./temporary.ts";

const hourMs = 60 * 60_000;
const dayMs = 24 * hourMs;
const graceMs = 4 * dayMs;

const content = Buffer.from("a picture of what went wrong");

/** A data folder that outlives what looks after it, once a day, as time goes on. */
async function world() {
  const folder = await temporaryFolder();
  const log = keptLog();
  let time = Date.parse("2026-01-01T00:00:00Z");
  const now = () => time;
  const begin = async () => {
    const store = await openLowdbStore({ folder, log });
    const files = await openAttachments({ folder, log, now });
    const unused = createUnused({
      ...{ store, files, graceMs, log, now, after: () => () => undefined },
      mayRemove: () => Promise.resolve(true),
    });
    await unused.look();
    return { store, files, unused };
  };
  let running = await begin();
  const end = async () => {
    await running.unused.stop();
    await running.store.close();
  };
  onTestFinished(() => end());
  const passes = async (ms: number) => {
    for (let left = ms; left > 0; left -= dayMs) {
      time += Math.min(left, dayMs);
      await running.unused.look();
    }
  };
  /** It is away for so long. */
  const restarts = async (
    awayMs: number,
    meanwhile: () => Promise<void> = () => Promise.resolve(),
  ) => {
    await end();
    await meanwhile();
    time += awayMs;
    running = await begin();
  };
  return {
    ...{ folder, log, now, passes, restarts },
    store: () => running.store,
    files: () => running.files,
  };
}

/** A ticket with one message that has this content. */
async function ticketWith(store: TicketStore, hash: string): Promise<string> {
  const document = newDocument();
  await store.create(document);
  const { _id: id } = document.ticket;
  await store.change(id, (draft) => {
    const [message] = draft.messages;
    message?.files.push({
      ...{ file: "f", platform: "p", name: "a.png", sizeBytes: 1, type: "image/png" },
      ...{ state: "kept", hash },
    });
  });
  return id;
}

const takesBack = (draft: TicketDocument) => {
  for (const { files } of draft.messages) for (const each of files) each.state = "removed";
};

describe("the content of a file that was taken back", () => {
  test("is there as long as links may lead to it, and then is gone", async () => {
    const { store, files, passes } = await world();
    const { hash } = await files().keep(content);
    const id = await ticketWith(store(), hash);
    await passes(10 * dayMs);
    expect(await files().read(hash)).toEqual(content);
    await store().change(id, takesBack);
    await passes(graceMs - hourMs);
    expect(await files().read(hash)).toEqual(content);
    await passes(2 * dayMs);
    expect(await files().read(hash)).toBeUndefined();
  });

  test("is there as long as another ticket has the same", async () => {
    const { store, files, passes } = await world();
    const { hash } = await files().keep(content);
    const one = await ticketWith(store(), hash);
    const other = await ticketWith(store(), hash);
    await store().change(one, takesBack);
    await passes(3 * graceMs);
    expect(await files().read(hash)).toEqual(content);
    await store().change(other, takesBack);
    await passes(graceMs + 2 * dayMs);
    expect(await files().read(hash)).toBeUndefined();
  });

  test("stays if it is sent again meanwhile, also if it is named only later", async () => {
    const { store, files, passes } = await world();
    const { hash } = await files().keep(content);
    const id = await ticketWith(store(), hash);
    await store().change(id, takesBack);
    await passes(graceMs - hourMs);
    await files().keep(content);
    // Whatever looks now: the ticket is still to be written.
    await passes(2 * dayMs);
    expect(await files().read(hash)).toEqual(content);
    await ticketWith(store(), hash);
    await passes(3 * graceMs);
    expect(await files().read(hash)).toEqual(content);
  });

  test("is gone in time, though it is stopped again and again", async () => {
    const { store, files, restarts } = await world();
    const { hash } = await files().keep(content);
    const id = await ticketWith(store(), hash);
    await store().change(id, takesBack);
    await restarts(hourMs);
    for (let days = 0; days < 3; days += 1) {
      await restarts(dayMs);
      expect(await files().read(hash)).toEqual(content);
    }
    await restarts(dayMs);
    expect(await files().read(hash)).toBeUndefined();
  });

  test("begins anew when it is lost since when nobody needs it", async () => {
    const { folder, store, files, restarts, passes } = await world();
    const { hash } = await files().keep(content);
    await store().change(await ticketWith(store(), hash), takesBack);
    await restarts(hourMs);
    const path = join(folder, "attachments", "unused.json");
    expect(Object.keys(JSON.parse(await readFile(path, "utf8")))).toEqual([hash]);
    await restarts(2 * graceMs, () => writeFile(path, '{"'));
    expect(await files().read(hash)).toEqual(content);
    await passes(graceMs + 2 * dayMs);
    expect(await files().read(hash)).toBeUndefined();
    expect(await readFile(path, "utf8")).toBe("{}\n");
  });
});

test("what no ticket has had, as a crash left it, is gone in time; what is new is not", async () => {
  const { folder, files, passes } = await world();
  const { hash } = await files().keep(content);
  await passes(graceMs + 2 * dayMs);
  const fresh = await files().keep(Buffer.from("just fetched"));
  expect(await files().read(hash)).toBeUndefined();
  await passes(2 * dayMs);
  expect(await files().read(fresh.hash)).toBeDefined();
  expect(await readdir(join(folder, "attachments"))).toContain(fresh.hash.slice(0, 2));
});

test("nothing is removed while there are tickets that cannot be read: they may need it", async () => {
  const { folder, files, restarts } = await world();
  const { hash } = await files().keep(content);
  await restarts(hourMs, async () => {
    await mkdir(join(folder, "damaged"));
    await writeFile(join(folder, "damaged", "torn.json"), "{");
  });
  for (let times = 0; times < 3; times += 1) await restarts(2 * graceMs);
  expect(await files().read(hash)).toEqual(content);
});

test("of a content that is sent again and again, the copies go in time but for the youngest", async () => {
  const { store, files, passes } = await world();
  const { hash } = await files().keep(content);
  await ticketWith(store(), hash);
  const copies = async () => {
    for await (const each of files().hashes()) if (each.hash === hash) return each.copies;
    return 0;
  };
  for (let days = 0; days < 3; days += 1) {
    await passes(dayMs);
    await files().keep(content);
  }
  expect(await copies()).toBe(4);
  await passes(3 * graceMs);
  expect(await copies()).toBe(1);
  expect(await files().read(hash)).toEqual(content);
});
