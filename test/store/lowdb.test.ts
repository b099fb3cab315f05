import { execFileSync, spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { currentSchema } from "../../src/desk/document.ts";
import type { TicketStore } from "../../src/desk/ports.ts";
import { openLowdbStore } from "../../src/store/lowdb/open.ts";
import { newDocument } from "../contracts/store.ts";
import { hangsMs } from "../fakes/until.ts";
import { keptLog } from "../log.ts";
import { temporaryFolder } from "../temporary.ts";

async function open(folder: string) {
  const log = keptLog();
  const store = await openLowdbStore({ folder, log });
  onTestFinished(() => store.close());
  return { store, log };
}

async function filled(folder: string, count: number) {
  const { store } = await open(folder);
  const documents = Array.from({ length: count }, () => newDocument());
  for (const document of documents) await store.create(document);
  await store.close();
  return documents;
}

const fileOf = (folder: string, { ticket }: { ticket: { _id: string } }) =>
  join(folder, "tickets", `${ticket._id}.json`);
const total = async (store: TicketStore) =>
  (await store.list({ filter: {}, page: 1, limit: 1 })).total;

describe("a damaged file at start", () => {
  test.each([
    ["torn", (text: string) => text.slice(0, text.length / 2)],
    ["empty", () => ""],
    ["zeroed", (text: string) => "\0".repeat(text.length)],
    ["edited by hand into no ticket", (text: string) => text.replace('"open"', '"opened"')],
    ["of another ticket", (text: string) => text.replace('"_id": "', '"_id": "not_')],
    ["no object", () => "[]"],
  ])("%s: the others load, it is set aside by name, and its content is kept", async (_, damage) => {
    const folder = await temporaryFolder();
    const [one, two] = await filled(folder, 2);
    if (!one || !two) throw new Error("two tickets are missing");
    const damaged = damage(await readFile(fileOf(folder, one), "utf8"));
    await writeFile(fileOf(folder, one), damaged);

    const { store, log } = await open(folder);
    expect(await store.get(two.ticket._id)).toEqual(two);
    expect(await store.get(one.ticket._id)).toBeUndefined();
    expect(await total(store)).toBe(1);
    const name = `${one.ticket._id}.json`;
    expect(log.lines).toContainEqual(
      expect.objectContaining({ level: "error", message: expect.stringContaining(name) }),
    );
    const [aside] = await readdir(join(folder, "damaged"));
    expect(aside).toContain(name);
    expect(await readFile(join(folder, "damaged", `${aside}`), "utf8")).toBe(damaged);
  });

  test("that the disk does not give: the start is refused, and the file stays", async () => {
    const folder = await temporaryFolder();
    const [one] = await filled(folder, 1);
    if (!one) throw new Error("the ticket is missing");
    await rm(fileOf(folder, one));
    await mkdir(fileOf(folder, one));
    await expect(open(folder)).rejects.toMatchObject({
      code: "READ_FAILED",
      message: expect.stringContaining(`${one.ticket._id}.json`),
    });
    expect(await readdir(folder)).not.toContain("damaged");
  });

  test("set aside twice under one name: both are kept", async () => {
    const folder = await temporaryFolder();
    const [one] = await filled(folder, 1);
    if (!one) throw new Error("the ticket is missing");
    for (const content of ["first", "second"]) {
      await writeFile(fileOf(folder, one), content);
      const { store } = await open(folder);
      await store.close();
    }
    const names = await readdir(join(folder, "damaged"));
    const contents = names.map((name) => readFile(join(folder, "damaged", name), "utf8"));
    expect((await Promise.all(contents)).sort()).toEqual(["first", "second"]);
  });

  test("what a crash left of a write is not taken for a ticket", async () => {
    const folder = await temporaryFolder();
    const [one] = await filled(folder, 1);
    if (!one) throw new Error("the ticket is missing");
    await writeFile(`${fileOf(folder, one)}.7.tmp`, '{"half":');
    for (const name of ["values.json.3.tmp", "index.jsonl.tmp"])
      await writeFile(join(folder, name), '{"half":');
    const { store } = await open(folder);
    expect(await store.get(one.ticket._id)).toEqual(one);
    expect(await readdir(join(folder, "tickets"))).toEqual([`${one.ticket._id}.json`]);
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("while it runs: lists and searches go on without it, and the log names it", async () => {
    const folder = await temporaryFolder();
    const [one, two] = await filled(folder, 2);
    if (!one || !two) throw new Error("two tickets are missing");
    const { store, log } = await open(folder);
    await writeFile(fileOf(folder, one), "{");
    for (const filter of [{}, { q: "errors" }]) {
      const { tickets } = await store.list({ filter, page: 1, limit: 10 });
      expect(tickets.map(({ _id }) => _id)).toEqual([two.ticket._id]);
    }
    await expect(store.get(one.ticket._id)).rejects.toMatchObject({ code: "DAMAGED" });
    expect(log.lines).toContainEqual(
      expect.objectContaining({ fields: expect.objectContaining({ ticket: one.ticket._id }) }),
    );
  });

  test("while it runs, through the disk's fault: no list pretends that it is not there", async () => {
    const folder = await temporaryFolder();
    const [one] = await filled(folder, 1);
    if (!one) throw new Error("the ticket is missing");
    const { store } = await open(folder);
    await rm(fileOf(folder, one));
    await mkdir(fileOf(folder, one));
    const list = store.list({ filter: {}, page: 1, limit: 10 });
    await expect(list).rejects.toMatchObject({ code: "READ_FAILED" });
    const search = store.list({ filter: { q: "errors" }, page: 1, limit: 10 });
    await expect(search).rejects.toMatchObject({ code: "READ_FAILED" });
  });

  test("of a newer version: the start is refused, and nothing is moved", async () => {
    const folder = await temporaryFolder();
    const [one] = await filled(folder, 1);
    if (!one) throw new Error("the ticket is missing");
    const newer = JSON.stringify({ ...one, schema: currentSchema + 1, surprise: true });
    await writeFile(fileOf(folder, one), newer);
    await expect(open(folder)).rejects.toMatchObject({ code: "NEWER_SCHEMA" });
    expect(await readFile(fileOf(folder, one), "utf8")).toBe(newer);
  });
});

describe("a ticket of an older version", () => {
  test("is whole when it is read, and written as one of this version when it changes", async () => {
    const folder = await temporaryFolder();
    const older = await readFile("test/fixtures/documents/schema-1.json", "utf8");
    const { ticket, reference, answers } = JSON.parse(older);
    await mkdir(join(folder, "tickets"));
    const file = join(folder, "tickets", `${ticket._id}.json`);
    await writeFile(file, older);

    const { store } = await open(folder);
    const document = await store.get(ticket._id);
    expect(document).toMatchObject({ ticket, reference, answers, owes: false, places: [] });
    expect(document?.requester).toEqual({ id: "client_1", name: "client_1" });
    expect(document?.assignee).toEqual({ id: "agent_7", name: "agent_7" });
    expect(document?.messages).toMatchObject([
      { kind: "reply", side: "requester", entry: 0, by: { id: "client_1" } },
      { kind: "reply", side: "agents", entry: 1, by: { id: "agent_7" } },
      { kind: "notice", side: "agents", entry: 2 },
    ]);
    expect(await readFile(file, "utf8")).toBe(older);
    await store.change(ticket._id, (draft) => draft.ticket.tags.push("new"));
    const written = JSON.parse(await readFile(file, "utf8"));
    expect(written).toMatchObject({ schema: currentSchema, ticket: { tags: ["hot", "new"] } });
  });
});

describe("the index file", () => {
  test("saves reading the tickets that it knows, and only those", async () => {
    const folder = await temporaryFolder();
    const [one, two] = await filled(folder, 2);
    if (!one || !two) throw new Error("two tickets are missing");
    const index = await readFile(join(folder, "index.jsonl"), "utf8");
    expect(index.split("\n").filter((line) => line.includes('"reference"'))).toHaveLength(2);

    const edited = (await readFile(fileOf(folder, one), "utf8")).replace('"high"', '"low"');
    await writeFile(fileOf(folder, one), edited);
    const { store } = await open(folder);
    const low = await store.list({ filter: { priority: "low" }, page: 1, limit: 10 });
    expect(low.tickets.map((ticket) => ticket._id)).toEqual([one.ticket._id]);
    const high = await store.list({ filter: { priority: "high" }, page: 1, limit: 10 });
    expect(high.tickets.map((ticket) => ticket._id)).toEqual([two.ticket._id]);
  });

  test.each([
    ["gone", () => undefined],
    ["torn", (text: string) => text.slice(0, text.length / 2)],
    ["changed", (text: string) => text.replaceAll("high", "low!")],
    ["of another shape", () => "{}\n"],
    ["empty", () => ""],
  ])("%s, it is not used, and every ticket is found all the same", async (_, damage) => {
    const folder = await temporaryFolder();
    const documents = await filled(folder, 3);
    const path = join(folder, "index.jsonl");
    const damaged = damage(await readFile(path, "utf8"));
    if (damaged === undefined) await rm(path);
    else await writeFile(path, damaged);
    const { store } = await open(folder);
    const { tickets } = await store.list({ filter: { priority: "high" }, page: 1, limit: 10 });
    expect(tickets).toHaveLength(documents.length);
  });

  test("is not believed over a file that was edited while the store was open", async () => {
    const folder = await temporaryFolder();
    const { store } = await open(folder);
    const document = newDocument();
    await store.create(document);
    const edited = (await readFile(fileOf(folder, document), "utf8")).replace('"high"', '"low"');
    await writeFile(fileOf(folder, document), edited);
    await store.close();
    const again = (await open(folder)).store;
    const { tickets } = await again.list({ filter: { priority: "low" }, page: 1, limit: 10 });
    expect(tickets).toHaveLength(1);
  });

  test("forgets tickets whose files are gone, and finds those that were put there", async () => {
    const folder = await temporaryFolder();
    const [one, two] = await filled(folder, 2);
    if (!one || !two) throw new Error("two tickets are missing");
    await rm(fileOf(folder, one));
    const three = newDocument();
    await writeFile(fileOf(folder, three), JSON.stringify(three));
    const { store } = await open(folder);
    expect(await total(store)).toBe(2);
    expect(await store.get(one.ticket._id)).toBeUndefined();
    expect(await store.get(three.ticket._id)).toEqual(three);
  });

  test("is written while the store works, once much is not in it", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "tickets"));
    const documents = Array.from({ length: 5_000 }, () => newDocument());
    await Promise.all(
      documents.map((document) => writeFile(fileOf(folder, document), JSON.stringify(document))),
    );
    const { store } = await open(folder);
    await expect
      .poll(() => stat(join(folder, "index.jsonl")).catch(() => undefined), { timeout: hangsMs })
      .toBeDefined();
    expect(await total(store)).toBe(5_000);
  });
});

