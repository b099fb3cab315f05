import { Client } from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import type { TicketDocument } from "../../src/desk/document.ts";
import { checkDatabase } from "../../src/store/postgres/check.ts";
import { clientConfig, connect } from "../../src/store/postgres/connection.ts";
import { exportDatabase } from "../../src/store/postgres/export.ts";
import { lockSpace, migrate } from "../../src/store/postgres/migrate.ts";
import { newDocument } from "../contracts/store.ts";
import { postgresServer } from "../postgres.ts";
import { back, cabled, impatient, letGo, opened, saidIn, say } from "./postgres-stores.ts";

const server = postgresServer(["fsync=on"]);

async function database(kind?: "empty") {
  const made = await server.database(kind);
  onTestFinished(() => made.remove());
  return made;
}

async function client(url: string) {
  const made = await connect({ url });
  onTestFinished(() => made.end());
  return made;
}

const withThread = (document: TicketDocument, platform: string, thread: string) => ({
  ...document,
  places: [
    {
      ...({ id: "p1", side: "agents", where: "w", opened: 0 } as const),
      ...{ platform, thread, card: null, shown: null, readTo: null },
    },
  ],
});

describe("the schema", () => {
  test("is made once, by however many processes start on an empty database at once", async () => {
    const { url, query } = await database("empty");
    const clients = await Promise.all(Array.from({ length: 6 }, () => client(url)));
    await Promise.all(clients.map((each) => migrate(each)));
    expect(await query("select number, name from deskhand.migrations")).toEqual([
      { number: 1, name: "0001-tickets.sql" },
      { number: 2, name: "0002-several-processes.sql" },
    ]);
    expect(await query("select term from deskhand.holder")).toHaveLength(1);
  });

  test("may take longer to be made than any other answer may, also for who waits until it is", async () => {
    const { url, query, holding } = await database("empty");
    const impatientClient = new Client({ ...clientConfig({ url }), query_timeout: 50 });
    onTestFinished(() => impatientClient.end());
    await impatientClient.connect();
    let finish = () => {};
    const { begun, ended } = holding(
      `select pg_advisory_xact_lock(${lockSpace}, 1)`,
      new Promise<void>((resolve) => {
        finish = resolve;
      }),
    );
    await begun;
    const migrating = migrate(impatientClient);
    const waitsForLong = expect
      .poll(
        () =>
          query(`select from pg_stat_activity where wait_event_type = 'Lock'
            and datname = current_database() and clock_timestamp() - query_start > '200 ms'`),
        { timeout: 60_000 },
      )
      .toHaveLength(1);
    await Promise.race([waitsForLong, migrating]).finally(finish);
    await Promise.all([migrating, ended]);
    expect(await query("select from deskhand.migrations")).not.toEqual([]);
  });

  test("is left as it was when a step of it fails", async () => {
    const { url, query } = await database("empty");
    await query("create schema deskhand");
    await query("create table deskhand.kept_values (name text)");
    await expect(opened(url)).rejects.toMatchObject({ code: "READ_FAILED" });
    expect(await query("select to_regclass('deskhand.tickets') as tickets")).toEqual([
      { tickets: null },
    ]);
    await query("drop table deskhand.kept_values");
    const { store } = await opened(url);
    expect(await store.create(newDocument())).toBe("created");
  });

  test.each([
    ["a later schema", "insert into deskhand.migrations (number, name) values (999, 'later')"],
    ["later documents", "update deskhand.documents set schema = 999"],
  ])("of a newer version, with %s, is left alone", async (_, sql) => {
    const { url, query } = await database();
    await query(sql);
    await expect(opened(url)).rejects.toMatchObject({ code: "NEWER_SCHEMA" });
    await expect(exportDatabase({ url })).rejects.toMatchObject({ code: "NEWER_SCHEMA" });
    expect(await checkDatabase({ url })).toMatchObject({ ok: false });
    expect(await query("select 1 from pg_locks where locktype = 'advisory'")).toEqual([]);
  });

  test("may be there already, for a user that may not make one", async () => {
    const { url, query } = await database("empty");
    const name = new URL(url).pathname.slice(1);
    await query(`create role ${name} login password 'secret'`);
    await query(`create schema deskhand authorization ${name}`);
    const address = new URL(url);
    address.username = name;
    address.password = "secret";
    const { store } = await opened(address.href);
    expect(await store.create(newDocument())).toBe("created");
    await store.close();
    await query(`drop owned by ${name}`);
    await query(`drop role ${name}`);
  });
});

