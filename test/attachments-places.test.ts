import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openAttachments } from "../src/attachments/open.ts";
import { type AttachmentsWorld, attachmentsContract } from "./contracts/attachments.ts";
import { startS3 } from "./fakes/s3/server.ts";
import { keptLog } from "./log.ts";
import { temporaryFolder } from "./temporary.ts";

/** Time that passes when a test says so. */
function time() {
  let now = Date.parse("2026-01-01T00:00:00Z");
  const passes = (ms: number) => {
    now += ms;
  };
  return { now: () => now, passes };
}

async function inFolder(): Promise<AttachmentsWorld> {
  const path = join(await temporaryFolder(), "share");
  await mkdir(path);
  const { now, passes } = time();
  const config = { kind: "folder" as const, path };
  const away = `${path}-away`;
  return {
    ...{ now, passes, isNear: true },
    open: () => openAttachments({ folder: "unused", config, log: keptLog(), now }),
    async names() {
      const all = await readdir(path, { recursive: true, withFileTypes: true });
      return all.filter((each) => each.isFile()).map(({ name }) => name);
    },
    overwrite: (name, content) => writeFile(join(path, name.slice(0, 2), name), content),
    async breaks() {
      await rename(path, away);
      await writeFile(path, "");
    },
    async heals() {
      await rm(path);
      await rename(away, path);
    },
  };
}

async function inBucket(): Promise<AttachmentsWorld> {
  const { now, passes } = time();
  const s3 = await startS3({ now });
  onTestFinished(() => s3.stop());
  s3.pageSize = 4;
  const { bucket, keys, objects, url: endpoint } = s3;
  const { region, ...credentials } = keys;
  const prefix = "some/files/";
  const config = { kind: "bucket" as const, bucket, prefix, endpoint, region, credentials };
  // Pauses end at once, and time limits never come: each has its own tests.
  const after = (ms: number, act: () => void) => {
    const soon = ms < 5_000 ? setImmediate(act) : undefined;
    return () => clearImmediate(soon);
  };
  return {
    ...{ now, passes, isNear: false },
    open: () => openAttachments({ folder: "unused", config, log: keptLog(), now, after }),
    names: async () => [...objects.keys()].map((key) => key.slice(prefix.length)),
    overwrite: async (name, content) => void objects.set(prefix + name, content),
    async breaks() {
      s3.misbehaves = () => ({ status: 503, code: "SlowDown" });
    },
    async heals() {
      s3.misbehaves = () => undefined;
    },
  };
}

attachmentsContract("a folder that is shared", inFolder);
attachmentsContract("a bucket", inBucket);
