import { describe, expect, test } from "vitest";
import { SlackFault } from "../../adapters/slack/errors.ts";
import { typedText } from "../../src/desk/text.ts";
import { spot } from "../contracts/adapter.ts";
import { card, message, placeOf, slackWithPlatform } from "./connected.ts";

const noTime = { key: "key", sinceMs: 0 };

/** What the platform makes of the error that the call ends with. */
async function failing(platform: { failureOf(error: unknown): object }, done: Promise<unknown>) {
  const error: unknown = await done.then(
    () => {
      throw new Error("it did not fail");
    },
    (thrown: unknown) => thrown,
  );
  return platform.failureOf(error);
}

describe("a ticket's thread", () => {
  test("begins with its card, said by the bot itself, and is found again by its key", async () => {
    const { platform, triage, ada } = await slackWithPlatform();
    const before = await platform.findThread(triage, card(), "key", 0);
    const opened = await platform.openThread(triage, card(), "key");
    const { ts } = placeOf(opened.thread);
    expect(before).toBeUndefined();
    expect(opened).toEqual({ thread: `T0FAKE001/${triage}/${ts}`, card: opened.thread });
    expect(ada.reads(triage)).toMatchObject([
      { ts, from: "deskhand", words: "Printer on fire (open)", thread: undefined },
    ]);
    expect(await platform.findThread(triage, card(), "key", 0)).toEqual(opened);
    expect(await platform.findThread(triage, card(), "another key", 0)).toBeUndefined();
  });

  test("is opened in the direct messages of a person, and found there", async () => {
    const { platform, rob } = await slackWithPlatform();
    const opened = await platform.openThread(rob.id, card(), "key");
    await platform.post(spot(opened.thread), message("hello"), "reply");
    const { ts } = placeOf(opened.thread);
    expect(opened.thread).toBe(`T0FAKE001/${rob.dm}/${ts}`);
    expect(rob.reads(rob.dm, { thread: ts }).map(({ words }) => words)).toEqual([
      "Printer on fire (open)",
      "hello",
    ]);
    expect(await platform.findThread(rob.id, card(), "key", 0)).toEqual(opened);
  });

  test("of someone who has left is a dead delivery", async () => {
    const { platform, rob } = await slackWithPlatform();
    rob.member.deleted = true;
    const failure = await failing(platform, platform.openThread(rob.id, card(), "key"));
    expect(failure).toMatchObject({ outcome: "dead" });
  });

  test("is surely not opened when direct messages could not be", async () => {
    const { slack, platform, rob } = await slackWithPlatform();
    slack.misbehave("reset-after-effect", { method: "conversations.open" });
    const failure = await failing(platform, platform.openThread(rob.id, card(), "key"));
    expect(failure).toMatchObject({ outcome: "retry" });
    expect(rob.reads(rob.dm)).toEqual([]);
  });

  test("is found far down in a channel, a page at a time, but not from before the time asked", async () => {
    const { slack, platform, triage, ada } = await slackWithPlatform({ historyPage: 2 });
    const opened = await platform.openThread(triage, card(), "key");
    const openedAt = slack.clock.now();
    for (let each = 0; each < 5; each += 1) ada.writes(triage, "chatter");
    expect(await platform.findThread(triage, card(), "key", openedAt)).toEqual(opened);
    expect(slack.calls.filter(({ method }) => method === "conversations.history")).toHaveLength(3);
    const anHour = 60 * 60_000;
    expect(await platform.findThread(triage, card(), "key", openedAt + anHour)).toBeUndefined();
  });

  test("is not what another app posted with the same metadata", async () => {
    const { slack, platform, triage } = await slackWithPlatform();
    const channel = slack.workspace.channelOf({ channel: triage });
    const metadata = { event_type: "deskhand_delivery", event_payload: { key: "key" } };
    slack.workspace.post(channel, { user: "U0ADA0001", text: "forged", metadata });
    expect(await platform.findThread(triage, card(), "key", 0)).toBeUndefined();
  });
});