describe("the doctor", () => {
  test("shows the schema's version, and who holds the database", async () => {
    const { url } = await database("empty");
    const looks = async () => {
      const { ok, sentence } = await checkDatabase({ url });
      expect(ok).toBe(true);
      return sentence;
    };
    expect(await looks()).toMatch(/ holds no tickets yet: a first start makes schema 2$/);
    const { store } = await opened(url);
    await store.create(newDocument());
    expect(await looks()).toMatch(
      new RegExp(
        `^1 tickets in PostgreSQL .*, schema 2, with .*; held by process ${process.pid} on `,
      ),
    );
    await store.close();
    expect(await looks()).toMatch(/, schema 2, with documents of version \d+$/);
  });

  test("names what is wrong with a database, and no password", async () => {
    const { url, query } = await database();
    const name = new URL(url).pathname.slice(1);
    const wrong = async (address: string) => {
      const { ok, sentence } = await checkDatabase({ url: address });
      expect(ok).toBe(false);
      expect(sentence).not.toContain(new URL(address).password);
      return sentence;
    };
    const other = (change: (address: URL) => void) => {
      const address = new URL(url);
      change(address);
      return address.href;
    };
    expect(await wrong(other((at) => (at.port = "1")))).toContain("Check that it runs");
    expect(await wrong(other((at) => (at.password = "wrong-one")))).toContain("the password in");
    expect(await wrong(other((at) => (at.pathname = "/nothing")))).toContain("Make the database");
    await query(`alter database ${name} set default_transaction_read_only = on`);
    expect(await wrong(url)).toContain("is read-only");
  });
});

describe("one process at a time", () => {
  test("a second one is told who holds the database, and leaves it alone", async () => {
    const { url } = await database();
    const { store } = await opened(url);
    const second = opened(url);
    await expect(second).rejects.toMatchObject({ code: "IN_USE" });
    await expect(second).rejects.toThrow(`in use by process ${process.pid} on `);
    expect(await store.create(newDocument())).toBe("created");
    await store.close();
    const { store: next } = await opened(url);
    expect((await next.counts()).open).toBe(1);
  });

  test("one that was cut off while another took over does nothing any more, and is told once", async () => {
    const given = await database();
    const { url } = given;
    const near = await cabled(url);
    const { store, lost } = await opened(near.url);
    near.cable.unplug();
    await letGo(given);
    const other = await opened(url);
    expect(await other.store.create(newDocument())).toBe("created");
    near.cable.plugIn();
    await expect.poll(() => lost.length, { timeout: 60_000 }).toBe(1);
    expect(lost[0]).toMatchObject({ code: "IN_USE" });
    await expect(store.create(newDocument())).rejects.toMatchObject({ code: "IN_USE" });
    await expect(store.counts()).rejects.toMatchObject({ code: "IN_USE" });
    expect((await other.store.counts()).open).toBe(1);
  });

  test("one that was cut off, and no other came, goes on", async () => {
    const { url } = await database();
    const near = await cabled(url);
    const { store, log, lost } = await opened(near.url, impatient);
    near.cable.unplug();
    await expect(store.counts()).rejects.toMatchObject({ code: "READ_FAILED" });
    near.cable.plugIn();
    await back(store);
    expect(await store.create(newDocument())).toBe("created");
    expect(lost).toEqual([]);
    expect(log.lines.map(({ message }) => message)).toContain(
      "The database is held again: work goes on",
    );
  });
});

test.runIf(process.platform === "linux")(
  "whatever the server sent to a process that is gone, it waits no longer than 10 s for its receipt",
  async () => {
    const { url } = await database();
    // As its socket has it, not only as it was asked to.
    const { rows } = await (await client(url)).query("show tcp_user_timeout");
    expect(rows).toEqual([{ tcp_user_timeout: "10000" }]);
  },
);

