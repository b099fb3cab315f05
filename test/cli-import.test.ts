import { execFile } from "node:child_process";
import { readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { TicketDocument } from "../src/desk/document.ts";
import type { HeldStore } from "../src/desk/ports.ts";
import { folderTarget } from "../src/store/lowdb/copy.ts";
import { openLowdbStore } from "../src/store/lowdb/open.ts";
import { joinDatabase } from "../src/store/postgres/follow.ts";
import { openPostgresStore } from "../src/store/postgres/open.ts";
import { newDocument } from "./contracts/store.ts";
import { keptLog } from "./log.ts";
import { postgresServer } from "./postgres.ts";
import { cli, deskhand, type Environment, startDeskhand } from "./process.ts";
import { cabled, say } from "./store/postgres-stores.ts";
import { temporaryFolder } from "./temporary.ts";

const server = postgresServer(["fsync=on"]);

/** Somewhere to keep tickets, with none yet. */
interface Place {
  env: Environment & { DATA_DIR: string };
  /** Works on it, and lets it go. */
  on<T>(work: (store: HeldStore) => Promise<T>): Promise<T>;
}

const on =
  (open: () => Promise<HeldStore>): Place["on"] =>
  async (work) => {
    const store = await open();
    return work(store).finally(() => store.close());
  };

async function folder(): Promise<Place> {
  const DATA_DIR = await temporaryFolder();
  return { env: { DATA_DIR }, on: on(() => openLowdbStore({ folder: DATA_DIR, log: keptLog() })) };
}

const optionsOf = (url: string) => ({
  ...{ url, connections: 2, log: keptLog(), onLost: () => undefined },
});

async function database(): Promise<Place & { url: string }> {
  const { url, remove } = await server.database("empty");
  onTestFinished(remove);
  const env = { DATA_DIR: await temporaryFolder(), DATABASE_URL: url };
  return { url, env, on: on(() => openPostgresStore(optionsOf(url))) };
}

const places: [string, () => Promise<Place>][] = [
  ["a data folder", folder],
  ["a database", database],
];

const inSlack = {
  ...({ id: "p1", side: "requester", platform: "slack", where: "w", thread: "t" } as const),
  ...{ opened: 0, card: null, shown: null, readTo: null },
};

/** Tickets, and the lines that say so. */
async function tickets(count = 30) {
  const documents = Array.from({ length: count }, (_, n) =>
    newDocument({}, { creationKey: `form ${n}`, places: [inSlack] }),
  );
  const path = join(await temporaryFolder(), "tickets.jsonl");
  await writeFile(path, linesOf(documents));
  return { documents, path };
}

const linesOf = (documents: readonly TicketDocument[]): string =>
  documents.map((document) => `${JSON.stringify(document)}\n`).join("");

async function runs(env: Environment, ...args: string[]) {
  const process = deskhand(args, env);
  const code = await process.exit;
  return { code, said: process.stdout(), complained: process.stderr() };
}

/** What `deskhand export` writes, in order of the tickets' ids. */
async function exported({ env }: Place): Promise<unknown[]> {
  const { said } = await runs(env, "export");
  return inOrder(
    said === ""
      ? []
      : said
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line)),
  );
}

