import { describe, expect, test } from "vitest";
import { DiscordFault } from "../../adapters/discord/errors.ts";
import type { TicketCard } from "../../src/desk/chat.ts";
import { ticketCard as card, said, spot } from "../contracts/adapter.ts";
import { channelFlag, channelType, messageType } from "../fakes/discord/records.ts";
import { discordWithPlatform, failing, placeOf } from "./connected.ts";

const closed = card({ status: "closed" });

describe("the agents' thread in a channel", () => {
  test("is below its card, has the ticket's name, and closes after a week", async () => {
    const { discord, platform, triage, ada, server, opened } = await discordWithPlatform();
    const { thread, card: shown } = await platform.openThread(triage, card(), "key");
    expect(shown).toBe(`${triage}/${thread}`);
    expect(ada.threads(triage)).toMatchObject([
      { id: thread, name: "T-4F7K2M Printer on fire", type: channelType.publicThread },
    ]);
    expect(server.channel(thread).thread?.autoArchiveMinutes).toBe(7 * 24 * 60);
    const [message] = ada.reads(triage);
    expect(message).toMatchObject({ id: thread, from: "Deskhand", pings: [] });
    expect(message?.words).toContain("Printer on fire");
    expect(opened).toEqual([{ card: card(), thread: { kind: "thread", channel: thread } }]);
    expect(discord.calls.map(({ route }) => route)).toEqual([
      "GET /channels/:id",
      "POST /channels/:id/messages",
      "POST /channels/:id/messages/:id/threads",
    ]);
  });

  test("can be in an announcement channel", async () => {
    const { discord, guild, platform, ada } = await discordWithPlatform();
    const type = channelType.announcement;
    const { id } = discord.addChannel(guild, { name: "news", type });
    const { thread } = await platform.openThread(id, card(), "key");
    expect(ada.threads(id)).toMatchObject([{ id: thread, type: channelType.announcementThread }]);
  });

  test("has a name that fits, however long the title is", async () => {
    const { platform, triage, ada } = await discordWithPlatform();
    await platform.openThread(triage, card({ title: "🔥 a\nb ".repeat(30) }), "key");
    const [thread] = ada.threads(triage);
    expect(thread?.name).toMatch(/^T-4F7K2M 🔥 a b .*…$/u);
    expect(thread?.name.length).toBeLessThanOrEqual(100);
  });

  test.each([
    ["the thread was not started", "reset"],
    ["it was, and nobody heard of it", "reset-after-effect"],
    ["it may not be", { error: { status: 403, code: 50013, message: "Missing Permissions" } }],
  ] as const)("is completed when the card stands there and %s", async (_, fault) => {
    const { discord, platform, triage, ada } = await discordWithPlatform();
    discord.misbehave(fault, { route: "POST /channels/:id/messages/:id/threads" });
    const failure = await failing(platform, platform.openThread(triage, card(), "key"));
    expect(failure.outcome).toBe("uncertain");
    const found = await platform.findThread(triage, card(), "key", 0);
    expect(ada.threads(triage).map(({ id }) => id)).toEqual([found?.thread]);
    const cards = ada.reads(triage).filter(({ type }) => type === messageType.plain);
    expect(cards.map(({ id }) => id)).toEqual([found?.thread]);
  });

  test("says what to do where the bot may not start threads", async () => {
    const { discord, platform, triage } = await discordWithPlatform();
    discord.removesPermissions(triage, ["createPublicThreads"]);
    const failure = await failing(platform, platform.openThread(triage, card(), "key"));
    expect(failure).toMatchObject({
      outcome: "uncertain",
      reason: expect.stringContaining("Create Public Threads"),
      retryAfterMs: 60_000,
    });
  });

  test.each([
    ["does not see", "viewChannel", "View Channel"],
    ["may not write in", "sendMessages", "Send Messages"],
    ["may not show embeds in", "embedLinks", "Embed Links"],
  ] as const)("is not given up in a channel that the bot %s", async (_, permission, words) => {
    const { discord, platform, triage } = await discordWithPlatform();
    discord.removesPermissions(triage, [permission]);
    const failure = await failing(platform, platform.openThread(triage, card(), "key"));
    expect(failure).toMatchObject({ outcome: "retry", reason: expect.stringContaining(words) });
    discord.givesPermissions(triage, [permission]);
    await platform.openThread(triage, card(), "key");
  });

  test("is not given up when the channel has been deleted, or is none for threads", async () => {
    const { discord, guild, platform, triage } = await discordWithPlatform();
    discord.deletesChannel(triage);
    for (const call of [
      platform.openThread(triage, card(), "key"),
      platform.findThread(triage, card(), "key", 0),
    ])
      expect(await failing(platform, call)).toMatchObject({
        outcome: "retry",
        reason: expect.stringContaining("TRIAGE"),
      });
    const voice = discord.addChannel(guild, { name: "voice", type: channelType.voice });
    const wrong = await failing(platform, platform.openThread(voice.id, card(), "key"));
    expect(wrong).toMatchObject({ outcome: "retry", reason: expect.stringContaining("forum") });
  });

  test("is archived with the ticket, not locked, and opens again for what is said", async () => {
    const { discord, platform, triage, ada } = await discordWithPlatform();
    const { thread, card: shown } = await platform.openThread(triage, card(), "key");
    const state = () => ada.threads(triage)[0];
    await platform.update(shown, { card: card({ status: "pending" }), at: spot(thread, triage) });
    expect(state()).toMatchObject({ archived: false });
    await platform.update(shown, { card: closed, at: spot(thread, triage) });
    expect(state()).toMatchObject({ archived: true, locked: false });
    await platform.update(shown, { card: closed, at: spot(thread, triage) });
    expect(state()).toMatchObject({ archived: true });
    await platform.post(spot(thread), said("still there?"), "1");
    expect(state()).toMatchObject({ archived: false });
    discord.archives(thread);
    await platform.post(spot(thread), said("and now?"), "2");
    expect(ada.reads(thread).map(({ words }) => words)).toContainEqual(
      expect.stringContaining("and now?"),
    );
  });

  test("stays as it is, which the log says, where the bot may not archive it", async () => {
    const { discord, platform, triage, ada, log } = await discordWithPlatform();
    const { thread, card: shown } = await platform.openThread(triage, card(), "key");
    const forbidden = { status: 403, code: 50013, message: "Missing Permissions" };
    discord.misbehave({ error: forbidden }, { route: "PATCH /channels/:id" });
    await platform.update(shown, { card: closed, at: spot(thread, triage) });
    expect(ada.reads(triage)[0]?.words).toContain("Closed");
    expect(log.lines).toMatchObject([{ level: "warn" }]);
  });

  test("that was deleted is told of when the ticket is closed", async () => {
    const { discord, platform, triage } = await discordWithPlatform();
    const { thread, card: shown } = await platform.openThread(triage, card(), "key");
    discord.deletesChannel(thread);
    const failure = await failing(
      platform,
      platform.update(shown, { card: closed, at: spot(thread, triage) }),
    );
    expect(failure).toMatchObject({ outcome: "gone" });
  });
});

