import { describe, expect, test } from "vitest";
import type { OutboundFile } from "../../src/desk/chat.ts";
import { ticketCard as card, spot } from "../contracts/adapter.ts";
import { discordWithPlatform, failing } from "./connected.ts";

const mebibyte = 1024 * 1024;

const file = (given: Partial<OutboundFile> = {}): OutboundFile => ({
  author: { id: "slack:1", name: "Rob @here" },
  name: "log.txt",
  type: "text/plain",
  content: Buffer.from("hello"),
  ...given,
});

const withThread = async () => {
  const connected = await discordWithPlatform();
  const { platform, triage, ada } = connected;
  const { thread } = await platform.openThread(triage, card(), "card");
  const inThread = () => ada.reads(thread).filter(({ files }) => files.length > 0);
  return { ...connected, thread, inThread };
};

describe("a file", () => {
  test("stands in the thread under the name of who sent it, with all that is in it", async () => {
    const { platform, thread, inThread } = await withThread();
    const posted = await platform.postFile(spot(thread), file(), "key");
    const [seen] = inThread();
    expect(posted).toBe(`${thread}/${seen?.id}`);
    expect(seen).toMatchObject({
      files: ["log.txt"],
      bytes: { "log.txt": Buffer.from("hello") },
      embeds: [{ author: { name: "Rob @here" } }],
      pings: [],
    });
  });

  test.each([
    ["what turns text around", "a\u202Egpj.exe", "a_gpj.exe"],
    ["nothing but white space", " ", "file"],
  ])("with %s for a name has one that can be shown", async (_, name, shown) => {
    const { platform, thread, inThread } = await withThread();
    await platform.postFile(spot(thread), file({ name }), "key");
    expect(inThread()[0]?.files).toEqual([shown]);
  });

  test("is posted into a thread that has archived itself", async () => {
    const { discord, platform, triage, thread, inThread, ada } = await withThread();
    discord.archives(thread);
    await platform.postFile(spot(thread), file(), "key");
    expect(inThread()).toHaveLength(1);
    expect(ada.threads(triage)).toMatchObject([{ archived: false }]);
  });

  test.each([
    ["reset", "uncertain", 0],
    ["reset-after-effect", "uncertain", 1],
    ["cut-off", "uncertain", 1],
    [{ status: 503 }, "uncertain", 0],
    [{ status: 500, afterEffect: true }, "uncertain", 1],
    [{ retryAfterS: 60 }, "retry", 0],
    [{ error: { status: 413, code: 40005, message: "Request entity too large" } }, "dead", 0],
  ] as const)("whose upload ends with %j is %s, with %i messages", async (fault, outcome, left) => {
    const { discord, platform, thread, inThread } = await withThread();
    discord.misbehave(fault, { route: "POST /channels/:id/messages" });
    const failure = await failing(platform, platform.postFile(spot(thread), file(), "key"));
    expect(failure).toMatchObject({ outcome });
    expect(inThread()).toHaveLength(left);
    const found = await platform.findPosted(thread, { key: "key", sinceMs: 0 });
    expect(found === undefined).toBe(left === 0);
  });

  test("where the bot may post none holds nothing up: it is a dead delivery that says why", async () => {
    const { discord, platform, triage, thread } = await withThread();
    discord.removesPermissions(triage, ["attachFiles"]);
    expect(await failing(platform, platform.postFile(spot(thread), file(), "key"))).toMatchObject({
      outcome: "dead",
      reason: expect.stringContaining("Attach Files"),
    });
  });

  test("that is larger than Discord takes is not even sent", async () => {
    const { discord, platform, thread, directly } = await withThread();
    const { thread: direct } = await platform.openThread(directly, card(), "direct");
    const content = Buffer.alloc(10 * mebibyte + 1);
    for (const each of [thread, direct]) {
      const posting = platform.postFile(spot(each), file({ content }), "key");
      expect(await failing(platform, posting)).toMatchObject({
        outcome: "dead",
        reason: "the file is larger than Discord takes",
      });
    }
    expect(discord.calls.filter(({ files }) => files.length > 0)).toEqual([]);
  });
});