describe("a message", () => {
  test("has its author's name and picture, and says exactly what was typed", async () => {
    const { platform, triage, ada } = await slackWithPlatform();
    const { thread } = await platform.openThread(triage, card(), "card");
    const typed = "*not bold* <!channel> @here & <@U0ADA0001> :x:";
    const posted = await platform.post(spot(thread), message(typed), "key");
    const root = placeOf(thread).ts;
    const [, reply] = ada.reads(triage, { thread: root });
    expect(reply).toMatchObject({
      ts: placeOf(posted).ts,
      thread: root,
      from: "Rob",
      picture: "https://pictures.example/rob.png",
      words: typed,
      pings: [],
    });
  });

  test("has no picture that is not on https, and a long name is visibly cut", async () => {
    const { platform, triage, ada } = await slackWithPlatform();
    const { thread } = await platform.openThread(triage, card(), "card");
    const author = { id: "api:1", name: "x".repeat(200), picture: "http://pictures.example/1" };
    await platform.post(spot(thread), message("hi", { author }), "key");
    const [, reply] = ada.reads(triage, { thread: placeOf(thread).ts });
    expect(reply?.from).toBe(`${"x".repeat(79)}…`);
    expect(reply?.picture).not.toContain("http://pictures.example/1");
  });

  test("of Deskhand itself is said by the bot, and may offer to try again", async () => {
    const { platform, triage, ada } = await slackWithPlatform();
    const { thread } = await platform.openThread(triage, card(), "card");
    const retry = { id: "ticket-1", delivery: "delivery-1" };
    await platform.post(spot(thread), message("It failed", { kind: "notice", retry }), "key");
    const [, notice] = ada.reads(triage, { thread: placeOf(thread).ts });
    expect(notice).toMatchObject({ from: "deskhand", buttons: ["retry"] });
    expect(notice?.blocks.at(-1)).toMatchObject({
      elements: [{ text: { text: "Try again" }, value: JSON.stringify(retry) }],
    });
  });

  test("that is a note says so where it is read and where it is notified", async () => {
    const { platform, triage, ada } = await slackWithPlatform();
    const { thread } = await platform.openThread(triage, card(), "card");
    await platform.post(spot(thread), message("call back", { kind: "note" }), "key");
    const [, note] = ada.reads(triage, { thread: placeOf(thread).ts });
    expect(note).toMatchObject({
      from: "Rob",
      words: "🔒 Note, for agents only\ncall back",
      text: "Note, for agents only: call back",
    });
  });

  test.each(["reply", "note"] as const)(
    "that is long is a %s of several parts, each of which can be posted and edited",
    async (kind) => {
      const { platform, triage, ada } = await slackWithPlatform();
      const { thread } = await platform.openThread(triage, card(), "card");
      const parts = platform.split(typedText("word & word ".repeat(800)));
      expect(parts.length).toBeGreaterThan(1);
      for (const [index, text] of parts.entries()) {
        const part = { ...message(""), kind, text };
        const posted = await platform.post(spot(thread), part, `key-${index}`);
        await platform.update(posted, { message: part });
      }
      expect(ada.reads(triage, { thread: placeOf(thread).ts })).toHaveLength(parts.length + 1);
    },
  );

  test("that was posted, though no answer came, is found by its key, and others are not", async () => {
    const { slack, platform, triage } = await slackWithPlatform();
    const { thread } = await platform.openThread(triage, card(), "card");
    slack.misbehave("reset-after-effect", { method: "chat.postMessage" });
    const failure = await failing(platform, platform.post(spot(thread), message("once"), "key"));
    expect(failure).toMatchObject({ outcome: "uncertain" });
    await platform.post(spot(thread), message("twice"), "key-2");
    const found = await platform.findPosted(thread, noTime);
    const again = await platform.findPosted(thread, { ...noTime, key: "key-2" });
    expect(found).toMatch(new RegExp(`^T0FAKE001/${triage}/`));
    expect(again).not.toBe(found);
    expect(await platform.findPosted(thread, { ...noTime, key: "key-3" })).toBeUndefined();
  });

  test("is found on a later page of its thread, also after it was edited", async () => {
    const { platform, triage, ada } = await slackWithPlatform({ historyPage: 2 });
    const { thread } = await platform.openThread(triage, card(), "card");
    for (let each = 0; each < 5; each += 1)
      ada.writes(triage, "chatter", { thread: placeOf(thread).ts });
    const posted = await platform.post(spot(thread), message("once"), "key");
    await platform.update(posted, { message: message("edited") });
    expect(await platform.findPosted(thread, noTime)).toBe(posted);
  });

  test("for another workspace is not posted into this one", async () => {
    const { slack, platform, triage } = await slackWithPlatform();
    const elsewhere = `T0OTHER01/${triage}/1700000000.000100`;
    const failure = await failing(platform, platform.post(spot(elsewhere), message("hi"), "key"));
    expect(failure).toMatchObject({ outcome: "retry", reason: expect.stringContaining("token") });
    const nowhere = await failing(platform, platform.post(spot("nonsense"), message("hi"), "key"));
    expect(nowhere).toMatchObject({ outcome: "dead" });
    expect(slack.calls).toEqual([]);
  });
});

