import { createHash } from "node:crypto";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  type AttachmentsConfig,
  checkAttachments,
  openAttachments,
} from "../src/attachments/open.ts";
import { HandClock } from "./fakes/clock.ts";
import { type S3Server, startS3 } from "./fakes/s3/server.ts";
import { keptLog } from "./log.ts";

const content = Buffer.from("a picture of what went wrong");
const hash = createHash("sha256").update(content).digest("hex");

type Bucket = Extract<AttachmentsConfig, { kind: "bucket" }>;

async function bucket(given: { sessionToken?: string } = {}) {
  const clock = new HandClock();
  const s3 = await startS3({ now: () => clock.now() });
  onTestFinished(() => s3.stop());
  Object.assign(s3.keys, given);
  const { region, ...credentials } = s3.keys;
  const config: Bucket = {
    ...{ kind: "bucket", bucket: s3.bucket, prefix: "files/", endpoint: s3.url },
    ...{ region, credentials },
  };
  const log = keptLog();
  const open = (changed: Partial<Bucket> = {}) =>
    openAttachments({
      ...{ folder: "unused", config: { ...config, ...changed }, log },
      now: () => clock.now(),
      // Pauses between attempts end at once; time limits are the test's.
      after: (ms, act) => clock.after(ms < 2_000 ? 0 : ms, act),
      random: () => 0.5,
    });
  const underway = () => expect.poll(() => s3.underway(), { interval: 1 });
  return { s3, config, clock, log, open, underway };
}

const of = ({ requests }: S3Server, method: string) =>
  requests.filter((each) => each.method === method);
const all = async (stream: ReadableStream<Uint8Array> | undefined) =>
  Buffer.from(await new Response(stream ?? null).arrayBuffer());

describe("a bucket", () => {
  test("has each content below the prefix, and no one can read it without a key", async () => {
    const { s3, open } = await bucket();
    await (await open()).keep(content);
    const [key = ""] = s3.objects.keys();
    expect(key.startsWith(`files/${hash}.`)).toBe(true);
    expect((await fetch(`${s3.url}/${s3.bucket}/${key}`)).status).toBe(403);
  });

  test("is used with temporary credentials", async () => {
    const { open } = await bucket({ sessionToken: "a token/that+ends=" });
    const attachments = await open();
    await attachments.keep(content);
    expect(await attachments.read(hash)).toEqual(content);
  });

  test("is used alone by what is below the prefix", async () => {
    const { s3, open } = await bucket();
    for (const key of ["files", "file", "other/a", `files2/${hash}`])
      s3.objects.set(key, Buffer.from("another's"));
    const attachments = await open();
    expect(await attachments.read(hash)).toBeUndefined();
    for await (const each of attachments.hashes()) expect(each).toBeUndefined();
  });

  test("without an endpoint is Amazon's, in its region", async () => {
    const { open } = await bucket();
    const asked: string[] = [];
    const spy = vi.spyOn(globalThis, "fetch").mockImplementation(async (url) => {
      asked.push(String(url));
      throw new TypeError("fetch failed");
    });
    onTestFinished(() => spy.mockRestore());
    await open({ endpoint: undefined });
    await open({ endpoint: undefined, bucket: "desk.files" });
    expect(new Set(asked.map((url) => url.split("?")[0]))).toEqual(
      new Set([
        "https://desk-files.s3.eu-test-1.amazonaws.com/",
        "https://s3.eu-test-1.amazonaws.com/desk.files",
      ]),
    );
  });
});

describe("what will never do is told at start, with what to do and without secrets:", () => {
  const credentials = { accessKeyId: "AKIDOFTHESTANDIN", secretAccessKey: "hush-hush" };
  test.each([
    ["another secret", { credentials }, "AWS_SECRET_ACCESS_KEY is not the secret of the key"],
    [
      "another key",
      { credentials: { ...credentials, accessKeyId: "hush-hush" } },
      "the key in AWS_ACCESS_KEY_ID is not known there",
    ],
    [
      "a session that is none",
      { credentials: { ...credentials, sessionToken: "hush-hush" } },
      "AWS_SESSION_TOKEN is not valid there",
    ],
    ["another bucket", { bucket: "other-files" }, "there is no such bucket there"],
    ["another region", { region: "eu-test-2" }, "set the bucket's own region="],
  ])("%s", async (_, changed, told) => {
    const { s3, open, config } = await bucket();
    const error = await open(changed).catch((error: unknown) => error);
    expect(error).toMatchObject({ name: "StoreError", message: expect.stringContaining(told) });
    expect(String(error)).toContain("Put ATTACHMENTS_URL right, or the AWS_… variables.");
    expect(String(error)).not.toMatch(/hush-hush|shown-by-mistake/);
    // The same would be refused again.
    expect(s3.requests.length).toBe(1);
    const checked = await checkAttachments({ ...config, ...changed });
    expect(checked).toMatchObject({ ok: false, sentence: expect.stringContaining(told) });
  });

  test.each([
    [
      "a redirect",
      { status: 301, headers: { "x-amz-bucket-region": "eu-west-9", location: "http://x/" } },
      "set the bucket's own region=, such as eu-west-9",
    ],
    ["a lack of rights", { status: 403, code: "AccessDenied" }, "They need s3:ListBucket"],
    ["a clock that is off", { status: 403, code: "RequestTimeTooSkewed" }, "clock of this machine"],
    ["what is no bucket", { status: 200, body: "<html>hello</html>" } as const, "no S3-compatible"],
    ["what is unknown", { status: 418, code: "Tea<b>Pot" }, "it answers 418 TeabPot"],
  ])("%s", async (_, fault, told) => {
    const { s3, open } = await bucket();
    s3.misbehaves = () => fault;
    await expect(open()).rejects.toThrow(told);
  });
});