const inOrder = (documents: readonly TicketDocument[]) =>
  documents.toSorted((one, other) => (one.ticket._id < other.ticket._id ? -1 : 1));

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe.each(places)("deskhand import into %s", (_, emptyPlace) => {
  test("brings every ticket that was exported, as it was, and says what is not in it", async () => {
    const from = await folder();
    const odd = newDocument({ title: "a\u2028b\u2029c\u0085d\re" });
    const long = newDocument();
    const [entry] = long.ticket.threads;
    if (entry)
      long.ticket.threads.push(...Array(190).fill({ ...entry, message: "ü漢".repeat(5_000) }));
    const { documents: usual } = await tickets();
    const documents = [...usual, odd, long];
    await from.on(async (store) => {
      for (const document of documents) await store.create(document);
    });
    const path = join(from.env.DATA_DIR, "all.jsonl");
    await writeFile(path, (await runs(from.env, "export")).said);
    const to = await emptyPlace();
    const first = await runs(to.env, "import", path);
    expect(first).toMatchObject({ code: 0, said: expect.stringContaining(", 32 of them written") });
    expect(first.said).toContain("attachments-secret and api-tokens.json");
    expect(await exported(to)).toEqual(plain(inOrder(documents)));
    const again = await runs(to.env, "import", path);
    expect(again).toMatchObject({ code: 0, said: expect.stringContaining(", 0 of them written") });
    const running = await startDeskhand(to.env);
    expect((await fetch(`${running.url}/readyz`)).status).toBe(200);
  });

  test("takes it from standard input as well", async () => {
    const { documents, path } = await tickets();
    const to = await emptyPlace();
    const piped = (command: string) =>
      new Promise<number>((resolve) => {
        const env = { PATH: process.env.PATH ?? "", ...to.env };
        execFile("sh", ["-c", command, process.execPath, cli, path], { env }, (error) =>
          resolve(Number(error?.code ?? 0)),
        );
      });
    expect(await piped('cat "$2" | "$0" "$1" import -')).toBe(0);
    expect(await piped('"$0" "$1" import < "$2"')).toBe(0);
    expect(await exported(to)).toEqual(plain(inOrder(documents)));
    // An export that failed is no export of nothing.
    expect(await piped('"$0" "$1" import < /dev/null')).toBe(1);
  });

  test("changes nothing where a ticket is otherwise, or not in the file, and names it", async () => {
    const { documents, path } = await tickets();
    const to = await emptyPlace();
    const [one, two, three] = documents;
    if (!one || !two || !three) throw new Error("There are no tickets");
    const twin = newDocument({}, { reference: three.reference });
    await to.on(async (store) => {
      for (const document of [one, two, twin]) await store.create(document);
      await store.change(two.ticket._id, say("on it"));
    });
    const before = await exported(to);
    const { code, said } = await runs(to.env, "import", path);
    expect(said).toContain(
      `Line 2 (${two.reference}, ${two.ticket._id}) is there already, and differs\n`,
    );
    expect(said).toMatch(/^Line 3 .* has the same reference as another ticket that is there$/m);
    expect(said).toContain("2 lines of");
    expect(said).toContain("1 ticket is in");
    expect(said).not.toContain("Line 1 ");
    expect(code).toBe(1);
    expect(await exported(to)).toEqual(before);
    await startDeskhand(to.env);
  });

  test("names each line that holds no ticket, without its words, and takes none", async () => {
    const { documents } = await tickets(4);
    const [one, two, three, four] = documents.map((document) => JSON.stringify(document));
    const told = newDocument({ title: "very private" });
    const path = join(await temporaryFolder(), "lines");
    const lines = [
      one,
      JSON.stringify(told).slice(0, 300),
      JSON.stringify({ ...told, ticket: { ...told.ticket, status: "very private" } }),
      JSON.stringify({ ...told, schema: 999 }),
      "",
      JSON.stringify({ ...told, ticket: { ...told.ticket, _id: "../../very-private" } }),
      two,
      one,
      "very private",
      three,
      four?.slice(0, -10),
    ];
    await writeFile(path, `${lines.join("\n")}`);
    await writeFile(path, Buffer.from([0x0a, 0xff, 0xfe, 0x0a]), { flag: "a" });
    const to = await emptyPlace();
    const { code, said, complained } = await runs(to.env, "import", path);
    const problems = said.split("\n").flatMap((line) => /^Line \d+ .*/.exec(line) ?? []);
    expect(problems).toEqual([
      "Line 2 is no JSON, or not all of it",
      expect.stringMatching(/^Line 3 is no ticket: ticket\.status: /),
      expect.stringMatching(/^Line 4 is no ticket: a newer version of Deskhand has written it/),
      "Line 6 is no ticket: ticket._id has letters that no id has",
      expect.stringMatching(/^Line 8 \(.*\) has the same id as the ticket of line 1$/),
      "Line 9 is no JSON, or not all of it",
      "Line 11 is no JSON, or not all of it",
      "Line 12 is no UTF-8 text",
    ]);
    expect(said).toContain("8 lines of");
    expect(said + complained).not.toContain("very private");
    expect(code).toBe(1);
    expect(await exported(to)).toEqual([]);
  });

  test("is refused while Deskhand runs there, and where there is nothing to read", async () => {
    const { path } = await tickets(1);
    const to = await emptyPlace();
    const running = await startDeskhand(to.env);
    const refused = await runs(to.env, "import", path);
    expect(refused).toMatchObject({ code: 3, complained: expect.stringContaining("in use by") });
    running.kill("SIGTERM");
    await running.exit;
    const nowhere = await runs(to.env, "import", `${path}.gone`);
    expect(nowhere).toMatchObject({
      ...{ code: 1, complained: expect.stringContaining(`${path}.gone cannot be read (ENOENT)`) },
    });
    const nothing = await runs(to.env, "import", to.env.DATA_DIR);
    expect(nothing).toMatchObject({ code: 1, complained: expect.stringContaining("is a folder") });
  });

  test("lets everything be read back that was heard after the export", async () => {
    const { path } = await tickets(1);
    const to = await emptyPlace();
    const heard = new Date().toISOString();
    await to.on(async (store) => {
      for (const name of ["heard slack", "heard elsewhere"]) await store.setValue(name, heard);
    });
    expect(await runs(to.env, "import", path)).toMatchObject({ code: 0 });
    await to.on(async (store) => {
      expect(await store.value("heard slack")).toBe("");
      expect(await store.value("heard elsewhere")).toBe(heard);
    });
  });
});

