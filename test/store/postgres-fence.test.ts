import { describe, expect, onTestFinished, test } from "vitest";
import type { TicketDocument } from "../../src/desk/document.ts";
import type { HeldStore } from "../../src/desk/ports.ts";
import { databaseHolder } from "../../src/store/postgres/holder.ts";
import { newDocument } from "../contracts/store.ts";
import { postgresServer, type TestDatabase } from "../postgres.ts";
import {
  back,
  cabled,
  holderLocks,
  impatient,
  letGo,
  opened,
  saidIn,
  say,
} from "./postgres-stores.ts";

const server = postgresServer();

async function database(): Promise<TestDatabase> {
  const made = await server.database();
  onTestFinished(() => made.remove());
  return made;
}

const endHolder = ({ query }: TestDatabase) =>
  query(`select pg_terminate_backend(pid) from ${holderLocks}`);

const endPool = ({ query }: TestDatabase) =>
  query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name like 'deskhand %'
       and pid not in (select pid from ${holderLocks})`,
  );

/** A store on a cable with a ticket in it, and how another process takes the database from it. */
async function first() {
  const given = await database();
  const { cable, url } = await cabled(given.url);
  const one = await opened(url, { ...impatient, connections: 2 });
  const document = newDocument();
  await one.store.create(document);
  const takeOver = async () => {
    cable.takeNoMore();
    await endHolder(given);
    await letGo(given);
    return opened(given.url);
  };
  return { ...{ given, cable, takeOver }, ...one, id: document.ticket._id };
}

type Write = (store: HeldStore, id: string, document: TicketDocument) => Promise<unknown>;

const slowest = "T-S10WYY";

const writes: [what: string, words: string, write: Write][] = [
  ["a ticket", slowest, (store, _, document) => store.create(document)],
  ["a change", "update deskhand.tickets", (store, id) => store.change(id, say("too late"))],
  ["a value", "into deskhand.kept_values", (store) => store.setValue("read to", "too late")],
];

describe("what a process that had the database writes after another has begun", () => {
  test.each(writes)("does nothing: %s, slow on its way", async (_, words, write) => {
    const { store, lost, cable, takeOver, id } = await first();
    const late = newDocument({}, { reference: slowest });
    const { held, letGo: goOn } = cable.slowAt(words);
    const writing = write(store, id, late).catch((error) => error.code);
    await held;
    const { store: other } = await takeOver();
    goOn();
    expect(await writing).toBe("WRITE_FAILED");
    await other.change(id, say("by the other"));
    expect(await saidIn(other, id)).toEqual(["by the other"]);
    expect(await other.get(late.ticket._id)).toBeUndefined();
    expect(await other.value("read to")).toBeUndefined();
    cable.plugIn();
    await expect.poll(() => lost.length, { timeout: 60_000 }).toBe(1);
    await expect(store.get(id)).rejects.toMatchObject({ code: "IN_USE" });
  });
});

test("what is being committed as another comes is there when that one begins", async () => {
  const { store, cable, takeOver, given, id } = await first();
  const { held, letGo: goOn } = cable.slowAt("commit\0");
  const changing = store.change(id, say("just in time")).catch((error) => error.code);
  await held;
  let hasBegun = false;
  const taking = takeOver().then((other) => {
    hasBegun = true;
    return other;
  });
  const waiting =
    "select 1 from pg_locks where locktype = 'advisory' and objid = 3 and not granted";
  await expect.poll(() => given.query(waiting), { timeout: 60_000 }).toHaveLength(1);
  expect(hasBegun).toBe(false);
  goOn();
  const { store: other } = await taking;
  expect(await saidIn(other, id)).toEqual(["just in time"]);
  await changing;
});

describe("where the process that has the database listens", () => {
  test("is told as long as it does, and by it only", async () => {
    const given = await database();
    expect(await databaseHolder(given)).toBeUndefined();
    const { store } = await opened(given.url);
    const self = { pid: process.pid, since: expect.any(String), host: expect.any(String) };
    expect(await databaseHolder(given)).toEqual(self);
    await store.announce("http://127.0.0.1:3000");
    expect(await databaseHolder(given)).toEqual({ ...self, url: "http://127.0.0.1:3000" });
    await store.announce(undefined);
    expect(await databaseHolder(given)).toEqual(self);
    await store.announce("http://127.0.0.1:3000");
    await store.close();
    expect(await databaseHolder(given)).toBeUndefined();
    await opened(given.url);
    expect(await databaseHolder(given)).toEqual(self);
  });

  test("is no more told once it is cut off, and again once it is back", async () => {
    const { given, cable, store } = await first();
    await store.announce("http://127.0.0.1:3000");
    cable.unplug();
    await letGo(given);
    expect(await databaseHolder(given)).toBeUndefined();
    cable.plugIn();
    await back(store);
    expect(await databaseHolder(given)).toMatchObject({ url: "http://127.0.0.1:3000" });
  });

  test("is not told by what was slow on its way while another took over", async () => {
    const { store, cable, takeOver, given } = await first();
    const { held, letGo: goOn } = cable.slowAt("set said");
    const announcing = store.announce("http://127.0.0.1:3000").catch((error) => error.code);
    await held;
    const { store: other } = await takeOver();
    await other.announce("http://127.0.0.1:4000");
    goOn();
    await announcing;
    expect(await databaseHolder(given)).toMatchObject({ url: "http://127.0.0.1:4000" });
  });
});

test("the threads that are open are those of the database, also past a connection that broke", async () => {
  const { given, store } = await (async () => {
    const made = await database();
    return { given: made, store: (await opened(made.url)).store };
  })();
  const on = (thread: string) => ({
    ...newDocument(),
    places: [
      {
        ...({ id: "p1", side: "agents", where: "w", opened: 0, platform: "p", thread } as const),
        ...{ card: null, shown: null, readTo: null },
      },
    ],
  });
  const threads = async () => [...(await store.openThreads("p"))].sort();
  const [one, two, twin] = [on("a"), on("b"), on("b")];
  for (const each of [one, two, twin]) await store.create(each);
  expect(await threads()).toEqual(["a", "b"]);
  await endPool(given);
  const move = (thread: string | null) => (draft: TicketDocument) => {
    for (const place of draft.places) place.thread = thread;
  };
  await store.change(one.ticket._id, move("c"));
  await store.change(two.ticket._id, move(null));
  expect(await threads()).toEqual(["b", "c"]);
  expect(await store.findByThread({ platform: "p", thread: "a" })).toBeUndefined();
  await store.change(twin.ticket._id, (draft) => {
    draft.ticket.status = "closed";
  });
  expect(await threads()).toEqual(["c"]);
  await store.change(one.ticket._id, move("a"));
  await store.change(twin.ticket._id, (draft) => {
    draft.ticket.status = "open";
  });
  expect(await threads()).toEqual(["a", "b"]);
  expect(await store.findByThread({ platform: "p", thread: "a" })).toBe(one.ticket._id);
});
