import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { copyInto } from "../src/desk/copy.ts";
import type { TicketDocument } from "../src/desk/document.ts";
import { openLowdbStore } from "../src/store/lowdb/open.ts";
import { databaseTarget } from "../src/store/postgres/copy.ts";
import { openPostgresStore } from "../src/store/postgres/open.ts";
import { newDocument } from "./contracts/store.ts";
import { keptLog } from "./log.ts";
import { postgresServer } from "./postgres.ts";
import { deskhand, type Environment, startDeskhand } from "./process.ts";
import { cabled, opened, say } from "./store/postgres-stores.ts";
import { temporaryFolder } from "./temporary.ts";

const server = postgresServer(["fsync=on"]);

/** A data folder with some tickets and a value in it, and an empty database. */
async function folderAndDatabase() {
  const DATA_DIR = await temporaryFolder();
  const given = await server.database("empty");
  onTestFinished(() => given.remove());
  const documents = Array.from({ length: 40 }, (_, n) =>
    newDocument({}, { creationKey: `form ${n}` }),
  );
  await inFolder(DATA_DIR, async (store) => {
    for (const document of documents) await store.create(document);
    await store.setValue("read to", "1");
  });
  return { env: { DATA_DIR, DATABASE_URL: given.url }, given, documents };
}

async function inFolder(
  folder: string,
  work: (store: Awaited<ReturnType<typeof openLowdbStore>>) => Promise<unknown>,
): Promise<void> {
  const store = await openLowdbStore({ folder, log: keptLog() });
  await work(store);
  await store.close();
}

async function runs(env: Environment, ...args: string[]) {
  const process = deskhand(args, env);
  const code = await process.exit;
  return { code, said: process.stdout(), complained: process.stderr() };
}

/** What `deskhand export` tells of each ticket, in order of their ids. */
async function exported(env: Environment): Promise<TicketDocument[]> {
  const { said } = await runs(env, "export");
  const documents: TicketDocument[] = said
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return documents.sort((one, other) => (one.ticket._id < other.ticket._id ? -1 : 1));
}

const filesIn = async (folder: string) => {
  const names = (await readdir(join(folder, "tickets"))).sort();
  return Promise.all(names.map((name) => readFile(join(folder, "tickets", name), "utf8")));
};

