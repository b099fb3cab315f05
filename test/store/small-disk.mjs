// Runs on a disk of a few hundred kilobytes, mounted on the folder given: fills it, makes it
// read-only, and prints what the store did as JSON. Plain JavaScript, as it starts as a process.
import { execFileSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openLowdbStore } from "../../dist/src/store/lowdb/open.js";

const [disk, template] = process.argv.slice(2);
const folder = join(disk, "data");
const ballast = join(disk, "ballast");
const log = { debug() {}, info() {}, warn() {}, error() {} };

const sh = (script, argument) => execFileSync("sh", ["-c", script, "sh", argument]);

const documentOf = (n) => {
  const document = JSON.parse(template);
  document.ticket._id = `ticket_${n}`;
  document.ticket.description = "x".repeat(3_000);
  document.reference = `T-${String(n).padStart(6, "0")}`;
  return document;
};
const codeOf = (promise) =>
  promise.then(
    () => "done",
    (error) => `${error.code}: ${error.message}`,
  );
const rename = (store, n, title) =>
  store.change(`ticket_${n}`, (draft) => {
    draft.ticket.title = title;
  });
const titleOf = async (store, n) => (await store.get(`ticket_${n}`))?.ticket.title;
const total = async (store) => (await store.list({ filter: {}, page: 1, limit: 1 })).total;

await writeFile(ballast, Buffer.alloc(100_000));
const store = await openLowdbStore({ folder, log });
let created = 0;
let refused = "done";
while (refused === "done" && created < 1_000) {
  refused = await codeOf(store.create(documentOf(created)));
  if (refused === "done") created += 1;
}
const long = "x".repeat(140);
const full = {
  created,
  refused,
  change: await codeOf(rename(store, 0, long)),
  probe: await codeOf(store.probe()),
  title: await titleOf(store, 0),
  total: await total(store),
};

await rm(ballast);
const roomAgain = {
  create: await codeOf(store.create(documentOf(created))),
  change: await codeOf(rename(store, 0, long)),
  probe: await codeOf(store.probe()),
};

// As the folder of an ext4 that met an error: there to be read, and no more.
const tickets = join(folder, "tickets");
sh('mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"', tickets);
const readOnly = { change: await codeOf(rename(store, 1, "x")), title: await titleOf(store, 1) };
sh('umount "$1"', tickets);
const writableAgain = { change: await codeOf(rename(store, 1, "Written again")) };
await store.close();

const reopened = await openLowdbStore({ folder, log });
const afterRestart = {
  total: await total(reopened),
  titles: [await titleOf(reopened, 0), await titleOf(reopened, 1)],
};
await reopened.close();
process.stdout.write(JSON.stringify({ full, roomAgain, readOnly, writableAgain, afterRestart }));