describe("a thread that a moderator has locked", () => {
  const inLocked = async () => {
    const connected = await discordWithPlatform();
    const { discord, platform, triage } = connected;
    const { thread } = await platform.openThread(triage, card(), "key");
    const posted = await platform.post(spot(thread), said("hello"), "1");
    discord.locks(thread);
    return { ...connected, thread, posted };
  };

  test("is written in by who may manage threads", async () => {
    const { platform, thread, posted, ada } = await inLocked();
    await platform.update(posted, { message: said("edited") });
    await platform.post(spot(thread), said("more"), "2");
    const words = ada.reads(thread).map((each) => each.words);
    expect(words.join()).toContain("edited");
    expect(words.join()).toContain("more");
  });

  test.each(["archived", "open"])("is waited for otherwise, when it is %s", async (state) => {
    const { discord, platform, thread, posted, triage } = await inLocked();
    discord.locks(thread, { archived: state === "archived" });
    discord.removesPermissions(triage, ["manageThreads"]);
    for (const call of [
      platform.post(spot(thread), said("more"), "2"),
      platform.update(posted, { message: said("edited") }),
    ])
      expect(await failing(platform, call)).toMatchObject({
        outcome: "retry",
        reason: expect.stringContaining("locked"),
      });
  });
});

describe("a post in a forum", () => {
  test("is made with its card, under the tags that say how the ticket stands", async () => {
    const { platform, forum, ada } = await discordWithPlatform();
    const opened = await platform.openThread(forum, card(), "key");
    expect(opened.card).toBe(`${opened.thread}/${opened.thread}`);
    expect(ada.threads(forum)).toMatchObject([
      { id: opened.thread, name: "T-4F7K2M Printer on fire", tags: ["Open", "High"] },
    ]);
    expect(ada.reads(opened.thread)).toMatchObject([{ id: opened.thread }]);
  });

  test("keeps its tags in step, and those that people gave it", async () => {
    const { discord, server, platform, forum, ada } = await discordWithPlatform();
    const { thread, card: shown } = await platform.openThread(forum, card(), "key");
    const bug = server.channel(forum).tags.find(({ name }) => name === "Bug")?.id ?? "";
    server.channel(thread).thread?.tags.push(bug);
    const tagsWith = async (change: Partial<TicketCard>) => {
      await platform.update(shown, { card: card(change), at: spot(thread, forum) });
      return ada.threads(forum)[0]?.tags;
    };
    expect(await tagsWith({ status: "in_progress" })).toEqual(["In Progress", "High", "Bug"]);
    expect(await tagsWith({ status: "pending", priority: "low" })).toEqual(["Low", "Bug"]);
    const before = discord.calls.length;
    expect(await tagsWith({ status: "resolved", priority: "low" })).toEqual(["Low", "Bug"]);
    const routes = discord.calls.slice(before).map(({ route }) => route);
    expect(routes).not.toContain("PATCH /channels/:id");
    expect(await tagsWith({ status: "closed", priority: "low" })).toEqual(["closed", "Low", "Bug"]);
    expect(ada.threads(forum)[0]).toMatchObject({ archived: true });
    expect(await tagsWith({ status: "open" })).toEqual(["Open", "High", "Bug"]);
    expect(ada.threads(forum)[0]).toMatchObject({ archived: false });
  });

  test("that nobody heard of is found, and not made again", async () => {
    const { discord, platform, forum, ada } = await discordWithPlatform();
    discord.misbehave("reset-after-effect", { route: "POST /channels/:id/threads" });
    await failing(platform, platform.openThread(forum, card(), "key"));
    const found = await platform.findThread(forum, card(), "key", 0);
    expect(ada.threads(forum).map(({ id }) => id)).toEqual([found?.thread]);
    discord.archives(found?.thread ?? "");
    expect(await platform.findThread(forum, card(), "key", 0)).toEqual(found);
  });

  test("whose forum requires a tag that is not there says so", async () => {
    const { server, platform, forum } = await discordWithPlatform();
    Object.assign(server.channel(forum), { tags: [], flags: channelFlag.requireTag });
    const failure = await failing(platform, platform.openThread(forum, card(), "key"));
    expect(failure).toMatchObject({ outcome: "retry", reason: expect.stringContaining("tag") });
  });
});