describe("deskhand import that was broken off", () => {
  test("goes on where it was in a database, and nothing starts on a part of the tickets", async () => {
    const { documents, path } = await tickets();
    const last = newDocument({ title: "The last one" });
    await writeFile(path, linesOf([...documents, last]));
    const to = await database();
    const { cable, url } = await cabled(to.url);
    // Nobody looks for it by its title: it is on its way to be written.
    const { held } = cable.slowAt("The last one");
    const few = { DATABASE_URL: url, DATABASE_CONNECTIONS: "2" };
    const killed = deskhand(["import", path], { ...to.env, ...few });
    await held;
    killed.kill("SIGKILL");
    await killed.exit;
    await cable.close();
    const start = await runs({ ...to.env, PORT: "0" }, "start");
    expect(start).toMatchObject({ code: 1, complained: expect.stringContaining("a part only") });
    const doctor = await runs(to.env, "doctor");
    expect(doctor.said).toMatch(/^WRONG {2}store: .* deskhand import/m);
    // What has begun with other tickets does not mix with them.
    const from = await folder();
    await from.on((store) => store.create(newDocument()));
    const migrated = await runs({ ...from.env, DATABASE_URL: to.url }, "migrate");
    expect(migrated).toMatchObject({
      ...{ code: 1, complained: expect.stringContaining("Run deskhand import again") },
    });
    const { code, said } = await runs(to.env, "import", path);
    expect([code, said]).toEqual([0, expect.stringMatching(/, [12] of them written now/)]);
    expect(await exported(to)).toEqual(plain(inOrder([...documents, last])));
    await startDeskhand(to.env);
  });

  test("is not begun while a process is on the database that only follows", async () => {
    const { documents, path } = await tickets(3);
    const to = await database();
    const member = joinDatabase(optionsOf(to.url));
    const follower = await member.follow();
    const refused = await runs(to.env, "import", path);
    expect(refused).toMatchObject({
      ...{ code: 3, complained: expect.stringContaining(`in use by process ${process.pid} on`) },
    });
    expect(await exported(to)).toEqual([]);
    await follower.close();
    await member.close();
    expect(await runs(to.env, "import", path)).toMatchObject({ code: 0 });
    expect(await exported(to)).toEqual(plain(inOrder(documents)));
  });

  test("goes on where it was in a folder, and nothing starts or migrates a part of the tickets", async () => {
    const { documents, path } = await tickets();
    const to = await folder();
    const target = folderTarget({ folder: to.env.DATA_DIR, log: keptLog() });
    const store = await target.open();
    await target.begin(store, "import");
    for (const document of documents.slice(0, 9)) await store.create(document);
    await store.close();
    const start = await runs({ ...to.env, PORT: "0" }, "start");
    expect(start).toMatchObject({
      ...{ code: 1, complained: expect.stringContaining("Run deskhand import again") },
    });
    const doctor = await runs(to.env, "doctor");
    expect(doctor.said).toMatch(/^WRONG {2}store: .* a part only/m);
    const { env } = await database();
    const migrated = await runs({ ...env, ...to.env }, "migrate");
    expect(migrated).toMatchObject({ code: 1, complained: expect.stringContaining("a part only") });
    const { code, said } = await runs(to.env, "import", path);
    expect([code, said]).toEqual([0, expect.stringContaining(", 21 of them written now")]);
    expect(await exported(to)).toEqual(plain(inOrder(documents)));
    await startDeskhand(to.env);
  });
});

test("tickets that were moved to a database come back to the folder, with what was written there", async () => {
  const { documents, path } = await tickets();
  const { env, on: onDatabase } = await database();
  const { DATABASE_URL: _, ...inFiles } = env;
  const store = await openLowdbStore({ folder: env.DATA_DIR, log: keptLog() });
  for (const document of documents) await store.create(document);
  await store.close();
  expect(await runs(env, "migrate")).toMatchObject({ code: 0 });
  // What the folder has anyway, such as an older export, is no reason to start on it again.
  const older = await runs(inFiles, "import", path);
  expect(older).toMatchObject({ code: 0, said: expect.stringContaining(", 0 of them written") });
  expect(await readdir(env.DATA_DIR)).toContain("moved-to");
  await onDatabase(async (there) => {
    await there.change(documents[0]?.ticket._id ?? "", say("there"));
    await there.create(newDocument());
  });
  const all = (await runs(env, "export")).said;
  await writeFile(path, all);
  const tooEarly = await runs(inFiles, "import", path);
  expect(tooEarly).toMatchObject({ code: 1, said: expect.stringContaining("Line 1 (") });
  expect(tooEarly.said).toContain("without its folder tickets");
  expect(await runs(inFiles, "export")).toMatchObject({ code: 1 });
  await rename(join(env.DATA_DIR, "tickets"), join(env.DATA_DIR, "tickets-before"));
  const done = await runs(inFiles, "import", path);
  expect(done).toMatchObject({ code: 0, said: expect.stringContaining(", 31 of them written") });
  expect(await readdir(env.DATA_DIR)).not.toContain("moved-to");
  const inOrderOfLines = (text: string) => text.trim().split("\n").toSorted();
  expect(
    inOrderOfLines((await runs(inFiles, "export")).said).map((line) => JSON.parse(line)),
  ).toEqual(inOrderOfLines(all).map((line) => JSON.parse(line)));
  await startDeskhand(inFiles);
});
