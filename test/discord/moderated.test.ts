import { describe, expect, test } from "vitest";
import { ticketCard as card, said, spot } from "../contracts/adapter.ts";
import { discordWithPlatform, failing } from "./connected.ts";

const withThread = async () => {
  const connected = await discordWithPlatform();
  const { platform, triage, ada } = connected;
  const { thread } = await platform.openThread(triage, card(), "card");
  const inThread = () => ada.reads(thread).filter(({ type }) => type === 0);
  return { ...connected, thread, inThread };
};

describe("a thread that is locked for the bot as well", () => {
  test("of agents is waited for, as nothing that they are told would get there either", async () => {
    const { discord, platform, triage, thread, inThread } = await withThread();
    const posted = await platform.post(spot(thread), said("one"), "1");
    discord.removesPermissions(triage, ["manageThreads"]);
    discord.locks(thread);
    for (const call of [
      () => platform.post(spot(thread), said("two"), "2"),
      () => platform.update(posted, { message: said("uno") }),
      () => platform.remove(posted),
    ])
      expect(await failing(platform, call())).toMatchObject({
        outcome: "retry",
        reason: expect.stringContaining("unlock"),
        retryAfterMs: 60_000,
      });
    discord.unlocks(thread);
    await platform.remove(posted);
    await platform.post(spot(thread), said("two"), "2");
    expect(inThread().map(({ embeds }) => embeds[0]?.description)).toEqual(["two"]);
  });

  test("of a requester is not waited for: agents see it, and try again", async () => {
    const { discord, platform, help, privately } = await discordWithPlatform();
    const { thread } = await platform.openThread(privately, card(), "card");
    discord.removesPermissions(help, ["manageThreads"]);
    discord.locks(thread);
    const posting = platform.post(spot(thread), said("hello"), "1");
    expect(await failing(platform, posting)).toMatchObject({
      outcome: "dead",
      reason: expect.stringContaining("unlock"),
    });
  });

  test("gets no mark, which is no failure", async () => {
    const { discord, platform, triage, thread, ada } = await withThread();
    const { id } = ada.writes(thread, "hello");
    discord.removesPermissions(triage, ["manageThreads"]);
    discord.locks(thread);
    await platform.mark(`${thread}/${id}`, "sending", []);
    expect(ada.reads(thread).at(-1)?.reactions).toEqual([]);
  });
});

test("a mark changes in a thread that was closed meanwhile, and the thread stays closed", async () => {
  const { discord, platform, triage, thread, ada } = await withThread();
  const { id } = ada.writes(thread, "hello");
  await platform.mark(`${thread}/${id}`, "sending", []);
  discord.archives(thread);
  await platform.mark(`${thread}/${id}`, "delivered", ["sending"]);
  expect(ada.reads(thread).at(-1)?.reactions).toEqual(["✅"]);
  expect(ada.threads(triage)).toMatchObject([{ archived: true }]);
});

describe("a message whose embeds a moderator has removed", () => {
  test("shows what it says now, and is found by its key as before", async () => {
    const { discord, platform, thread, inThread } = await withThread();
    const posted = await platform.post(spot(thread), said("one"), "key");
    const [shown] = inThread();
    if (shown) discord.hidesEmbeds(shown);
    expect(inThread()).toMatchObject([{ words: "", embeds: [] }]);
    await platform.update(posted, { message: said("two") });
    expect(inThread()[0]?.embeds).toMatchObject([{ description: "two" }]);
    expect(await platform.findPosted(thread, { key: "key", sinceMs: 0 })).toBe(posted);
  });

  test("is shown again also when it is a card in a closed thread", async () => {
    const { discord, platform, forum, ada } = await discordWithPlatform();
    const { thread, card: shown } = await platform.openThread(forum, card(), "key");
    const [first] = ada.reads(thread);
    if (first) discord.hidesEmbeds(first);
    discord.archives(thread);
    await platform.update(shown, { card: card({ status: "pending" }), at: spot(thread, forum) });
    expect(ada.reads(thread)[0]?.words).toContain("Pending");
    expect(await platform.findThread(forum, card(), "key", 0)).toMatchObject({ thread });
  });
});

test.each(["forum", "privately"] as const)(
  "a thread that was renamed is found all the same, %s, but not for another ticket",
  async (place) => {
    const connected = await discordWithPlatform();
    const { discord, platform } = connected;
    const where = connected[place];
    const opened = await platform.openThread(where, card(), "key");
    discord.renames(opened.thread, "Rob's printer");
    expect(await platform.findThread(where, card(), "key", 0)).toEqual(opened);
    expect(await platform.findThread(where, card(), "other", 0)).toBeUndefined();
  },
);

describe("what was deleted a moment before", () => {
  test("is posted again, however often, and each time once", async () => {
    const { platform, thread, inThread } = await withThread();
    for (let time = 0; time < 3; time += 1) {
      const posted = await platform.post(spot(thread), said("part two"), "key");
      expect(await platform.post(spot(thread), said("part two"), "key")).toBe(posted);
      expect(inThread()).toHaveLength(1);
      await platform.remove(posted);
    }
  });

  test("waits when Discord takes no more of it", async () => {
    const { discord, platform, thread } = await withThread();
    const error = { status: 404, code: 10008, message: "Unknown Message" };
    discord.misbehave({ error }, { route: "POST /channels/:id/messages", times: 10 });
    const posting = () => platform.post(spot(thread), said("hello"), "key");
    expect(await failing(platform, posting())).toMatchObject({ outcome: "retry" });
    await posting();
  });
});

test("a file waits with the text where the bot may post neither", async () => {
  const { discord, platform, triage, thread, ada } = await withThread();
  discord.removesPermissions(triage, ["sendMessagesInThreads"]);
  const content = Buffer.from("a");
  const file = { author: said("").author, name: "a.txt", type: "text/plain", content };
  const posting = () => platform.postFile(spot(thread), file, "key");
  expect(await failing(platform, posting())).toMatchObject({
    outcome: "retry",
    reason: expect.stringContaining("Send Messages in Threads"),
  });
  discord.givesPermissions(triage, ["sendMessagesInThreads"]);
  await posting();
  expect(ada.reads(thread).at(-1)?.files).toEqual(["a.txt"]);
});

test("where the agents' channel is deleted, it is said what another one is good for", async () => {
  const { discord, platform, triage } = await discordWithPlatform();
  discord.deletesChannel(triage);
  expect(await failing(platform, platform.openThread(triage, card(), "key"))).toMatchObject({
    outcome: "retry",
    reason: expect.stringContaining("new tickets"),
  });
});
