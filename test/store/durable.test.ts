import fs, { readdirSync, readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { openLowdbStore } from "../../src/store/lowdb/open.ts";
import { newDocument } from "../contracts/store.ts";
import { hangsMs } from "../fakes/until.ts";
import { keptLog } from "../log.ts";
import { temporaryFolder } from "../temporary.ts";

/** A sync as the kernel is asked for it: of which kind, and what the folder held when it began. */
interface Sync {
  of: "file" | "folder";
  names: string[];
  /** Lets it be done, or fail. */
  finish(error?: Error): void;
}

let folder: string;
let syncs: Sync[];
let holds: boolean;

/** Every sync goes on to the real one, once the test lets it. */
beforeEach(async () => {
  folder = await temporaryFolder();
  syncs = [];
  holds = false;
  const real = fs.fsync;
  const spy = vi.spyOn(fs, "fsync").mockImplementation((fd, callback) => {
    const isFolder = fs.fstatSync(fd).isDirectory();
    const finish = (error?: Error) => (error ? callback(error) : real(fd, callback));
    syncs.push({ of: isFolder ? "folder" : "file", names: tickets(), finish });
    if (!holds) finish();
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    spy.mockRestore();
    syncBuiltinESMExports();
  });
});

const tickets = (): string[] => {
  try {
    return readdirSync(join(folder, "tickets"));
  } catch {
    return [];
  }
};

async function openStore() {
  const store = await openLowdbStore({ folder, log: keptLog() });
  onTestFinished(() => {
    holds = false;
    return store.close();
  });
  syncs = [];
  return store;
}

const next = async (of: Sync["of"]): Promise<Sync> => {
  await expect.poll(() => syncs[0], { timeout: hangsMs, interval: 1 }).toBeDefined();
  const sync = syncs.shift();
  expect(sync?.of).toBe(of);
  if (!sync) throw new Error("There is no sync");
  return sync;
};

const isSettled = async (promise: Promise<unknown>) => {
  const settled = promise.then(
    () => true,
    () => true,
  );
  return Promise.race([settled, new Promise((resolve) => setImmediate(() => resolve(false)))]);
};

describe("a write", () => {
  test("syncs the file, then names it, then syncs the folder, and only then is done", async () => {
    const store = await openStore();
    holds = true;
    const document = newDocument();
    const name = `${document.ticket._id}.json`;
    const created = store.create(document);

    const file = await next("file");
    expect(file.names).toHaveLength(1);
    expect(file.names).not.toContain(name);
    const [temporary] = file.names;
    expect(JSON.parse(readFileSync(join(folder, "tickets", `${temporary}`), "utf8"))).toEqual(
      document,
    );
    file.finish();

    const named = await next("folder");
    expect(named.names).toEqual([name]);
    expect(await isSettled(created)).toBe(false);
    expect(await store.get(document.ticket._id)).toBeUndefined();
    named.finish();
    expect(await created).toBe("created");
  });

  test("shares a folder's sync only with those that were named before it began", async () => {
    const store = await openStore();
    holds = true;
    const [one, two, three] = [newDocument(), newDocument(), newDocument()];
    const first = store.create(one);
    (await next("file")).finish();
    const firstSync = await next("folder");

    const others = [store.create(two), store.create(three)];
    (await next("file")).finish();
    (await next("file")).finish();
    await expect
      .poll(() => tickets().filter((name) => name.endsWith(".json")), { timeout: hangsMs })
      .toHaveLength(3);
    firstSync.finish();
    await first;
    expect(await isSettled(Promise.race(others))).toBe(false);

    const shared = await next("folder");
    expect(shared.names).toHaveLength(3);
    shared.finish();
    expect(await Promise.all(others)).toEqual(["created", "created"]);
    expect(syncs).toEqual([]);
  });

  test("whose file cannot be synced changes nothing", async () => {
    const store = await openStore();
    const document = newDocument();
    await store.create(document);
    holds = true;
    const change = store.change(document.ticket._id, (draft) => draft.ticket.tags.push("new"));
    syncs = [];
    (await next("file")).finish(new Error("EIO"));
    await expect(change).rejects.toMatchObject({ code: "WRITE_FAILED" });
    holds = false;
    expect(await store.get(document.ticket._id)).toEqual(document);
    expect(tickets()).toEqual([`${document.ticket._id}.json`]);
  });

  test("whose folder cannot be synced is not called undone, and not confirmed until it can", async () => {
    const store = await openStore();
    holds = true;
    const document = newDocument({}, { creationKey: "form 1" });
    const created = store.create(document);
    (await next("file")).finish();
    (await next("folder")).finish(new Error("EIO"));
    await expect(created).rejects.toMatchObject({ code: "WRITE_UNCERTAIN" });

    const again = store.create(newDocument({}, { creationKey: "form 1" }));
    (await next("folder")).finish(new Error("EIO"));
    await expect(again).rejects.toMatchObject({ code: "WRITE_UNCERTAIN" });

    const read = store.change(document.ticket._id, (draft) => draft.ticket.title);
    const made = await next("folder");
    expect(await isSettled(read)).toBe(false);
    made.finish();
    expect(await read).toBe(document.ticket.title);
    holds = false;
    expect(await store.create(newDocument({}, { creationKey: "form 1" }))).toBe("exists");
    expect(syncs).toEqual([]);
  });
});

describe("a start", () => {
  test("makes a new data folder durable, up to the one that was there", async () => {
    const nested = join(folder, "a", "b");
    const store = await openLowdbStore({ folder: nested, log: keptLog() });
    await store.close();
    // `a` in the folder, `b` in a, `tickets` in b, and what is in tickets.
    expect(syncs.map(({ of }) => of)).toEqual(["folder", "folder", "folder", "folder"]);
  });

  test("syncs what a crash may have named and not synced, before it is told", async () => {
    const first = await openLowdbStore({ folder, log: keptLog() });
    await first.create(newDocument({}, { creationKey: "form 1" }));
    await first.close();
    syncs = [];
    const second = await openLowdbStore({ folder, log: keptLog() });
    onTestFinished(() => second.close());
    expect(syncs.map(({ of }) => of)).toEqual(["folder"]);
    expect(await second.create(newDocument({}, { creationKey: "form 1" }))).toBe("exists");
  });
});
