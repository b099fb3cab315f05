import { describe, expect, test } from "vitest";
import { typedText } from "../../src/desk/text.ts";
import { ticketCard as card, said, spot } from "../contracts/adapter.ts";
import { record } from "../fakes/json.ts";
import { discordWithPlatform, failing } from "./connected.ts";

const withThread = async () => {
  const connected = await discordWithPlatform();
  const { platform, triage, ada } = connected;
  const { thread } = await platform.openThread(triage, card(), "card");
  const inThread = () => ada.reads(thread).filter(({ embeds }) => embeds.length > 0);
  return { ...connected, thread, inThread };
};

describe("a message", () => {
  test("shows who wrote it, in what nobody can take for words", async () => {
    const { platform, guild, thread, inThread } = await withThread();
    await platform.post(spot(thread), said("hello"), "key");
    expect(inThread()).toMatchObject([
      {
        from: "Deskhand",
        content: "",
        embeds: [
          {
            author: { name: "Rob", icon_url: "https://pictures.example/rob.png" },
            description: "hello",
            url: expect.stringContaining(`/channels/${guild.id}/${thread}?deskhand=`),
          },
        ],
      },
    ]);
  });

  test.each([
    ["on http", "http://pictures.example/1.png"],
    ["no address", "https://"],
    ["endless", `https://pictures.example/${"1".repeat(3_000)}.png`],
  ])("shows no picture that is %s", async (_, picture) => {
    const { platform, thread, inThread } = await withThread();
    await platform.post(
      spot(thread),
      said("hi", { author: { id: "x:1", name: "Rob", picture } }),
      "key",
    );
    expect(inThread()[0]?.embeds[0]?.author).toEqual({ name: "Rob" });
  });

  test.each([
    ["🔥".repeat(300), `${"🔥".repeat(127)}…`],
    ["Rob\nthe  Builder", "Rob the Builder"],
    [" ", "Someone"],
  ])("of someone called %j has a name that Discord takes", async (name, shown) => {
    const { platform, thread, inThread } = await withThread();
    await platform.post(spot(thread), said("hi", { author: { id: "x:1", name } }), "key");
    expect(record(inThread()[0]?.embeds[0]?.author).name).toBe(shown);
  });

  test("of each kind looks different", async () => {
    const { platform, thread, inThread } = await withThread();
    for (const kind of ["reply", "note", "notice"] as const)
      await platform.post(spot(thread), said("hello", { kind }), kind);
    const [reply, note, notice] = inThread().map(({ embeds }) => embeds[0]);
    expect(new Set([reply, note, notice].map((each) => each?.color)).size).toBe(3);
    expect(note?.footer).toEqual({ text: "🔒 Note, for agents only" });
    expect(notice?.author).toBeUndefined();
  });

  test("of a failure can be answered with another try", async () => {
    const { platform, thread, inThread } = await withThread();
    const retry = { id: "support_ticket_0123456789abcdef0123456789abcdef", delivery: "p2/m123" };
    const posted = await platform.post(
      spot(thread),
      said("It failed", { kind: "notice", retry }),
      "key",
    );
    expect(inThread()[0]?.buttons).toEqual([`retry:p2/m123:${retry.id}`]);
    await platform.update(posted, { message: said("It worked", { kind: "notice" }) });
    expect(inThread()[0]?.buttons).toEqual([]);
  });

  test("of the longest kind still fits, whatever is in it", async () => {
    const { platform, thread, inThread } = await withThread();
    const author = { id: "x:1", name: "🔥".repeat(300) };
    const parts = platform.split(typedText("*_~`|".repeat(2_000)));
    expect(parts.length).toBeGreaterThan(1);
    for (const [index, text] of parts.entries()) {
      const part = said("", { kind: "note", author, text });
      const posted = await platform.post(spot(thread), part, `${index}`);
      await platform.update(posted, { message: part });
    }
    expect(inThread()).toHaveLength(parts.length);
  });

  test("is not repeated by Discord itself within some minutes, wherever else its key is used", async () => {
    const { platform, clock, triage, thread, inThread } = await withThread();
    const other = await platform.openThread(triage, card(), "another card");
    const first = await platform.post(spot(thread), said("once"), "key");
    expect(await platform.post(spot(thread), said("once"), "key")).toBe(first);
    expect(await platform.post(spot(other.thread), said("once"), "key")).not.toBe(first);
    clock.advance(60 * 60_000);
    expect(await platform.post(spot(thread), said("once"), "key")).not.toBe(first);
    expect(inThread()).toHaveLength(2);
  });
});

describe("where the bot may not show embeds", () => {
  test("nothing is posted, and it waits for the permission", async () => {
    const { discord, platform, triage, thread, inThread, ada } = await withThread();
    discord.removesPermissions(triage, ["embedLinks"]);
    const before = ada.reads(thread).length;
    const logFile = { ...said("").author, id: "x:1" };
    const file = { author: logFile, name: "a.txt", type: "text/plain", content: Buffer.from("a") };
    for (const call of [
      platform.post(spot(thread), said("hello"), "1"),
      platform.postFile(spot(thread), file, "2"),
    ])
      expect(await failing(platform, call)).toMatchObject({
        outcome: "retry",
        reason: expect.stringContaining("Embed Links"),
      });
    expect(ada.reads(thread)).toHaveLength(before);
    discord.givesPermissions(triage, ["embedLinks"]);
    await platform.post(spot(thread), said("hello"), "1");
    expect(inThread()).toHaveLength(1);
  });

  test("what cannot be taken back again is in the log", async () => {
    const { discord, platform, triage, thread, log } = await withThread();
    discord.removesPermissions(triage, ["embedLinks"]);
    discord.misbehave({ status: 503 }, { route: "DELETE /channels/:id/messages/:id" });
    const content = Buffer.from("a");
    const file = { author: said("").author, name: "a.txt", type: "text/plain", content };
    const failure = await failing(platform, platform.postFile(spot(thread), file, "key"));
    expect(failure).toMatchObject({ outcome: "retry" });
    expect(log.lines).toMatchObject([{ level: "error", fields: { channel: thread } }]);
  });

  test("an edit waits as well", async () => {
    const { discord, platform, triage, thread } = await withThread();
    const retry = { id: "ticket", delivery: "p1/m1" };
    const posted = await platform.post(spot(thread), said("hello", { retry }), "key");
    discord.removesPermissions(triage, ["embedLinks"]);
    const editing = platform.update(posted, { message: said("hello again", { retry }) });
    expect(await failing(platform, editing)).toMatchObject({
      outcome: "retry",
      reason: expect.stringContaining("Embed Links"),
    });
  });
});

