import { describe, expect, onTestFinished, test } from "vitest";
import { newDocument } from "../contracts/store.ts";
import { mayBeKilled, postgresServer, type TestDatabase } from "../postgres.ts";
import { back, cabled, impatient, opened, saidIn, say } from "./postgres-stores.ts";

const server = postgresServer();

async function database(): Promise<TestDatabase> {
  const made = await server.database();
  onTestFinished(() => made.remove());
  return made;
}

/** Ends every connection of Deskhand's to the database. */
const endAll = ({ query }: TestDatabase) =>
  query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'deskhand %'",
  );

async function onCable(more: Parameters<typeof opened>[1] = {}) {
  const given = await database();
  const { cable, url } = await cabled(given.url);
  const { store, log, lost } = await opened(url, more);
  const { ticket, ...rest } = newDocument();
  await store.create({ ticket, ...rest });
  return { ...{ given, cable, url, store, log, lost }, id: ticket._id };
}

describe("a connection that breaks", () => {
  test.each([
    ["before the row is locked", "for update", "before"],
    ["once the row is locked", "for update", "after"],
    ["before the change is written", "update deskhand.tickets", "before"],
    ["once the change is written", "update deskhand.tickets", "after"],
    ["before the commit gets there", "commit\0", "before"],
    ["once the commit is done", "commit\0", "after"],
  ] as const)("%s: the change is made once, and told as done", async (_, words, when) => {
    const { cable, store, id } = await onCable();
    const cut = cable.cutAt(words, when);
    let drafts = 0;
    const told = await store.change(id, (draft) => {
      drafts += 1;
      say("once")(draft);
      return "done";
    });
    await cut;
    expect([told, drafts]).toEqual(["done", 1]);
    expect(await saidIn(store, id)).toEqual(["once"]);
    await store.change(id, say("twice"));
    expect(await saidIn(store, id)).toEqual(["once", "twice"]);
  });

  test.each(["before", "after"] as const)(
    "%s a ticket is made: it is made once, and told as made",
    async (when) => {
      const { cable, store } = await onCable();
      const document = newDocument({}, { creationKey: "form 1" });
      const cut = cable.cutAt(document.reference, when);
      expect(await store.create(document)).toBe("created");
      await cut;
      expect(await store.create(newDocument({}, { creationKey: "form 1" }))).toBe("exists");
      expect(await store.get(document.ticket._id)).toEqual(document);
    },
  );

  test("while others change the same tickets: every change is made once", async () => {
    const given = await database();
    const { store } = await opened(given.url);
    const documents = Array.from({ length: 5 }, () => newDocument());
    await Promise.all(documents.map((document) => store.create(document)));
    const said = Array.from({ length: 40 }, (_, n) => `message ${n}`);
    const changing = said.flatMap((message, n) =>
      documents.map(async ({ ticket }) => {
        if (n % 10 === 5 && ticket === documents[0]?.ticket) await endAll(given);
        await store.change(ticket._id, say(message));
      }),
    );
    await Promise.all(changing);
    for (const { ticket } of documents)
      expect((await saidIn(store, ticket._id)).sort()).toEqual([...said].sort());
  });

  test("and is not back after the commit was sent: it is said that this is not known", async () => {
    const { cable, store, id } = await onCable(impatient);
    void cable.cutAt("commit\0", "after").then(() => cable.unplug());
    const change = store.change(id, say("perhaps"));
    await expect(change).rejects.toMatchObject({ code: "WRITE_UNCERTAIN" });
    cable.plugIn();
    await back(store);
    expect(await saidIn(store, id)).toEqual(["perhaps"]);
    await store.change(id, say("surely"));
    expect(await saidIn(store, id)).toEqual(["perhaps", "surely"]);
  });

  test("at the commit, and another process changes the ticket since: it is said that this is not known", async () => {
    const { cable, store, given, id } = await onCable();
    void cable.cutAt("commit\0", "after").then(async () => {
      cable.unplug();
      await given.query("update deskhand.tickets set version = gen_random_uuid()");
      cable.plugIn();
    });
    let drafts = 0;
    const change = store.change(id, (draft) => {
      drafts += 1;
      say("perhaps")(draft);
    });
    await expect(change).rejects.toMatchObject({ code: "WRITE_UNCERTAIN" });
    await back(store);
    expect(drafts).toBe(1);
    expect(await saidIn(store, id)).toEqual(["perhaps"]);
  });

  test("and is not back: nothing is changed, the words say what to do, and no secret", async () => {
    const { cable, store, log, url, id } = await onCable(impatient);
    cable.unplug();
    const change = store.change(id, say("never"));
    await expect(change).rejects.toMatchObject({ code: "WRITE_FAILED" });
    const failed: Error = await store.probe().catch((error) => error);
    expect(failed.message).toMatch(/^The database 127\.0\.0\.1:\d+\/\w+ cannot be used: /);
    expect(failed.message).toMatch(/Nothing was changed\. Check that it runs/);
    await expect(store.get(id)).rejects.toMatchObject({ code: "READ_FAILED" });
    const { password } = new URL(url);
    expect(password).not.toBe("");
    expect(failed.stack + JSON.stringify([log.lines, failed])).not.toContain(password);
    cable.plugIn();
    await back(store);
    expect(await saidIn(store, id)).toEqual([]);
  });
});