describe("the requester's private thread", () => {
  test("holds the card, and nobody but them", async () => {
    const { server, platform, privately, help, rob, ada, opened } = await discordWithPlatform();
    const requesters = card({ side: "requester" });
    const { thread, card: shown } = await platform.openThread(privately, requesters, "key");
    expect(placeOf(shown).channel).toBe(thread);
    expect(rob.threads(help)).toMatchObject([{ id: thread, name: "T-4F7K2M Printer on fire" }]);
    expect(ada.sees(thread)).toBe(false);
    expect(server.channel(thread).thread).toMatchObject({ invitable: false });
    const [first, added] = rob.reads(thread);
    expect(first?.words).toContain("Printer on fire");
    expect(added?.type).toBe(messageType.recipientAdded);
    expect(opened).toEqual([{ card: requesters, thread: { kind: "thread", channel: thread } }]);
  });

  test.each([
    ["nobody heard that it was made", "POST /channels/:id/threads", "reset-after-effect"],
    ["the card was not posted", "POST /channels/:id/messages", { status: 503 }],
    ["nobody heard of its card", "POST /channels/:id/messages", "reset-after-effect"],
    ["they were not added", "PUT /channels/:id/thread-members/:id", "reset"],
    ["nobody heard that they were", "PUT /channels/:id/thread-members/:id", "reset-after-effect"],
  ] as const)("is completed when %s", async (_, route, fault) => {
    const { discord, platform, privately, help, rob } = await discordWithPlatform();
    discord.misbehave(fault, { route });
    const failure = await failing(platform, platform.openThread(privately, card(), "key"));
    expect(failure.outcome).toBe("uncertain");
    const found = await platform.findThread(privately, card(), "key", 0);
    expect(rob.threads(help).map(({ id }) => id)).toEqual([found?.thread]);
    const messages = rob.reads(found?.thread ?? "");
    const types = messages.map(({ type }) => type);
    expect(types).toEqual([messageType.plain, messageType.recipientAdded]);
    expect(rob.reads(rob.dm)).toEqual([]);
  });

  test("of another ticket of theirs is not taken for it", async () => {
    const { platform, privately } = await discordWithPlatform();
    await platform.openThread(privately, card(), "another");
    expect(await platform.findThread(privately, card(), "key", 0)).toBeUndefined();
  });

  test("that has archived itself is found, read, edited and written in", async () => {
    const { discord, platform, privately, rob, help } = await discordWithPlatform();
    const { thread, card: shown } = await platform.openThread(privately, card(), "key");
    discord.archives(thread);
    expect(await platform.findThread(privately, card(), "key", 0)).toMatchObject({ thread });
    discord.archives(thread);
    await platform.update(shown, {
      card: card({ status: "pending" }),
      at: spot(thread, privately),
    });
    expect(rob.threads(help)).toMatchObject([{ archived: false }]);
    await platform.update(shown, { card: closed, at: spot(thread, privately) });
    await platform.update(shown, {
      card: card({ status: "closed", assignee: "Ada" }),
      at: spot(thread, privately),
    });
    expect(rob.threads(help)).toMatchObject([{ archived: true }]);
    expect(rob.reads(thread)[0]?.words).toContain("Ada");
  });

  test.each([
    ["the bot may not make private threads", ["createPrivateThreads"]],
    ["the bot may not write in threads", ["sendMessagesInThreads"]],
    ["the bot does not see the channel", ["viewChannel"]],
  ] as const)("is in direct messages when %s, which says so", async (_, permissions) => {
    const { discord, platform, privately, help, rob } = await discordWithPlatform();
    discord.removesPermissions(help, permissions);
    const { thread } = await platform.openThread(privately, card(), "key");
    const [shown] = rob.reads(rob.dm);
    expect(thread).toBe(`${rob.dm}/${shown?.id}`);
    expect(shown?.words).toContain("A private thread could not be opened");
    expect(rob.threads(help)).toEqual([]);
    expect(await platform.findThread(privately, card(), "key", 0)).toMatchObject({ thread });
  });

  test("is in direct messages when they do not see the channel, or it is gone", async () => {
    const { discord, platform, privately, help, rob } = await discordWithPlatform();
    discord.removesPermissions(help, ["viewChannel"], rob.id);
    await platform.openThread(privately, card(), "1");
    discord.deletesChannel(help);
    await platform.openThread(privately, card({ reference: "T-2" }), "2");
    expect(rob.reads(rob.dm)).toHaveLength(2);
  });

  test("is given up, and made once in direct messages, when it cannot be completed", async () => {
    const { discord, platform, privately, help, rob, server } = await discordWithPlatform();
    discord.removesPermissions(help, ["viewChannel"], rob.id);
    const route = "POST /channels/:id/messages";
    discord.misbehave("reset-after-effect", { route, channel: rob.dm });
    const failure = await failing(platform, platform.openThread(privately, card(), "key"));
    expect(failure.outcome).toBe("uncertain");
    const found = await platform.findThread(privately, card(), "key", 0);
    expect(found?.thread).toBe(`${rob.dm}/${rob.reads(rob.dm)[0]?.id}`);
    expect(rob.reads(rob.dm)).toHaveLength(1);
    expect(server.threadsOf(server.channel(help))).toEqual([]);
  });

  test("that was deleted is opened anew", async () => {
    const { discord, platform, privately, rob } = await discordWithPlatform();
    const { thread } = await platform.openThread(privately, card(), "key");
    discord.deletesChannel(thread);
    const failure = await failing(platform, platform.post(spot(thread), said("hi"), "1"));
    expect(failure).toMatchObject({ outcome: "gone" });
    const next = await platform.openThread(privately, card(), "next");
    expect(rob.reads(next.thread)).toHaveLength(2);
  });
});