describe("a thread whose root was deleted", () => {
  const lost = async () => {
    const connected = await slackWithPlatform();
    const { thread } = await connected.platform.openThread(connected.triage, card(), "card");
    await connected.platform.remove(thread);
    return { ...connected, thread };
  };

  test("is told of, and what was meant for it does not stay in the channel", async () => {
    const { platform, triage, ada, thread, log } = await lost();
    const failure = await failing(platform, platform.post(spot(thread), message("secret"), "key"));
    expect(failure).toMatchObject({ outcome: "gone" });
    expect(ada.reads(triage)).toEqual([]);
    expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("is told of also when what stands in the channel cannot be deleted, which the log says", async () => {
    const { slack, platform, triage, ada, thread, log } = await lost();
    slack.misbehave({ status: 503 }, { method: "chat.delete" });
    const failure = await failing(platform, platform.post(spot(thread), message("secret"), "key"));
    expect(failure).toMatchObject({ outcome: "gone" });
    const [stray] = ada.reads(triage);
    expect(log.lines).toMatchObject([
      { level: "error", fields: { channel: triage, ts: stray?.ts } },
    ]);
  });

  test("keeps nothing in the channel that was posted without an answer", async () => {
    const { slack, platform, triage, ada, thread } = await lost();
    slack.misbehave("reset-after-effect", { method: "chat.postMessage" });
    await failing(platform, platform.post(spot(thread), message("secret"), "key"));
    expect(ada.reads(triage)).toHaveLength(1);
    const failure = await failing(platform, platform.findPosted(thread, noTime));
    expect(failure).toMatchObject({ outcome: "gone" });
    expect(ada.reads(triage)).toEqual([]);
  });

  test("goes on when there were replies", async () => {
    const { platform, triage, ada } = await slackWithPlatform();
    const { thread } = await platform.openThread(triage, card(), "card");
    await platform.post(spot(thread), message("one"), "key-1");
    await platform.remove(thread);
    await platform.post(spot(thread), message("two"), "key-2");
    const { ts } = placeOf(thread);
    expect(ada.reads(triage, { thread: ts }).map(({ words }) => words)).toEqual([
      "This message was deleted.",
      "one",
      "two",
    ]);
  });
});

describe("a message that is there", () => {
  test("is edited: a card, and a reply that keeps its author's name", async () => {
    const { platform, triage, ada } = await slackWithPlatform();
    const opened = await platform.openThread(triage, card(), "card");
    const reply = await platform.post(spot(opened.thread), message("hello"), "key");
    await platform.update(opened.card, {
      card: card({ status: "resolved" }),
      at: spot(opened.thread),
    });
    await platform.update(reply, { message: message("hello & <b>") });
    expect(ada.reads(triage, { thread: placeOf(opened.thread).ts })).toMatchObject([
      { words: "Printer on fire (resolved)" },
      { words: "hello & <b>", from: "Rob", edited: true },
    ]);
  });

  test("keeps words to be read when its text is taken away", async () => {
    const { platform, triage, ada } = await slackWithPlatform();
    const { thread } = await platform.openThread(triage, card(), "card");
    const posted = await platform.post(spot(thread), message("hello"), "key");
    await platform.update(posted, { message: message("") });
    const [, reply] = ada.reads(triage, { thread: placeOf(thread).ts });
    expect(reply?.words).toBe("(no text)");
  });

  test("is removed, and removing it again is no failure", async () => {
    const { platform, triage, ada } = await slackWithPlatform();
    const { thread } = await platform.openThread(triage, card(), "card");
    const posted = await platform.post(spot(thread), message("hello"), "key");
    await platform.remove(posted);
    await platform.remove(posted);
    expect(ada.reads(triage, { thread: placeOf(thread).ts })).toHaveLength(1);
    const failure = await failing(platform, platform.update(posted, { message: message("x") }));
    expect(failure).toMatchObject({ outcome: "dead" });
  });

  test("shows how it fares by one mark at a time, however often that is said", async () => {
    const { platform, triage, ada } = await slackWithPlatform();
    const { ts } = ada.writes(triage, "hello");
    const hers = `T0FAKE001/${triage}/${ts}`;
    const marks = () => ada.reads(triage)[0]?.reactions;
    await platform.mark(hers, "sending", []);
    expect(marks()).toEqual(["hourglass_flowing_sand"]);
    await platform.mark(hers, "sending", []);
    expect(marks()).toEqual(["hourglass_flowing_sand"]);
    await platform.mark(hers, "failed", ["sending"]);
    await platform.mark(hers, "failed", ["sending"]);
    expect(marks()).toEqual(["x"]);
    await platform.mark(hers, "delivered", ["failed"]);
    expect(marks()).toEqual(["white_check_mark"]);
  });
});

test("before it is known whose token it is nothing is posted, and it is said that it can wait", async () => {
  const identity = () => {
    throw new SlackFault("NOT_CONNECTED", "It is not known yet whose token this is");
  };
  const { slack, platform, triage } = await slackWithPlatform({ identity });
  const failure = await platform
    .openThread(triage, card(), "key")
    .catch((error: unknown) => platform.failureOf(error));
  expect(failure).toMatchObject({ outcome: "retry" });
  expect(slack.calls).toEqual([]);
});