describe("a message that is there", () => {
  test("is edited and removed in a thread that has archived itself, which then is so again", async () => {
    const { discord, platform, triage, thread, inThread, ada } = await withThread();
    const first = await platform.post(spot(thread), said("one"), "1");
    const second = await platform.post(spot(thread), said("two"), "2");
    discord.archives(thread);
    await platform.update(first, { message: said("edited") });
    await platform.remove(second);
    expect(inThread().map(({ embeds }) => embeds[0]?.description)).toEqual(["edited"]);
    expect(ada.threads(triage)).toMatchObject([{ archived: true }]);
  });

  test("is edited once the thread could be opened for it", async () => {
    const { discord, platform, thread, inThread } = await withThread();
    const posted = await platform.post(spot(thread), said("one"), "1");
    discord.archives(thread);
    discord.misbehave("reset-after-effect", { route: "PATCH /channels/:id" });
    const editing = platform.update(posted, { message: said("edited") });
    expect(await failing(platform, editing)).toMatchObject({ outcome: "retry" });
    await platform.update(posted, { message: said("edited") });
    expect(inThread()[0]?.embeds[0]?.description).toBe("edited");
  });

  test("is edited though the thread cannot be archived again, which is no failure", async () => {
    const { discord, platform, triage, thread, inThread, ada } = await withThread();
    const posted = await platform.post(spot(thread), said("one"), "1");
    discord.archives(thread);
    discord.misbehave({ until: Promise.resolve() }, { route: "PATCH /channels/:id" });
    discord.misbehave({ status: 503 }, { route: "PATCH /channels/:id" });
    await platform.update(posted, { message: said("edited") });
    expect(inThread()[0]?.embeds[0]?.description).toBe("edited");
    expect(ada.threads(triage)).toMatchObject([{ archived: false }]);
  });

  test("of someone else is not edited", async () => {
    const { platform, thread, ada } = await withThread();
    const { id } = ada.writes(thread, "mine");
    const editing = platform.update(`${thread}/${id}`, { message: said("yours") });
    expect(await failing(platform, editing)).toMatchObject({ outcome: "dead" });
  });
});

describe("a mark", () => {
  test("that cannot be set is no failure", async () => {
    const { discord, platform, triage, thread, ada } = await withThread();
    const hers = ada.writes(thread, "hello");
    const reference = `${thread}/${hers.id}`;
    discord.removesPermissions(triage, ["addReactions"]);
    await platform.mark(reference, "sending", []);
    discord.archives(thread);
    await platform.mark(reference, "delivered", ["sending"]);
    expect(ada.threads(triage)).toMatchObject([{ archived: true }]);
    ada.deletes(hers);
    await platform.mark(reference, "delivered", ["sending"]);
    discord.deletesChannel(thread);
    await platform.mark(reference, "failed", ["delivered"]);
  });

  test("is set again when Discord was not well", async () => {
    const { discord, platform, thread, ada } = await withThread();
    const { id } = ada.writes(thread, "hello");
    discord.misbehave({ status: 500 });
    const marking = () => platform.mark(`${thread}/${id}`, "sending", []);
    expect(await failing(platform, marking())).toMatchObject({ outcome: "uncertain" });
    await marking();
    expect(ada.reads(thread).at(-1)?.reactions).toEqual(["⏳"]);
  });
});

test("a limit for the moment is waited out, and order is kept", async () => {
  const { discord, platform, thread, inThread } = await withThread();
  discord.limitRate("POST /channels/:id/messages", { limit: 2, perMs: 100 });
  const texts = ["1", "2", "3", "4", "5"];
  await Promise.all(texts.map((text) => platform.post(spot(thread), said(text), text)));
  expect(inThread().map(({ embeds }) => embeds[0]?.description)).toEqual(texts);
});

test("how soon a thread takes one more message is known from the answers", async () => {
  const { discord, platform, triage, thread, clock } = await withThread();
  const { thread: other } = await platform.openThread(triage, card(), "other");
  discord.limitRate("POST /channels/:id/messages", { limit: 2, perMs: 600_000 });
  const at = (one: string) => platform.paceAt?.({ where: triage, thread: one });
  expect(at(thread)).toEqual({ line: thread, waitMs: 0 });
  await platform.post(spot(thread), said("1"), "1");
  expect(at(thread)?.waitMs).toBe(0);
  await platform.post(spot(thread), said("2"), "2");
  expect(at(thread)?.waitMs).toBeGreaterThan(0);
  expect(at(other)).toEqual({ line: other, waitMs: 0 });
  clock.advance(600_000);
  expect(at(thread)?.waitMs).toBe(0);
  expect(platform.paceAt?.({ where: triage, thread: null })).toBeUndefined();
});