describe("a bucket that does not answer", () => {
  test("at start is in the log, and works once it is there", async () => {
    const { s3, open, log } = await bucket();
    s3.misbehaves = () => ({ status: 503, code: "SlowDown" });
    const attachments = await open();
    expect(log.lines.map(({ level }) => level)).toEqual(["warn"]);
    await expect(attachments.keep(content)).rejects.toMatchObject({
      code: "WRITE_FAILED",
      message: expect.stringContaining("it answers 503 SlowDown"),
    });
    expect(s3.objects.size).toBe(0);
    s3.misbehaves = () => undefined;
    await attachments.keep(content);
    expect(await attachments.read(hash)).toEqual(content);
  });

  test("nor refuses, holds up a start for some seconds only", async () => {
    const { s3, open, clock, log, underway } = await bucket();
    s3.misbehaves = () => ({ silent: "all" });
    const opening = open();
    await underway().toBe(1);
    clock.advance(5_000);
    const attachments = await opening;
    s3.misbehaves = () => undefined;
    clock.advance(5_000);
    const keeps = () => attachments.keep(content).catch(() => undefined);
    await expect.poll(keeps, { interval: 1 }).toMatchObject({ hash });
    expect(await attachments.read(hash)).toEqual(content);
    expect(log.lines.map(({ level }) => level)).toEqual(["warn"]);
  });

  test.each([
    ["refused for now", { status: 503, code: "SlowDown" }],
    ["failed there", { status: 500 }],
    ["cut off before it has an effect", { cut: "before" }],
    ["cut off after it had its effect", { cut: "after" }],
  ] as const)("and a write is %s, is asked again, and has it once", async (_, fault) => {
    const { s3, open } = await bucket();
    const attachments = await open();
    s3.misbehaves = ({ method }) =>
      method === "PUT" && of(s3, "PUT").length < 3 ? fault : undefined;
    await attachments.keep(content);
    expect([s3.objects.size, of(s3, "PUT").length]).toEqual([1, 3]);
    expect(await attachments.read(hash)).toEqual(content);
  });

  test.each([
    ["cut off amid its answer", { cut: "amid" }],
    ["failing", { status: 500 }],
  ] as const)("and is %s, is not taken for one without the file", async (_, fault) => {
    const { s3, open } = await bucket();
    const attachments = await open();
    await attachments.keep(content);
    const opened = await attachments.open(hash);
    s3.misbehaves = ({ key }) => (key === "" ? undefined : fault);
    await expect(attachments.read(hash)).rejects.toMatchObject({ code: "READ_FAILED" });
    await expect(all(opened?.content)).rejects.toMatchObject({ code: "READ_FAILED" });
    s3.misbehaves = () => undefined;
    expect(await attachments.read(hash)).toEqual(content);
  });

  test("is waited for once, for so long, and no longer", async () => {
    const { s3, open, clock, underway } = await bucket();
    const attachments = await open();
    s3.misbehaves = ({ method }) => (method === "PUT" ? { silent: "all" } : undefined);
    const keeping = attachments.keep(content);
    const failing = expect(keeping).rejects.toMatchObject({
      message: expect.stringContaining("there was no answer within 1"),
    });
    await expect.poll(() => of(s3, "PUT").length, { interval: 1 }).toBe(1);
    clock.advance(11_000);
    await failing;
    await underway().toBe(0);
    expect(of(s3, "PUT")).toHaveLength(1);
  });

  test("in time holds up what comes next no more: it fails at once, until the bucket answers again", async () => {
    const { s3, open, clock, underway } = await bucket();
    const attachments = await open();
    await attachments.keep(content);
    s3.misbehaves = () => ({ silent: "all" });
    const failing = expect(attachments.read(hash)).rejects.toMatchObject({ code: "READ_FAILED" });
    await underway().toBe(1);
    clock.advance(10_000);
    await failing;
    const asked = s3.requests.length;
    const silent = expect.stringContaining("it has not answered since");
    for (let each = 0; each < 3; each += 1) {
      await expect(attachments.read(hash)).rejects.toMatchObject({ message: silent });
      await expect(attachments.keep(content)).rejects.toMatchObject({ message: silent });
    }
    // Nobody waits for the one call that tries it.
    await expect.poll(() => s3.requests.length - asked, { interval: 1 }).toBe(1);
    await expect(attachments.read(hash)).rejects.toMatchObject({ message: silent });
    for (let tries = 2; tries < 6; tries += 1) {
      await underway().toBe(1);
      while (s3.requests.length - asked < tries) {
        clock.advance(1_000);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
    expect(new Set(s3.requests.slice(asked).map(({ query: { prefix } }) => prefix))).toEqual(
      new Set(["files/probe"]),
    );
    s3.misbehaves = () => undefined;
    const readLater = () => {
      clock.advance(1_000);
      return attachments.read(hash).catch(() => "not yet");
    };
    await expect.poll(readLater, { interval: 1 }).toEqual(content);
    await underway().toBe(0);
  });

  test("in time as something is written can be read, and is written to again once it answers", async () => {
    const { s3, open, clock, underway } = await bucket();
    const attachments = await open();
    await attachments.keep(content);
    const other = Buffer.from("another picture");
    s3.misbehaves = ({ method }) => (method === "GET" ? undefined : { silent: "all" });
    const failing = expect(attachments.keep(other)).rejects.toMatchObject({ code: "WRITE_FAILED" });
    await expect.poll(() => of(s3, "PUT").length, { interval: 1 }).toBe(2);
    clock.advance(11_000);
    await failing;
    for (let each = 0; each < 3; each += 1) {
      await expect(attachments.keep(other)).rejects.toThrow("it has not answered since");
      expect(await attachments.read(hash)).toEqual(content);
    }
    await underway().toBe(1);
    expect([of(s3, "PUT").length, of(s3, "DELETE").map(({ key }) => key)]).toEqual([
      ...[2, ["files/probe"]],
    ]);
    s3.misbehaves = () => undefined;
    const keepLater = () => {
      clock.advance(1_000);
      return attachments.keep(other).catch(() => "not yet");
    };
    await expect.poll(keepLater, { interval: 1 }).toMatchObject({ sizeBytes: other.byteLength });
    expect(await attachments.read(hash)).toEqual(content);
    expect(s3.objects.size).toBe(2);
  });

  test("in time, and then refuses connections, is asked again as one that is only down", async () => {
    const { s3, open, clock, underway } = await bucket();
    const attachments = await open();
    s3.misbehaves = () => ({ silent: "all" });
    const failing = expect(attachments.read(hash)).rejects.toMatchObject({ code: "READ_FAILED" });
    await underway().toBe(1);
    s3.misbehaves = () => ({ cut: "before" });
    clock.advance(10_000);
    await failing;
    const cannotBeReached = expect.stringContaining("it cannot be reached");
    await expect
      .poll(() => attachments.read(hash).catch((error: Error) => error.message))
      .toEqual(cannotBeReached);
  });

  test("amid its answer is waited for so long, and its connection is let go", async () => {
    const { s3, open, clock, underway } = await bucket();
    const attachments = await open();
    await attachments.keep(content);
    s3.misbehaves = ({ key }) => (key === "" ? undefined : { silent: "half" });
    const failing = expect(attachments.read(hash)).rejects.toMatchObject({ code: "READ_FAILED" });
    await expect.poll(() => of(s3, "GET").at(-1)?.status, { interval: 1 }).toBe(200);
    await underway().toBe(1);
    const ended = failing.then(() => true);
    while (!(await Promise.race([ended, new Promise<false>((go) => setImmediate(go, false))])))
      clock.advance(1_000);
    await underway().toBe(0);
  });

  test("is not waited for when Deskhand stops", async () => {
    const { s3, open, underway } = await bucket();
    const attachments = await open();
    s3.misbehaves = () => ({ silent: "all" });
    const failing = expect(attachments.read(hash)).rejects.toThrow("Deskhand is stopping");
    await underway().toBe(1);
    attachments.close();
    await failing;
    await expect(attachments.keep(content)).rejects.toMatchObject({ code: "WRITE_FAILED" });
    await underway().toBe(0);
  });

  test("and gives the same page over and over, is not listed for ever", async () => {
    const { s3, open } = await bucket();
    const attachments = await open();
    const body =
      "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>a</NextContinuationToken></ListBucketResult>";
    s3.misbehaves = () => ({ status: 200, body });
    await expect(attachments.read(hash)).rejects.toMatchObject({ code: "READ_FAILED" });
  });
});

describe("the doctor", () => {
  test("writes, finds, reads and removes something in the bucket, and leaves nothing", async () => {
    const { s3, config } = await bucket();
    expect(await checkAttachments(config)).toEqual({
      ok: true,
      sentence: `s3://desk-files/files/ at ${s3.url} can be written, listed, read and removed from`,
    });
    expect(s3.requests.map(({ method }) => method)).toEqual(["PUT", "GET", "GET", "DELETE"]);
    expect(s3.objects.size).toBe(0);
  });

  test.each(["PUT", "GET", "DELETE"])("finds that %s is not allowed", async (refused) => {
    const { s3, config } = await bucket();
    s3.misbehaves = ({ method }) =>
      method === refused ? { status: 403, code: "AccessDenied" } : undefined;
    expect(await checkAttachments(config)).toMatchObject({
      ok: false,
      sentence: expect.stringContaining("They need s3:ListBucket on the bucket"),
    });
  });
});
