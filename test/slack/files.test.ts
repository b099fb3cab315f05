import { describe, expect, test } from "vitest";
import type { OutboundFile } from "../../src/desk/chat.ts";
import { spot } from "../contracts/adapter.ts";
import { answeredBy, card, placeOf, slackWithPlatform } from "./connected.ts";

const file = (given: Partial<OutboundFile> = {}): OutboundFile => ({
  author: { id: "discord:1", name: "Rob <!here>" },
  name: "log.txt",
  type: "text/plain",
  content: Buffer.from("hello"),
  ...given,
});

const wanted = (key: string, others: string[] = []) => ({
  key,
  sinceMs: 0,
  file: { name: "log.txt", sizeBytes: 5, others },
});

async function withThread(options: Parameters<typeof slackWithPlatform>[0] = {}) {
  const connected = await slackWithPlatform(options);
  const { platform, triage, ada } = connected;
  const { thread } = await platform.openThread(triage, card(), "card");
  const inThread = () => ada.reads(triage, { thread: placeOf(thread).ts }).slice(1);
  const failing = (done: Promise<unknown>) =>
    done.then(
      () => "no failure",
      (error: unknown) => platform.failureOf(error),
    );
  return { ...connected, thread, inThread, failing };
}

describe("a file that is posted", () => {
  test("stands in the thread, with who sent it, and its message is told", async () => {
    const { platform, thread, inThread } = await withThread();
    const posted = await platform.postFile(spot(thread), file(), "key");
    expect(inThread()).toMatchObject([
      { ts: placeOf(posted).ts, files: ["log.txt"], words: "From Rob <!here>", pings: [] },
    ]);
  });

  test("is waited for while Slack has not shared it yet", async () => {
    const { slack, platform, thread, inThread } = await withThread();
    const letGo = slack.holdsFiles();
    const posting = platform.postFile(spot(thread), file(), "key");
    await slack.until(() => slack.calls.filter(({ method }) => method === "files.info").length > 2);
    letGo();
    expect(inThread()).toMatchObject([{ ts: placeOf(await posting).ts }]);
  });

  test("is uncertain when it does not show up in time, and found once it is there", async () => {
    const { slack, platform, thread, inThread, failing } = await withThread();
    const letGo = slack.holdsFiles();
    const failure = await failing(platform.postFile(spot(thread), file(), "key"));
    expect(failure).toMatchObject({ outcome: "uncertain" });
    expect(await platform.findPosted(thread, wanted("key"))).toBeUndefined();
    letGo();
    const found = await platform.findPosted(thread, wanted("key"));
    expect(inThread()).toMatchObject([{ ts: placeOf(found ?? "").ts }]);
  });

  test("is never sent again because Slack throttles the look for it", async () => {
    const { slack, platform, thread, inThread, failing } = await withThread();
    slack.misbehave({ retryAfterS: 3_600 }, { method: "files.info" });
    const failure = await failing(platform.postFile(spot(thread), file(), "key"));
    expect(failure).toMatchObject({ outcome: "uncertain" });
    expect(inThread()).toHaveLength(1);
  });

  test.each([
    ["files.getUploadURLExternal", "reset-after-effect", "retry", 0],
    ["files.getUploadURLExternal", { status: 503 }, "retry", 0],
    ["upload", "reset", "retry", 0],
    ["upload", "cut-off", "retry", 0],
    ["upload", { status: 500 }, "retry", 0],
    ["files.completeUploadExternal", { retryAfterS: 7 }, "retry", 0],
    ["files.completeUploadExternal", { status: 503 }, "uncertain", 0],
    ["files.completeUploadExternal", "reset-after-effect", "uncertain", 1],
    ["files.completeUploadExternal", "cut-off", "uncertain", 1],
    ["files.completeUploadExternal", { error: "posting_to_channel_denied" }, "retry", 0],
    ["files.completeUploadExternal", { error: "file_not_found" }, "retry", 0],
  ] as const)(
    "when %s ends with %j is %s, with %i messages",
    async (method, fault, outcome, left) => {
      const { slack, platform, thread, inThread, failing } = await withThread();
      slack.misbehave(fault, { method });
      const failure = await failing(platform.postFile(spot(thread), file(), "key"));
      expect(failure).toMatchObject({ outcome });
      expect(inThread()).toHaveLength(left);
    },
  );

  test("is not uploaded to where Slack's address redirects", async () => {
    const { slack, platform, thread, failing } = await withThread();
    const { slack: other } = await slackWithPlatform();
    slack.misbehave({ location: `${other.apiUrl}auth.test` }, { method: "upload" });
    const failure = await failing(platform.postFile(spot(thread), file(), "key"));
    expect(failure).toMatchObject({ outcome: "retry" });
    expect(other.calls).toEqual([]);
  });

  test("is not uploaded to an address that is not Slack's", async () => {
    const { slack: other } = await slackWithPlatform();
    const upload_url = `${other.apiUrl}auth.test`;
    const apiUrl = await answeredBy((_, response) => {
      response.end(JSON.stringify({ ok: true, upload_url, file_id: "F0000001" }));
    });
    const { platform } = await slackWithPlatform({ apiUrl });
    const posting = platform.postFile(spot("T0FAKE001/C0TRIAGE1/1700000000.000100"), file(), "key");
    const failure = await posting.catch((error: unknown) => platform.failureOf(error));
    expect(failure).toMatchObject({ outcome: "retry" });
    expect(other.calls).toEqual([]);
  });

  test("twice with the same name and size is two messages, each found by its own key", async () => {
    const { platform, thread } = await withThread();
    const first = await platform.postFile(spot(thread), file(), "key-1");
    const second = await platform.postFile(spot(thread), file(), "key-2");
    expect(await platform.findPosted(thread, wanted("key-2"))).toBe(second);
    expect(await platform.findPosted(thread, wanted("key-1"))).toBe(first);
    expect(await platform.findPosted(thread, wanted("key-3"))).toBeUndefined();
  });

  test("is found by name and size where it lost its key, unless it is another one", async () => {
    const { slack, platform, thread, inThread } = await withThread();
    const posted = await platform.postFile(spot(thread), file(), "key-1");
    const { channel, ts } = placeOf(posted);
    const message = slack.workspace.message(slack.workspace.channelOf({ channel }), ts);
    if (message) slack.workspace.edit(message, { blocks: [] });
    expect(inThread()).toHaveLength(1);
    expect(await platform.findPosted(thread, wanted("key-2"))).toBe(posted);
    expect(await platform.findPosted(thread, wanted("key-2", [posted]))).toBeUndefined();
    const larger = { ...wanted("key-2"), file: { name: "log.txt", sizeBytes: 6, others: [] } };
    expect(await platform.findPosted(thread, larger)).toBeUndefined();
  });

  test("is not found in what someone else posted", async () => {
    const { platform, thread, triage, ada } = await withThread();
    const hers = { name: "log.txt", content: Buffer.from("hello") };
    ada.writes(triage, "mine", { thread: placeOf(thread).ts, files: [hers] });
    expect(await platform.findPosted(thread, wanted("key"))).toBeUndefined();
  });

  test("for a thread that is gone does not stay in the channel", async () => {
    const { platform, thread, triage, ada, failing } = await withThread();
    await platform.remove(thread);
    const failure = await failing(platform.postFile(spot(thread), file(), "key"));
    expect(failure).toMatchObject({ outcome: "gone" });
    expect(ada.reads(triage)).toEqual([]);
  });

  test("with nothing in it is a dead delivery, as Slack takes none", async () => {
    const { slack, platform, thread, failing } = await withThread();
    const empty = file({ content: Buffer.alloc(0) });
    const failure = await failing(platform.postFile(spot(thread), empty, "key"));
    expect(failure).toMatchObject({ outcome: "dead", reason: expect.stringContaining("empty") });
    expect(slack.calls.map(({ method }) => method)).toEqual(["chat.postMessage"]);
  });
});
