// One of several processes with attachments in the folder given: does what it is told, and says
// whether what it kept could be read. Plain JavaScript, as it starts as a process.
import { openAttachments } from "../dist/src/attachments/open.js";

const [path] = process.argv.slice(2);
const log = { debug() {}, info() {}, warn() {}, error() {} };
const config = { kind: "folder", path };
let now = 0;
const files = await openAttachments({ folder: "unused", config, log, now: () => now });

const keeps = async (text) => {
  const { hash } = await files.keep(Buffer.from(text));
  return (await files.read(hash))?.toString() === text;
};

process.on("message", async ({ nowMs, kept, removed, oldMs }) => {
  now = nowMs;
  const removals = removed.map((hash) => files.removeUnused(hash, oldMs, async () => true));
  const read = await Promise.all(kept.map(keeps));
  await Promise.all(removals);
  process.send({ read });
});
process.send("ready");