describe("what people write", () => {
  test("is kept to the letter, but for what is no text", async () => {
    const { url } = await database();
    const { store } = await opened(url);
    const odd = 'a\0b \ud800 \udc00c 👩‍🚀 ü \u202e \\u0000 \\ud800 " \\ \u2028 漢';
    const kept = 'a\uFFFDb \uFFFD \uFFFDc 👩‍🚀 ü \u202e \\u0000 \\ud800 " \\ \u2028 漢';
    const document = withThread(newDocument({}, { creationKey: odd }), "p", odd);
    expect(await store.create(document)).toBe("created");
    const { _id } = document.ticket;
    await store.change(_id, say(odd));
    const reads = async () => {
      expect(await saidIn(store, _id)).toEqual([kept]);
      expect((await store.get(_id))?.creationKey).toBe(kept);
      expect(await store.findByCreationKey(odd)).toBe(_id);
      expect(await store.findByThread({ platform: "p", thread: odd })).toBe(_id);
    };
    await reads();
    await store.setValue(odd, odd);
    expect(await store.value(odd)).toBe(kept);
    await store.close();
    const { store: again } = await opened(url);
    expect(await saidIn(again, _id)).toEqual([kept]);
    expect(await again.findByThread({ platform: "p", thread: odd })).toBe(_id);
    expect(await again.create(newDocument({}, { creationKey: odd }))).toBe("exists");
  });

  test("is found by its words, however long they are and however many", async () => {
    const { store } = await opened((await database()).url);
    const { ticket, ...rest } = newDocument();
    await store.create({ ticket, ...rest });
    const long = "漢".repeat(10_000);
    const many = Array.from({ length: 30_000 }, (_, n) => `word${n}`);
    await store.change(ticket._id, say(`${long}\n${many.join("\t")} Übergröße!`));
    const found = async (q: string) =>
      (await store.list({ filter: { q }, page: 1, limit: 5 })).total;
    expect(await found(long)).toBe(1);
    expect(await found("word29999 ÜBERGRÖSSE")).toBe(0);
    expect(await found("word29999 ÜBERGRÖßE")).toBe(1);
    expect(await found("漢")).toBe(0);
    expect(await found("' or 1=1 -- \0")).toBe(0);
  });
});

describe("a ticket that cannot be read", () => {
  test("says so, and keeps none of the others from being listed, read or exported", async () => {
    const { url, query } = await database();
    const { store, log } = await opened(url);
    const [good, bad] = [newDocument(), newDocument()];
    for (const document of [good, bad]) await store.create(document);
    const { _id: id } = bad.ticket;
    await query(
      "update deskhand.tickets set document = jsonb_set(document, '{ticket,title}', '5'), version = gen_random_uuid() where id = $1",
      [id],
    );
    await expect(store.get(id)).rejects.toMatchObject({ code: "DAMAGED" });
    await expect(store.change(id, say("x"))).rejects.toMatchObject({ code: "DAMAGED" });
    const { tickets } = await store.list({ filter: {}, page: 1, limit: 10 });
    expect(tickets.map(({ _id }) => _id)).toEqual([good.ticket._id]);
    const all: TicketDocument[] = [];
    for await (const document of store.all()) all.push(document);
    expect(all).toEqual([good]);
    expect(log.lines.filter(({ fields }) => fields.ticket === id)).toHaveLength(2);
    const exported = [];
    for await (const each of (await exportDatabase({ url })).documents) exported.push(each);
    expect(exported).toContainEqual({ document: good });
    expect(exported).toContainEqual(expect.objectContaining({ ticket: id }));
    const { ok, sentence } = await checkDatabase({ url });
    expect([ok, sentence]).toEqual([false, expect.stringContaining(`(${id})`)]);
  });

  test("as it was written by another process meanwhile, is read again", async () => {
    const { url, query } = await database();
    const { store } = await opened(url);
    const { ticket, ...rest } = newDocument();
    await store.create({ ticket, ...rest });
    await query(
      `update deskhand.tickets set document = jsonb_set(document, '{ticket,title}', '"Another"'), version = gen_random_uuid()`,
    );
    expect((await store.get(ticket._id))?.ticket.title).toBe("Another");
    await store.change(ticket._id, say("and on"));
    expect(await store.get(ticket._id)).toMatchObject({ ticket: { title: "Another" } });
  });
});