describe("deskhand migrate", () => {
  test("copies every ticket and value into the database, once, and leaves the folder as it was", async () => {
    const { env, given } = await folderAndDatabase();
    const { DATABASE_URL: _, ...inFiles } = env;
    const [files, before] = [await filesIn(env.DATA_DIR), await exported(inFiles)];
    expect(before).toHaveLength(40);
    const first = await runs(env, "migrate");
    expect(first).toMatchObject({ code: 0, said: expect.stringMatching(/^40 tickets .* 40 of /) });
    expect(await exported(env)).toEqual(before);
    expect(await filesIn(env.DATA_DIR)).toEqual(files);
    const again = await runs(env, "migrate");
    expect(again).toMatchObject({ code: 0, said: expect.stringMatching(/^40 tickets .* 0 of /) });
    expect(await exported(env)).toEqual(before);
    const { store } = await opened(given.url);
    expect(await store.value("read to")).toBe("1");
    expect(await store.create(newDocument({}, { creationKey: "form 39" }))).toBe("exists");
  });

  test("that was killed goes on where it was, and nothing starts on a part of the tickets", async () => {
    const { env, given, documents } = await folderAndDatabase();
    const { cable, url } = await cabled(given.url);
    const last = documents.at(-1);
    if (!last) throw new Error("There is no ticket");
    const { held } = cable.slowAt(last.reference);
    const killed = deskhand(["migrate"], { ...env, DATABASE_URL: url, DATABASE_CONNECTIONS: "2" });
    await held;
    killed.kill("SIGKILL");
    await killed.exit;
    await cable.close();
    const start = await runs({ ...env, PORT: "0" }, "start");
    expect(start).toMatchObject({ code: 1, complained: expect.stringContaining("migrate again") });
    const doctor = await runs(env, "doctor");
    expect(doctor.said).toMatch(/^WRONG {2}store: .* Run deskhand migrate again/m);
    // It goes on with what the folder has by then.
    const [changed] = documents;
    const { _id: id = "" } = changed?.ticket ?? {};
    await inFolder(env.DATA_DIR, async (store) => {
      await store.change(id, say("meanwhile"));
      await store.setValue("read to", "2");
    });
    const { DATABASE_URL: _, ...inFiles } = env;
    const before = await exported(inFiles);
    const { code, said } = await runs(env, "migrate");
    expect([code, said]).toEqual([0, expect.stringMatching(/^40 tickets are in PostgreSQL/)]);
    expect(Number(/, (\d+) of them/.exec(said)?.[1])).toBeLessThan(40);
    expect(await exported(env)).toEqual(before);
    const running = await startDeskhand(env);
    expect((await fetch(`${running.url}/readyz`)).status).toBe(200);
  });

  test("lets nothing go on with the folder's own tickets, and says where they are now", async () => {
    const { env, given, documents } = await folderAndDatabase();
    const { DATABASE_URL, ...inFiles } = env;
    expect(await runs(env, "migrate")).toMatchObject({ code: 0 });
    const { host, pathname, password } = new URL(DATABASE_URL);
    const mark = await readFile(join(env.DATA_DIR, "moved-to"), "utf8");
    expect(JSON.parse(mark)).toEqual({ to: host + pathname, at: expect.any(String) });
    expect(mark).not.toContain(password);
    for (const command of ["start", "export", "deliveries"]) {
      const { code, complained } = await runs({ ...inFiles, PORT: "0" }, command);
      expect([command, code]).toEqual([command, 1]);
      expect(complained).toContain(`were moved to the database ${host}${pathname}`);
      expect(complained).toContain("Set DATABASE_URL");
    }
    const doctor = await runs(inFiles, "doctor");
    expect(doctor.said).toMatch(/^WRONG {2}store: .* were moved to the database /m);
    // It can be asked again whether all is there, but the old tickets go nowhere else.
    expect(await runs(env, "migrate")).toMatchObject({ code: 0 });
    const another = await server.database("empty");
    onTestFinished(() => another.remove());
    const elsewhere = await runs({ ...env, DATABASE_URL: another.url }, "migrate");
    expect(elsewhere).toMatchObject({ code: 1, complained: expect.stringContaining("moved") });
    expect(await another.query("select to_regclass('deskhand.tickets') as is")).toEqual([
      { is: null },
    ]);
    const { store } = await opened(given.url);
    expect(await store.get(documents[0]?.ticket._id ?? "")).toEqual(documents[0]);
    await store.close();
    // Who knows that nothing was done there may go back.
    await rm(join(env.DATA_DIR, "moved-to"));
    await startDeskhand(inFiles);
  });

  test("a folder that does not tell where its tickets went is not started on either", async () => {
    const { env } = await folderAndDatabase();
    await writeFile(join(env.DATA_DIR, "moved-to"), "{");
    await expect(inFolder(env.DATA_DIR, async () => undefined)).rejects.toMatchObject({
      code: "MOVED",
    });
    const doctor = await runs({ DATA_DIR: env.DATA_DIR }, "doctor");
    expect(doctor.said).toMatch(/^WRONG {2}store: .* were moved to a database/m);
  });

  test("lets nothing start on the database as long as something could on the folder", async () => {
    const { env, given, documents } = await folderAndDatabase();
    const target = databaseTarget({
      ...{ url: given.url, connections: 2, log: keptLog(), onLost: () => undefined },
    });
    const all = async function* () {
      for (const document of documents) yield { document };
    };
    const killed = copyInto(
      target,
      {
        ...{ documents: all, values: {}, setAside: 0 },
        onMoved: () => Promise.reject(new Error("here it ends")),
      },
      () => undefined,
    );
    await expect(killed).rejects.toThrow("here it ends");
    await expect(opened(given.url)).rejects.toMatchObject({ code: "UNFINISHED" });
    expect(await runs(env, "migrate")).toMatchObject({ code: 0 });
    await opened(given.url);
  });

  test("is not done while damaged files are put aside, and says how many and where", async () => {
    const { env, given, documents } = await folderAndDatabase();
    const { DATABASE_URL: _, ...inFiles } = env;
    const file = join(env.DATA_DIR, "tickets", `${documents[3]?.ticket._id}.json`);
    const whole = await readFile(file, "utf8");
    await writeFile(file, whole.slice(0, 50));
    await inFolder(env.DATA_DIR, async () => undefined);
    const first = await runs(env, "migrate");
    expect(first.said).toContain("39 are the same in the database, 0 are not there");
    expect(first.said).toContain(`1 damaged file is in ${join(env.DATA_DIR, "damaged")}`);
    expect(first.said).toMatch(/run this again. Until then, Deskhand does not start/);
    expect(first.code).toBe(1);
    await expect(opened(given.url)).rejects.toMatchObject({ code: "UNFINISHED" });
    // Nothing was moved as long as something is missing.
    expect((await runs(inFiles, "export")).code).toBe(0);
    await rm(join(env.DATA_DIR, "damaged"), { recursive: true });
    await writeFile(file, whole);
    const second = await runs(env, "migrate");
    expect(second).toMatchObject({ code: 0, said: expect.stringMatching(/^40 tickets .* 1 of /) });
    const { store } = await opened(given.url);
    expect(await store.get(documents[3]?.ticket._id ?? "")).toEqual(documents[3]);
  });

  test.each(["{", '{"read to":1}'])(
    "copies nothing while the values are damaged: %s",
    async (text) => {
      const { env, given } = await folderAndDatabase();
      await writeFile(join(env.DATA_DIR, "values.json"), text);
      const { code, complained } = await runs(env, "migrate");
      expect(complained).toContain(`${join(env.DATA_DIR, "values.json")} is damaged`);
      expect(code).toBe(1);
      expect(await given.query("select to_regclass('deskhand.tickets') as is")).toEqual([
        { is: null },
      ]);
      await rm(join(env.DATA_DIR, "values.json"));
      expect(await runs(env, "migrate")).toMatchObject({ code: 0 });
    },
  );

  test("changes nothing where Deskhand has worked since, and says how it stands", async () => {
    const { env, given, documents } = await folderAndDatabase();
    expect(await runs(env, "migrate")).toMatchObject({ code: 0 });
    const { store } = await opened(given.url);
    await store.change(documents[0]?.ticket._id ?? "", say("on PostgreSQL"));
    await store.create(newDocument());
    await store.close();
    const before = await exported(env);
    const { code, said } = await runs(env, "migrate");
    expect(said).toContain("39 are the same in the database, 1 are not there or not the same");
    expect(said).toContain("1 are there that the folder has not. Nothing was changed");
    expect(code).toBe(1);
    expect(await exported(env)).toEqual(before);
  });

  test("is not done while a ticket cannot be read, and names it", async () => {
    const { env, given } = await folderAndDatabase();
    const torn = join(env.DATA_DIR, "tickets", "torn.json");
    await writeFile(torn, "{");
    const first = await runs(env, "migrate");
    expect(first).toMatchObject({ code: 1, complained: expect.stringContaining("torn.json") });
    expect(first.said).toContain("40 are the same in the database");
    expect(first.said).toContain("1 cannot be read");
    await expect(opened(given.url)).rejects.toMatchObject({ code: "UNFINISHED" });
    await rm(torn);
    expect(await runs(env, "migrate")).toMatchObject({ code: 0 });
    await opened(given.url);
  });

  test("finds what is in the database otherwise than it was copied", async () => {
    const { env, given, documents } = await folderAndDatabase();
    expect(await runs(env, "migrate")).toMatchObject({ code: 0 });
    await given.query(
      "update deskhand.tickets set document = jsonb_set(document, '{requester,name}', '\"Eve\"') where id = $1",
      [documents[7]?.ticket._id],
    );
    const { code, said } = await runs(env, "migrate");
    expect([code, said]).toEqual([1, expect.stringContaining("1 are not there or not the same")]);
  });

  test("is refused while Deskhand runs on the folder or on the database, and without one", async () => {
    const { env, given } = await folderAndDatabase();
    const { DATABASE_URL: _, ...inFiles } = env;
    const running = await startDeskhand(inFiles);
    expect(await runs(env, "migrate")).toMatchObject({
      ...{ code: 3, complained: expect.stringContaining(`in use by process ${running.pid}`) },
    });
    running.kill("SIGTERM");
    await running.exit;
    const store = await openPostgresStore({
      ...{ url: given.url, connections: 1, log: keptLog(), onLost: () => undefined },
    });
    expect(await runs(env, "migrate")).toMatchObject({
      ...{ code: 3, complained: expect.stringContaining(`in use by process ${process.pid}`) },
    });
    await store.close();
    expect(await runs(inFiles, "migrate")).toMatchObject({
      ...{ code: 2, complained: expect.stringContaining("DATABASE_URL is not set") },
    });
  });
});