describe("in direct messages", () => {
  test("a card says how to answer, also after it has changed", async () => {
    const { platform, directly, rob } = await discordWithPlatform();
    const { thread, card: shown } = await platform.openThread(directly, card(), "key");
    await platform.update(shown, { card: closed, at: spot(thread, directly) });
    const [message] = rob.reads(rob.dm);
    expect(thread).toBe(`${rob.dm}/${message?.id}`);
    expect(message?.words).toContain("reply to one of its messages");
    expect(message?.words).toContain("Closed");
  });

  test("what is said answers the card of its ticket, and names it", async () => {
    const { platform, directly, rob } = await discordWithPlatform();
    const first = await platform.openThread(directly, card(), "1");
    const second = await platform.openThread(directly, card({ reference: "T-2" }), "2");
    for (const { thread } of [second, first]) {
      const root = placeOf(thread).id;
      await platform.post(spot(thread), said("hello"), `post ${root}`);
      const posted = await platform.postFile(spot(thread), logFile, `file ${root}`);
      const [text, file] = rob.reads(rob.dm).slice(-2);
      expect([text?.replyTo, file?.replyTo]).toEqual([root, root]);
      const link = `https://discord.com/channels/@me/${rob.dm}/${root}?deskhand=`;
      expect(text?.embeds[0]?.url).toContain(link);
      expect(file?.embeds[0]?.url).toContain(link);
      expect(posted).toBe(`${rob.dm}/${file?.id}`);
    }
  });

  test("someone who takes none is a dead delivery, in words", async () => {
    const { platform, directly, rob } = await discordWithPlatform();
    rob.closesDms();
    const failure = await failing(platform, platform.openThread(directly, card(), "key"));
    expect(failure).toEqual({
      outcome: "dead",
      reason: "the person does not take direct messages from the bot in Discord",
    });
  });

  test("are surely not written in when they could not be opened", async () => {
    const { discord, platform, directly, rob } = await discordWithPlatform();
    discord.misbehave("reset-after-effect", { route: "POST /users/@me/channels" });
    const failure = await failing(platform, platform.openThread(directly, card(), "key"));
    expect(failure).toMatchObject({ outcome: "retry" });
    expect(rob.reads(rob.dm)).toEqual([]);
  });
});

const logFile = {
  author: { id: "x:1", name: "Ada" },
  name: "log.txt",
  type: "text/plain",
  content: Buffer.from("hello"),
};

test("before it is known who we are nothing is opened, and it is said that it can wait", async () => {
  const identity = () => {
    throw new DiscordFault("NOT_CONNECTED", "It is not known yet who we are");
  };
  const { discord, platform, triage } = await discordWithPlatform({ identity });
  const failure = await failing(platform, platform.openThread(triage, card(), "key"));
  expect(failure).toMatchObject({ outcome: "retry" });
  expect(discord.calls).toEqual([]);
});