describe("a disk that cannot be written", () => {
  test("the write fails, memory is not ahead, and it works again afterwards", async () => {
    const folder = await temporaryFolder();
    const { store } = await open(folder);
    const document = newDocument();
    await store.create(document);
    await rename(join(folder, "tickets"), join(folder, "elsewhere"));
    const { _id } = document.ticket;
    const change = () => store.change(_id, (draft) => draft.ticket.tags.push("new"));
    await expect(change()).rejects.toMatchObject({ code: "WRITE_FAILED" });
    await expect(store.probe()).rejects.toMatchObject({ code: "WRITE_FAILED" });
    await expect(store.create(newDocument())).rejects.toMatchObject({ code: "WRITE_FAILED" });
    expect(await total(store)).toBe(1);
    await rename(join(folder, "elsewhere"), join(folder, "tickets"));
    expect(await store.get(_id)).toEqual(document);
    await change();
    expect((await store.get(_id))?.ticket.tags).toEqual(["new"]);
  });

  const canMount = spawnSync("sh", ["-c", "unshare -rm true"]).status === 0;
  test.skipIf(!canMount)(
    "full, then read-only, then neither: nothing is lost or torn",
    async () => {
      const disk = await temporaryFolder();
      const child = fileURLToPath(new URL("small-disk.mjs", import.meta.url));
      const template = JSON.stringify(newDocument({ title: "Short" }));
      const script = `unshare -rm sh -c 'mount -t tmpfs -o size=400k tmpfs "$2" && exec "$0" "$@"' "$@"`;
      const args = ["-c", script, "sh", process.execPath, child, disk, template];
      const output = execFileSync("sh", args, { encoding: "utf8" });
      const seen = JSON.parse(output);
      expect(seen.full.refused).toMatch(/^WRITE_FAILED: .*Nothing was changed/);
      expect(seen.full.created).toBeGreaterThan(5);
      expect(seen.full).toMatchObject({ title: "Short", total: seen.full.created });
      expect(seen.full.change).toMatch(/^WRITE_FAILED/);
      expect(seen.full.probe).toMatch(/^WRITE_FAILED/);
      expect(seen.roomAgain).toEqual({ create: "done", change: "done", probe: "done" });
      expect(seen.readOnly).toMatchObject({
        change: expect.stringMatching(/^WRITE_FAILED/),
        title: "Short",
      });
      expect(seen.writableAgain).toEqual({ change: "done" });
      expect(seen.afterRestart).toEqual({
        total: seen.full.created + 1,
        titles: ["x".repeat(140), "Written again"],
      });
    },
  );
});

