import { describe, expect, test } from "vitest";
import { ticketCard as card, said, spot } from "../contracts/adapter.ts";
import { post } from "../fakes/discord/messages.ts";
import { channelType } from "../fakes/discord/records.ts";
import { startThread } from "../fakes/discord/threads.ts";
import { discordWithPlatform, failing } from "./connected.ts";

const anHour = 60 * 60_000;

describe("a thread", () => {
  test("is found far down in a channel, a page at a time, but not from before the time asked", async () => {
    const { discord, platform, clock, triage, ada } = await discordWithPlatform();
    const opened = await platform.openThread(triage, card(), "key");
    const openedAt = clock.now();
    for (let each = 0; each < 250; each += 1) ada.writes(triage, "chatter");
    expect(await platform.findThread(triage, card(), "key", openedAt)).toEqual(opened);
    const pages = () =>
      discord.calls.filter(({ route }) => route === "GET /channels/:id/messages").length;
    expect(pages()).toBe(3);
    clock.advance(2 * anHour);
    for (let each = 0; each < 100; each += 1) ada.writes(triage, "chatter");
    expect(await platform.findThread(triage, card(), "key", clock.now())).toBeUndefined();
    expect(pages()).toBe(5);
  });

  test("is not what someone else posted with the same address", async () => {
    const { platform, triage, ada, server } = await discordWithPlatform();
    const { card: shown } = await platform.openThread(triage, card(), "key");
    const { embeds } = ada.reads(triage)[0] ?? {};
    await platform.remove(shown);
    const channel = server.channel(triage);
    post(server, channel, { author: ada.id, embeds: embeds ?? [] });
    expect(await platform.findThread(triage, card(), "key", 0)).toBeUndefined();
  });

  test.each(["forum", "privately"] as const)(
    "is found among those that are archived, page after page, %s",
    async (place) => {
      const connected = await discordWithPlatform();
      const { discord, platform, clock, server, forum, help } = connected;
      const where = connected[place];
      const since = clock.now();
      const { thread } = await platform.openThread(where, card(), "key");
      discord.archives(thread);
      const parent = server.channel(place === "forum" ? forum : help);
      const type = place === "forum" ? channelType.publicThread : channelType.privateThread;
      for (let each = 0; each < 120; each += 1) {
        clock.advance(1_000);
        const owner = server.application.id;
        const { id } = startThread(server, parent, { name: `T-${each}`, type, owner });
        discord.archives(id);
      }
      expect(await platform.findThread(where, card(), "key", since)).toMatchObject({ thread });
      expect(await platform.findThread(where, card(), "other", since)).toBeUndefined();
    },
  );

  test("that someone else named so is not taken for it, nor is an older one of ours", async () => {
    const { platform, clock, server, help, privately, ada } = await discordWithPlatform();
    const parent = server.channel(help);
    const name = "T-4F7K2M Printer on fire";
    const type = channelType.privateThread;
    startThread(server, parent, { name, type, owner: server.application.id });
    clock.advance(anHour);
    const hers = startThread(server, parent, { name, type, owner: ada.id });
    hers.thread?.members.set(server.application.id, 0);
    expect(await platform.findThread(privately, card(), "key", clock.now())).toBeUndefined();
  });

  test("whose post lost its card gets it again", async () => {
    const { discord, platform, forum, ada } = await discordWithPlatform();
    const { thread } = await platform.openThread(forum, card(), "key");
    const [shown] = ada.reads(thread);
    if (shown) discord.deletes(shown);
    const found = await platform.findThread(forum, card(), "key", 0);
    expect(found?.thread).toBe(thread);
    expect(ada.reads(thread).map(({ id }) => `${thread}/${id}`)).toEqual([found?.card]);
  });

  test("is looked for again when Discord was not well, and nothing is left half-done", async () => {
    const { discord, platform, triage, privately, forum, directly } = await discordWithPlatform();
    for (const where of [triage, privately, forum, directly]) {
      const opened = await platform.openThread(where, card(), where);
      for (const fault of ["reset", "cut-off", { status: 502 }, "html"] as const) {
        discord.misbehave(fault);
        const finding = platform.findThread(where, card(), where, 0);
        expect(await failing(platform, finding)).toMatchObject({ outcome: "retry" });
      }
      expect(await platform.findThread(where, card(), where, 0)).toEqual(opened);
    }
  });

  test("of who has closed their direct messages, and of who is gone, is found all the same", async () => {
    const { discord, platform, privately, rob } = await discordWithPlatform();
    const opened = await platform.openThread(privately, card(), "key");
    rob.closesDms();
    expect(await platform.findThread(privately, card(), "key", 0)).toEqual(opened);
    const unknown = { error: { status: 404, code: 10013, message: "Unknown User" } };
    discord.misbehave(unknown, { route: "POST /users/@me/channels" });
    expect(await platform.findThread(privately, card(), "key", 0)).toEqual(opened);
  });
});

describe("a message", () => {
  test("is found on a later page of its thread", async () => {
    const { platform, clock, triage, ada } = await discordWithPlatform();
    const { thread } = await platform.openThread(triage, card(), "card");
    const sinceMs = clock.now();
    const posted = await platform.post(spot(thread), said("once"), "key");
    for (let each = 0; each < 150; each += 1) ada.writes(thread, "chatter");
    expect(await platform.findPosted(thread, { key: "key", sinceMs })).toBe(posted);
    const later = { key: "key", sinceMs: sinceMs + anHour };
    expect(await platform.findPosted(thread, later)).toBeUndefined();
  });

  test("is found also without the right to read what others write", async () => {
    const { discord, platform, triage, ada } = await discordWithPlatform();
    discord.withoutIntent();
    const { thread } = await platform.openThread(triage, card(), "card");
    ada.writes(thread, "hello");
    const posted = await platform.post(spot(thread), said("once"), "key");
    expect(await platform.findPosted(thread, { key: "key", sinceMs: 0 })).toBe(posted);
  });

  test("in direct messages with several tickets is found by its own key", async () => {
    const { platform, directly } = await discordWithPlatform();
    const one = await platform.openThread(directly, card(), "1");
    const other = await platform.openThread(directly, card({ reference: "T-2" }), "2");
    await platform.post(spot(one.thread), said("hello"), "a");
    const posted = await platform.post(spot(other.thread), said("hello"), "b");
    expect(await platform.findPosted(other.thread, { key: "b", sinceMs: 0 })).toBe(posted);
  });
});
