import { type ChildProcess, fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { openAttachments } from "../src/attachments/open.ts";
import { keptLog } from "./log.ts";
import { temporaryFolder } from "./temporary.ts";

const hourMs = 60 * 60_000;
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const script = fileURLToPath(new URL("attachments-process.mjs", import.meta.url));

async function processOn(path: string): Promise<ChildProcess> {
  const child = fork(script, [path]);
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "message");
  return child;
}

/** Resolves to whether it could read each that it kept. */
async function does(child: ChildProcess, told: object): Promise<boolean[]> {
  const answer = once(child, "message");
  child.send(told);
  const [{ read }] = await answer;
  return read;
}

test("what one process keeps in a shared folder is there, while others remove it as unused and are killed", async () => {
  const path = await temporaryFolder();
  const children = await Promise.all([processOn(path), processOn(path), processOn(path)]);
  const texts = Array.from({ length: 12 }, (_, number) => `file ${number}`);
  let now = Date.parse("2026-01-01T00:00:00Z");
  const config = { kind: "folder" as const, path };
  const log = keptLog();
  const files = await openAttachments({ folder: "unused", config, log, now: () => now });
  for (let round = 0; round < 9; round += 1) {
    // Whatever was kept before is old by now, and is kept anew as it is removed.
    now += 25 * hourMs;
    const keptBy = (place: number) => texts.filter((_, number) => (number + round) % 3 === place);
    const times = { nowMs: now, oldMs: now - 24 * hourMs };
    const told = (place: number) => ({
      ...{ ...times, kept: keptBy(place) },
      removed: texts.filter((text) => !keptBy(place).includes(text)).map(sha256),
    });
    const [one, other, last] = children;
    if (!one || !other || !last) throw new Error("there are three");
    last.send(told(2));
    const both = Promise.all([does(one, told(0)), does(other, told(1))]);
    last.kill("SIGKILL");
    expect((await both).flat()).toEqual([...keptBy(0), ...keptBy(1)].map(() => true));
    for (const text of [...keptBy(0), ...keptBy(1)])
      expect((await files.read(sha256(text)))?.toString()).toBe(text);
    children[2] = await processOn(path);
  }
  // Nothing was found to be damaged, either.
  expect(log.lines).toEqual([]);
});