test("no one but the owner can read the files", async () => {
  const folder = await temporaryFolder();
  const [one] = await filled(folder, 1);
  if (!one) throw new Error("the ticket is missing");
  expect((await stat(fileOf(folder, one))).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, "tickets"))).mode & 0o777).toBe(0o700);
});

test("what is kept in memory is bounded by all that a document holds", async () => {
  const folder = await temporaryFolder();
  const { store } = await open(folder);
  const before = { description: "x".repeat(100_000) };
  const answer = { hash: "h", at: "2026-01-01T00:00:00.000Z", before, entries: 1 };
  const large = () => newDocument({}, { answers: [{ ...answer, key: "k" }] });
  const [first, ...others] = Array.from({ length: 200 }, large);
  if (!first) throw new Error("the ticket is missing");
  for (const document of [first, ...others]) await store.create(document);
  // What has left memory is read from its file, and found out to be gone.
  await rm(fileOf(folder, first));
  await expect(store.get(first.ticket._id)).rejects.toMatchObject({ code: "DAMAGED" });
});

describe("two on one data folder", () => {
  test("the second is refused, and told who holds it", async () => {
    const folder = await temporaryFolder();
    const { store } = await open(folder);
    await expect(open(folder)).rejects.toMatchObject({
      code: "IN_USE",
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await store.close();
    await open(folder);
  });

  test("a lock left by a crash holds no one up", async () => {
    const folder = await temporaryFolder();
    const since = new Date().toISOString();
    await writeFile(join(folder, "lock"), JSON.stringify({ pid: process.pid, host: "h", since }));
    await open(folder);
  });
});