describe("a server", () => {
  test.runIf(mayBeKilled)(
    "that is killed amid changes has every one that was told as done, none of the others",
    async () => {
      const given = await database();
      const { store, lost } = await opened(given.url, impatient);
      const documents = Array.from({ length: 30 }, () => newDocument());
      for (const document of documents) await store.create(document);
      let done = 0;
      const changes = documents.flatMap(({ ticket: { _id: id } }) =>
        Array.from({ length: 5 }, async (_, n) => {
          const told = await store
            .change(id, (draft) => {
              say(`${n}`)(draft);
              return "done";
            })
            .catch((error) => String(error.code));
          done += told === "done" ? 1 : 0;
          return { id, message: `${n}`, told };
        }),
      );
      await expect.poll(() => done, { timeout: 60_000, interval: 1 }).toBeGreaterThan(20);
      await server.kill();
      const ended = await Promise.all(changes);
      await server.start();
      await back(store);
      expect(lost).toEqual([]);
      const found = ended.map(async ({ id, message, told }) => {
        const times = (await saidIn(store, id)).filter((each) => each === message).length;
        return { told, times };
      });
      const possible = [
        { told: "done", times: 1 },
        { told: "WRITE_FAILED", times: 0 },
        { told: "WRITE_UNCERTAIN", times: 0 },
        { told: "WRITE_UNCERTAIN", times: 1 },
      ];
      for (const each of await Promise.all(found)) expect(possible).toContainEqual(each);
      expect(ended.some(({ told }) => told !== "done")).toBe(true);
      expect(await store.change(documents[0]?.ticket._id ?? "", () => "on")).toBe("on");
    },
  );

  test("that is away for a moment holds no one up for long, and loses nothing", async () => {
    const { cable, store, id } = await onCable();
    cable.unplug();
    const change = store.change(id, say("late"));
    cable.plugIn();
    await change;
    expect(await saidIn(store, id)).toEqual(["late"]);
  });

  test("that became a standby is told of", async () => {
    const given = await database();
    const { store } = await opened(given.url, impatient);
    const name = new URL(given.url).pathname.slice(1);
    await given.query(`alter database ${name} set default_transaction_read_only = on`);
    await endAll(given);
    const told = () =>
      store.create(newDocument()).catch((error) => `${error.code}: ${error.message}`);
    await expect
      .poll(told, { timeout: 60_000 })
      .toMatch(/^WRITE_FAILED: .* point DATABASE_URL at the primary/);
    await given.query(
      `begin read write; alter database ${name} set default_transaction_read_only = off; commit`,
    );
    await endAll(given);
    await back(store);
    expect(await store.create(newDocument())).toBe("created");
  });

  test.each([
    ["serialization_failure", "serialization_failure"],
    ["a deadlock", "deadlock_detected"],
  ])("that undoes a write because of %s is asked again", async (_, condition) => {
    const given = await database();
    const { store } = await opened(given.url);
    const { ticket, ...rest } = newDocument();
    await store.create({ ticket, ...rest });
    // A sequence goes on also when what asked it is undone.
    await given.query("create sequence tries");
    await given.query(
      `create function undone() returns trigger language plpgsql as $$ begin
        if nextval('tries') % 3 > 0 then raise ${condition}; end if;
        return new;
      end $$`,
    );
    await given.query(
      "create trigger undone before insert or update on deskhand.tickets for each row execute function undone()",
    );
    expect(await store.create(newDocument())).toBe("created");
    await store.change(ticket._id, say("once"));
    expect(await saidIn(store, ticket._id)).toEqual(["once"]);
    expect(await given.query("select last_value::integer as tries from tries")).toEqual([
      { tries: 6 },
    ]);
  });

  test("whose transactions are serializable makes of a form one ticket", async () => {
    const given = await database();
    const name = new URL(given.url).pathname.slice(1);
    await given.query(`alter database ${name} set default_transaction_isolation = serializable`);
    const { store } = await opened(given.url);
    const creates = Array.from({ length: 40 }, () =>
      store.create(newDocument({}, { creationKey: "form 1" })),
    );
    const outcomes = await Promise.all(creates);
    expect(outcomes.filter((outcome) => outcome === "created")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "exists")).toHaveLength(39);
  });

  test("that would acknowledge before its disk does is made to wait for it", async () => {
    const given = await database();
    const name = new URL(given.url).pathname.slice(1);
    await given.query(`alter database ${name} set synchronous_commit = off`);
    const { store } = await opened(given.url);
    await given.query(
      "create function kept() returns trigger language plpgsql as $$ begin new.value = current_setting('synchronous_commit'); return new; end $$",
    );
    await given.query(
      "create trigger kept before insert on deskhand.kept_values for each row execute function kept()",
    );
    await store.setValue("commit", "");
    expect(await store.value("commit")).toBe("on");
  });
});

test("when every connection is busy, callers are told so in time, and what waits is done", async () => {
  const given = await database();
  const { store } = await opened(given.url, { connections: 1, connectMs: 300 });
  const { ticket, ...rest } = newDocument();
  await store.create({ ticket, ...rest });
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const holding = given.holding(
    `select 1 from deskhand.tickets where id = '${ticket._id}' for update`,
    held,
  );
  await holding.begun;
  const change = store.change(ticket._id, say("at last"));
  await expect
    .poll(() => given.query("select 1 from pg_locks where not granted"), { timeout: 30_000 })
    .toHaveLength(1);
  const failed: Error & { code?: string } = await store.get(ticket._id).catch((e) => e);
  expect(failed.code).toBe("READ_FAILED");
  expect(failed.message).toContain("raise DATABASE_CONNECTIONS");
  await expect(store.probe()).rejects.toMatchObject({ code: "WRITE_FAILED" });
  letGo();
  await holding.ended;
  await change;
  expect(await saidIn(store, ticket._id)).toEqual(["at last"]);
});
