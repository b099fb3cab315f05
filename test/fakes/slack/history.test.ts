import { describe, expect, test } from "vitest";
import { slackWithApp } from "./tiny-app.ts";

const replies = "conversations.replies";

async function withThread() {
  const given = await slackWithApp();
  const { ada, triage, call } = given;
  const root = ada.writes(triage, "root");
  const asks = (more: object = {}) => call(replies, { channel: triage, ts: root.ts, ...more });
  const texts = async (more: object = {}) => (await asks(more)).messages.map(({ text }) => text);
  const says = (text: string) => {
    given.slack.clock.advance(1_000);
    return ada.writes(triage, text, { thread: root.ts });
  };
  return { ...given, root, asks, texts, says };
}

describe("a thread, as it is read", () => {
  test("has what was edited as it is, with the second of the edit, and nothing that was deleted", async () => {
    const { slack, ada, asks, says } = await withThread();
    const [edited, deleted] = [says("hte"), says("oops")];
    slack.clock.advance(1_234);
    ada.edits(edited, "the");
    ada.deletes(deleted);
    const { messages } = await asks();
    expect(messages.map(({ text }) => text)).toEqual(["root", "the"]);
    const second = `${Math.floor(slack.clock.now() / 1_000)}.000000`;
    expect(messages[1]).toMatchObject({ edited: { user: ada.id, ts: second } });
    expect(messages[0]).not.toHaveProperty("edited");
    for (const message of messages) expect(message).not.toHaveProperty("channel");
  });

  test("begins with its root whatever the time asked, then is from that time on", async () => {
    const { texts, says } = await withThread();
    const [, two] = [says("one"), says("two"), says("three")];
    const oldest = two?.ts;
    expect(await texts({ oldest })).toEqual(["root", "three"]);
    expect(await texts({ oldest, inclusive: true })).toEqual(["root", "two", "three"]);
  });

  test("comes in pages, of which the last has no cursor", async () => {
    const { slack, asks, says } = await withThread();
    for (const text of ["one", "two", "three"]) says(text);
    slack.givesPagesOf(2);
    const first = await asks({ limit: 1_000 });
    const second = await asks({ limit: 1_000, cursor: first.cursor });
    expect([first, second].map(({ messages }) => messages.map(({ text }) => text))).toEqual([
      ["root", "one"],
      ["two", "three"],
    ]);
    expect([first.has_more, second.has_more, second.cursor]).toEqual([true, false, ""]);
  });

  test("keeps a tombstone in its root's place, as long as there are replies", async () => {
    const { ada, asks, says, root } = await withThread();
    const reply = says("reply");
    ada.deletes(root);
    expect((await asks()).messages).toMatchObject([{ subtype: "tombstone" }, { text: "reply" }]);
    ada.deletes(reply);
    expect((await asks()).error).toBe("thread_not_found");
  });

  test("has other bots' messages, by which bot they are", async () => {
    const { slack, triage, asks, root } = await withThread();
    slack.botWrites(triage, "sunny", { thread: root.ts });
    const [, sunny] = (await asks()).messages;
    expect(sunny).toMatchObject({ text: "sunny", bot_id: expect.not.stringMatching(/^$/) });
    expect(sunny?.bot_id).not.toBe(slack.workspace.bot.botId);
  });

  test("is for those who are in the channel", async () => {
    const { slack, triage, asks } = await withThread();
    slack.removesBot(triage);
    expect((await asks()).error).toBe("not_in_channel");
  });

  test("has only the newer part where the plan hides the older one", async () => {
    const { slack, asks, texts, says } = await withThread();
    expect(await asks()).not.toHaveProperty("is_limited");
    says("old");
    const { ts } = says("new");
    slack.hidesBefore(Math.floor(Number(ts) * 1_000));
    expect(await texts()).toEqual(["new"]);
    expect(await asks()).toMatchObject({ is_limited: true });
  });
});

test("an app that is sold outside the Marketplace reads 15 messages a minute, in all channels together", async () => {
  const { slack, ada, rob, triage, asks, says, root } = await withThread();
  for (let each = 0; each < 20; each += 1) says(`${each}`);
  slack.workspace.addChannel({ id: "C0SECOND1", name: "second", members: [ada.id] });
  slack.sellsOutsideTheMarketplace();
  const first = await asks({ limit: 1_000 });
  expect(first.messages).toHaveLength(15);
  const raw = (channel: string, ts: string) =>
    fetch(`${slack.apiUrl}${replies}?channel=${channel}&ts=${ts}`, {
      headers: { authorization: `Bearer ${slack.app.botToken}` },
    });
  const direct = rob.writes(rob.dm, "hello");
  for (const [channel, ts] of [
    [triage, root.ts],
    [rob.dm, direct.ts],
  ] as const) {
    const refused = await raw(channel, ts);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "60"]);
  }
  slack.clock.advance(60_000);
  expect((await asks({ limit: 1_000, cursor: first.cursor })).messages).toHaveLength(6);
});
