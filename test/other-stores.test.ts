import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { databasesFile, isSoleStore } from "../src/other-stores.ts";
import { keptLog } from "./log.ts";
import { temporaryFolder } from "./temporary.ts";

/** A data folder, and whether attachments may be removed there by who has tickets in it or elsewhere. */
async function folder() {
  const dataDir = await temporaryFolder();
  const log = keptLog();
  const mayRemove = (name?: string) => {
    const url = `postgresql://someone:secret@host:5432/${name}`;
    const database = name === undefined ? undefined : { url, connections: 1 };
    return isSoleStore({ dataDir, database }, log);
  };
  return { dataDir, log, mayRemove };
}

test("attachments are removed where only one store has ever worked with the folder", async () => {
  const [one, other] = [await folder(), await folder()];
  for (const _ of [1, 2]) {
    expect(await one.mayRemove()).toBe(true);
    expect(await other.mayRemove("desk")).toBe(true);
  }
  expect([...one.log.lines, ...other.log.lines]).toEqual([]);
});

test("none is removed by who works on a database while the folder has tickets of its own", async () => {
  const { dataDir, log, mayRemove } = await folder();
  await mkdir(join(dataDir, "tickets"));
  await writeFile(join(dataDir, "tickets", "ticket_1.json"), "{}");
  expect(await mayRemove("desk")).toBe(false);
  expect(log.lines[0]).toMatchObject({ fields: { others: [dataDir] } });
  await rm(join(dataDir, "tickets"), { recursive: true });
  expect(await mayRemove("desk")).toBe(true);
});

test("none is removed by who works on a database while damaged tickets are set aside in the folder", async () => {
  const { dataDir, log, mayRemove } = await folder();
  await mkdir(join(dataDir, "damaged"));
  expect(await mayRemove("desk")).toBe(true);
  await writeFile(join(dataDir, "damaged", "ticket_1.json.2026-01-01T00-00-00.000Z"), "{");
  expect(await mayRemove("desk")).toBe(false);
  expect(log.lines[0]).toMatchObject({ fields: { others: [join(dataDir, "damaged")] } });
  await rm(join(dataDir, "damaged"), { recursive: true });
  expect(await mayRemove("desk")).toBe(true);
});

test("none is removed by who works on the folder or another database, where one was used before", async () => {
  const { dataDir, log, mayRemove } = await folder();
  expect(await mayRemove("desk")).toBe(true);
  expect(await mayRemove()).toBe(false);
  expect(await mayRemove("another")).toBe(false);
  expect(await mayRemove("desk")).toBe(false);
  expect(JSON.stringify(log.lines)).not.toContain("secret");
  expect(await readFile(join(dataDir, databasesFile), "utf8")).not.toContain("secret");
  await writeFile(join(dataDir, databasesFile), "[]");
  expect(await mayRemove()).toBe(true);
});

test("none is removed where it cannot be known who else works with the folder", async () => {
  const { dataDir, log, mayRemove } = await folder();
  await writeFile(join(dataDir, databasesFile), "{");
  expect(await mayRemove()).toBe(false);
  expect(await mayRemove("desk")).toBe(false);
  expect(log.lines).toHaveLength(2);
});
