import { describe, expect, test } from "vitest";
import type { WrittenEvent } from "../../src/desk/chat.ts";
import { typedText } from "../../src/desk/text.ts";
import { edit } from "../fakes/discord/messages.ts";
import { channelType } from "../fakes/discord/records.ts";
import { listening, wordsIn } from "./listening.ts";

type Listening = Awaited<ReturnType<typeof listening>>;

/** All that a reading gives. */
async function all(events: AsyncIterable<WrittenEvent>): Promise<WrittenEvent[]> {
  const read: WrittenEvent[] = [];
  for await (const event of events) read.push(event);
  return read;
}

const reads = ({ adapter }: Listening, where: string, thread: string, sinceMs = 0) =>
  all(adapter.platform.readSince({ where, thread }, sinceMs));

/** What the platform makes of how a reading ends. */
async function failing(world: Listening, where: string, thread: string) {
  const thrown: unknown = await reads(world, where, thread).then(
    () => new Error("it did not fail"),
    (error: unknown) => error,
  );
  return world.adapter.platform.failureOf(thrown);
}

/** A ticket's threads with nobody listening: they are read back only. */
async function unheard(before?: Parameters<typeof listening>[1]) {
  const world = await listening({}, before);
  const { ticketThread, triage, general, rob } = world;
  const agents = ticketThread(triage.id);
  const own = ticketThread(general.id, channelType.privateThread);
  await world.adapter.stop();
  return { ...world, agents, own, at: { triage: triage.id, rob: `${general.id}/${rob.id}` } };
}

const memberCalls = ({ discord }: Listening) =>
  discord.calls.filter(({ route }) => route === "GET /guilds/:id/members/:id").length;

describe("a thread of the agents", () => {
  test("is read as it stands now: what was written, edited, and not what was deleted", async () => {
    const world = await unheard();
    const { discord, ada, agents, at } = world;
    const kept = ada.writes(agents, "Have you tried **water**?");
    const changed = ada.writes(agents, "Or sanf?");
    const gone = ada.writes(agents, "Run!");
    ada.edits(changed, "Or sand?");
    ada.deletes(gone);
    const events = await reads(world, at.triage, agents);
    const by = { id: `discord:${ada.id}`, name: "Ada", isAgent: true };
    expect(events).toMatchObject([
      { type: "message", platform: "discord", thread: agents, message: `${agents}/${kept.id}`, by },
      { type: "edited", message: `${agents}/${changed.id}`, by },
    ]);
    expect(events.map(wordsIn)).toEqual(["Have you tried **water**?", "Or sand?"]);
    expect(discord.violations).toEqual([]);
  });

  test("is the same as when it is heard live, names, mentions and files too", async () => {
    const world = await listening({}, ({ discord, guild, ada, rob }) => {
      for (const [{ id }, nick] of [
        [ada, "Ada of Acme"],
        [rob, "Robbie"],
      ] as const) {
        const member = discord.server.guild(guild.id).members.get(id);
        if (member) Object.assign(member, { nick });
      }
    });
    const { ada, rob, staff, general, triage, ticketThread, desk, heard } = world;
    const agents = ticketThread(triage.id);
    const content = Buffer.from("smoke");
    const words = `<@${rob.id}> <@&${staff.id}> <#${general.id}> **now**`;
    ada.writes(agents, words, { files: [{ name: "a.txt", content }] });
    const edited = ada.writes(agents, "x");
    ada.edits(edited, words);
    await heard(3);
    const [first, , second] = desk.events;
    const [one, two, ...more] = await reads(world, triage.id, agents);
    expect(more).toEqual([]);
    expect(one).toEqual(first);
    expect(two).toEqual(second);
    expect(wordsIn(two)).toContain("Robbie");
  });

  test("is read page by page, however long it is", async () => {
    const world = await unheard();
    const { ada, agents, at, discord } = world;
    const said = Array.from({ length: 205 }, (_, n) => `Message ${n}`);
    for (const each of said) ada.writes(agents, each);
    const before = discord.calls.length;
    const events = await reads(world, at.triage, agents);
    expect(events.map(wordsIn)).toEqual(said);
    const pages = discord.calls
      .slice(before)
      .filter(({ route }) => route === "GET /channels/:id/messages");
    expect(pages).toHaveLength(4);
    expect(memberCalls(world)).toBe(1);
  });

  test("is read from a time on, and it is told how far it was", async () => {
    const world = await unheard();
    const { discord, ada, agents, at, adapter } = world;
    ada.writes(agents, "before");
    discord.clock.advance(1_000);
    const since = discord.clock.now();
    const first = ada.writes(agents, "one");
    discord.clock.advance(1_000);
    ada.writes(agents, "two");
    const reached: number[] = [];
    const events = await all(
      adapter.platform.readSince(
        { where: at.triage, thread: agents },
        since,
        (ms) => void reached.push(ms),
      ),
    );
    expect(events.map(wordsIn)).toEqual(["one", "two"]);
    expect(adapter.platform.writtenAt(`${agents}/${first.id}`)).toBe(since);
    expect(reached).toEqual([since + 1_000]);
  });

  test("has nothing of ours, of other bots and of Discord itself", async () => {
    const world = await unheard();
    const { discord, staff, ada, agents, at, adapter } = world;
    const roles = [staff.id];
    const other = discord.person("2000000000000000009", { name: "robot", bot: true, roles });
    other.writes(agents, "beep");
    discord.addsToThread(agents, other.id);
    const message = {
      kind: "reply",
      author: { id: "x", name: "Rob" },
      text: typedText("hi"),
    } as const;
    await adapter.platform.post({ where: at.triage, thread: agents }, message, "key");
    ada.writes(agents, "me");
    expect((await reads(world, at.triage, agents)).map(wordsIn)).toEqual(["me"]);
    expect(memberCalls(world)).toBe(1);
  });

  test("tells agents by their roles now, and who has left is none", async () => {
    const world = await unheard();
    const { discord, guild, ada, agents, at } = world;
    const eve = discord.person("2000000000000000007", { name: "eve" });
    const bea = discord.person("2000000000000000008", { name: "bea", roles: [world.staff.id] });
    discord.givesPermissions(world.triage.id, ["viewChannel"], eve.id);
    for (const person of [ada, eve, bea]) person.writes(agents, "hello");
    discord.removesPermissions(world.triage.id, ["viewChannel"], eve.id);
    discord.removes(guild, bea.id);
    const events = await reads(world, at.triage, agents);
    expect(events.map(({ by }) => [by.name, by.isAgent])).toEqual([
      ["Ada", true],
      ["eve", false],
      ["bea", false],
    ]);
  });

  test("is not read by half when it cannot be told who is an agent", async () => {
    const world = await unheard();
    const { discord, ada, agents, at } = world;
    ada.writes(agents, "hello");
    const route = "GET /guilds/:id/members/:id";
    discord.misbehave({ status: 503 }, { route });
    expect(await failing(world, at.triage, agents)).toMatchObject({ outcome: "retry" });
    expect(await reads(world, at.triage, agents)).toHaveLength(1);
  });

  test.each([
    ["archived", (world: Listening, thread: string) => world.discord.archives(thread)],
    ["locked", (world: Listening, thread: string) => world.discord.locks(thread)],
  ])("that is %s is read, and stays so", async (_, closes) => {
    const world = await unheard();
    const { ada, agents, at, discord } = world;
    ada.writes(agents, "the last word");
    closes(world, agents);
    expect((await reads(world, at.triage, agents)).map(wordsIn)).toEqual(["the last word"]);
    expect(discord.server.channel(agents).thread?.archived).toBe(true);
  });
});

test("in a requester's private thread they speak for themselves", async () => {
  const world = await unheard();
  const { rob, own, at } = world;
  rob.writes(own, "It burns");
  expect(await reads(world, at.rob, own)).toMatchObject([
    { thread: own, by: { id: `discord:${rob.id}`, name: "Rob", isAgent: false } },
  ]);
});

describe("direct messages", () => {
  test("hold several tickets: each is read for itself, by the rule that holds live", async () => {
    const world = await listening();
    const { rob, directTicket, adapter, desk, discord } = world;
    const [one, other] = [await directTicket("one"), await directTicket("other")];
    const [cardOne, cardOther] = rob.reads(rob.dm);
    if (!cardOne || !cardOther) throw new Error("there are no cards");
    await adapter.stop();
    const first = rob.writes(rob.dm, "It burns", { replyTo: cardOne });
    rob.writes(rob.dm, "The other one smokes", { replyTo: cardOther });
    rob.writes(rob.dm, "to nobody");
    rob.writes(rob.dm, "still", { replyTo: first });
    const where = `@${rob.id}`;
    expect((await reads(world, where, one)).map(wordsIn)).toEqual(["It burns", "still"]);
    const [event] = await reads(world, where, other);
    expect(event).toMatchObject({ thread: other, by: { isAgent: false, name: "Rob" } });
    expect(wordsIn(event)).toBe("The other one smokes");
    expect(desk.events).toEqual([]);
    // No one is asked where it belongs: that is done when it is heard.
    expect(rob.reads(rob.dm)).toHaveLength(6);
    expect(memberCalls(world)).toBe(0);
    expect(discord.unguarded).toEqual([]);
  });

  test("what is read makes known live what answers it", async () => {
    const world = await listening();
    const { rob, directTicket, desk, heard, discord } = world;
    const thread = await directTicket();
    const [card] = rob.reads(rob.dm);
    const first = rob.writes(rob.dm, "It burns", { ...(card && { replyTo: card }) });
    await heard(1);
    await reads(world, `@${rob.id}`, thread);
    const asked = discord.calls.length;
    rob.writes(rob.dm, "still", { replyTo: first });
    await heard(2);
    expect(desk.events[1]).toMatchObject({ thread });
    expect(discord.calls).toHaveLength(asked);
  });

  test("long chains of answers are followed, as they were written", async () => {
    const world = await listening();
    const { rob, directTicket, adapter } = world;
    const thread = await directTicket();
    await adapter.stop();
    let [answered] = rob.reads(rob.dm);
    for (let n = 0; n < 25; n += 1)
      answered = rob.writes(rob.dm, `${n}`, { ...(answered && { replyTo: answered }) });
    expect(await reads(world, `@${rob.id}`, thread)).toHaveLength(25);
  });
});

describe("what cannot be read", () => {
  test("because the thread is gone", async () => {
    const world = await unheard();
    world.discord.deletesChannel(world.agents);
    const failure = await failing(world, world.at.triage, world.agents);
    expect(failure).toEqual({ outcome: "gone", reason: expect.stringContaining("deleted") });
  });

  test("because the channel is hidden", async () => {
    const world = await unheard();
    const { discord, triage, agents, at } = world;
    discord.removesPermissions(triage.id, ["viewChannel"]);
    expect(await failing(world, at.triage, agents)).toEqual({
      outcome: "dead",
      reason: expect.stringMatching(/may not read .* give it View Channel/),
    });
  });

  test("because history is: that is not taken for a thread in which nothing was written", async () => {
    const world = await unheard();
    const { discord, triage, ada, agents, at } = world;
    ada.writes(agents, "hello");
    discord.removesPermissions(triage.id, ["readMessageHistory"]);
    expect(await failing(world, at.triage, agents)).toEqual({
      outcome: "dead",
      reason: expect.stringMatching(/may not read .* Read Message History$/),
    });
    discord.givesPermissions(triage.id, ["readMessageHistory"]);
    expect(await reads(world, at.triage, agents)).toHaveLength(1);
  });

  test("because the intent was switched off: nothing is taken for empty", async () => {
    const world = await unheard();
    const { discord, ada, agents, at } = world;
    ada.edits(ada.writes(agents, "hello"), "hello there");
    discord.withoutIntent();
    expect(await failing(world, at.triage, agents)).toMatchObject({
      outcome: "retry",
      reason: expect.stringContaining("Message Content Intent"),
    });
    discord.withIntent();
    expect((await reads(world, at.triage, agents)).map(wordsIn)).toEqual(["hello there"]);
  });

  test("because the token is refused", async () => {
    const world = await unheard();
    world.discord.revokesToken();
    expect(await failing(world, world.at.triage, world.agents)).toMatchObject({
      outcome: "retry",
      reason: expect.stringContaining("DISCORD_TOKEN"),
    });
  });

  test("because Discord asks to wait, is read when that is over", async () => {
    const world = await unheard();
    const { discord, ada, agents, at } = world;
    ada.writes(agents, "hello");
    const route = "GET /channels/:id/messages";
    discord.misbehave({ retryAfterS: 60 }, { route });
    const failure = await failing(world, at.triage, agents);
    expect(failure).toMatchObject({ outcome: "retry", reason: expect.stringContaining("wait") });
    expect(failure.retryAfterMs).toBeGreaterThan(50_000);
  });

  test("because Discord asks to wait for a moment, is read after that", async () => {
    const world = await unheard();
    const { discord, ada, agents, at } = world;
    ada.writes(agents, "hello");
    discord.misbehave({ retryAfterS: 0.1 }, { route: "GET /channels/:id/messages" });
    expect((await reads(world, at.triage, agents)).map(wordsIn)).toEqual(["hello"]);
  });

  test.each(["reset", "cut-off", "html", { status: 500 }] as const)(
    "because of a Discord that is not well (%j), is read when it is",
    async (fault) => {
      const world = await unheard();
      const { discord, ada, agents, at } = world;
      ada.writes(agents, "hello");
      discord.misbehave(fault, { route: "GET /channels/:id/messages" });
      expect(await failing(world, at.triage, agents)).toMatchObject({ outcome: "retry" });
      expect(await reads(world, at.triage, agents)).toHaveLength(1);
    },
  );

  test("because there is nothing in it: its writer is told, once, and it is there all the same", async () => {
    const world = await unheard();
    const { discord, ada, agents, at, log } = world;
    const odd = ada.writes(agents, "an invitation to a game");
    ada.writes(agents, "see?");
    const message = discord.server.message(agents, odd.id);
    if (message) edit(discord.server, message, { content: "" });
    for (let time = 0; time < 2; time += 1) {
      const events = await reads(world, at.triage, agents);
      expect(events.map(({ type, text, files }) => [type, text.length, files.length])).toEqual([
        ["message", 0, 0],
        ["message", 1, 0],
      ]);
    }
    const told = ada.reads(agents).filter(({ replyTo }) => replyTo === odd.id);
    expect(told).toMatchObject([{ words: expect.stringContaining("could not be read") }]);
    expect(
      log.lines.filter(({ message: said }) => said.includes("Message Content Intent")),
    ).toHaveLength(1);
  });
});

describe("an edit that was read back", () => {
  test("is not undone by an older one that comes late", async () => {
    const world = await listening();
    const { discord, ada, triage, ticketThread, desk, heard } = world;
    const thread = ticketThread();
    const message = ada.writes(thread, "one");
    await heard(1);
    discord.gateway.holds();
    discord.clock.advance(1_000);
    ada.edits(message, "two");
    discord.clock.advance(1_000);
    ada.edits(message, "three");
    expect((await reads(world, triage.id, thread)).map(wordsIn)).toEqual(["three"]);
    discord.gateway.releases();
    ada.writes(thread, "four");
    await heard(2);
    expect(desk.events.map(wordsIn)).toEqual(["one", "four"]);
  });

  test("does not undo a later one that was heard while it was read", async () => {
    const world = await listening();
    const { discord, ada, triage, ticketThread, adapter, desk, heard } = world;
    const thread = ticketThread();
    const first = ada.writes(thread, "zero");
    const message = ada.writes(thread, "one");
    discord.clock.advance(1_000);
    ada.edits(message, "two");
    await heard(3);
    const types: string[] = [];
    for await (const event of adapter.platform.readSince({ where: triage.id, thread }, 0)) {
      types.push(event.type);
      if (event.message !== `${thread}/${first.id}`) continue;
      discord.clock.advance(1_000);
      ada.edits(message, "three");
      await heard(4);
    }
    expect(wordsIn(desk.events[3])).toBe("three");
    expect(types).toEqual(["message", "message"]);
  });
});

describe("who wrote what is refused", () => {
  test("is told as when it is heard, and not once more", async () => {
    const world = await unheard();
    const { ada, rob, agents, own, at, adapter, discord } = world;
    const { tellRefused } = adapter.platform;
    const message = ada.writes(agents, "me too");
    const [event] = await reads(world, at.triage, agents);
    const mine = rob.writes(own, "it burns again");
    const [other] = await reads(world, at.rob, own);
    if (!event || !other) throw new Error("nothing was read");
    for (let time = 0; time < 2; time += 1) {
      await tellRefused(event, { refused: "NOT_AN_AGENT", ticket: "1" });
      await tellRefused(other, { refused: "TICKET_CLOSED", ticket: "1" });
    }
    const [, told, ...more] = ada.reads(agents);
    expect(told).toMatchObject({ replyTo: message.id, pings: [], buttons: [] });
    expect(told?.words).toContain("the permission Send Messages");
    expect(more).toEqual([]);
    const answers = rob.reads(own).filter(({ replyTo }) => replyTo === mine.id);
    expect(answers).toMatchObject([{ words: expect.stringContaining("Open a new ticket") }]);
    // Whoever writes in a closed ticket's thread opens it again.
    expect(discord.server.channel(own).thread?.archived).toBe(true);
    expect(discord.server.channel(agents).thread?.archived).toBe(false);
    expect(discord.unguarded).toEqual([]);
    expect(discord.violations).toEqual([]);
  });

  test("is not told again after a restart, as the answer stands there", async () => {
    const world = await listening();
    const { discord, desk, ada, triage, ticketThread, created } = world;
    desk.meets = () => ({ refused: "NOT_AN_AGENT", ticket: "1" });
    const thread = ticketThread();
    ada.writes(thread, "me too");
    await discord.until(() => ada.reads(thread).length === 2);
    await world.adapter.stop();
    const again = created();
    await again.start(desk);
    for await (const event of again.platform.readSince({ where: triage.id, thread }, 0))
      await again.platform.tellRefused(event, { refused: "NOT_AN_AGENT", ticket: "1" });
    expect(ada.reads(thread)).toHaveLength(2);
  });

  test("an agent who answered in the requester's thread is told where to", async () => {
    const world = await unheard();
    const { discord, ada, rob, own, at, adapter } = world;
    discord.addsToThread(own, ada.id);
    ada.writes(own, "He is the boss's son.");
    const [event] = await reads(world, at.rob, own);
    if (!event) throw new Error("nothing was read");
    await adapter.platform.tellRefused(event, { refused: "NOT_THE_REQUESTER", ticket: "1" });
    const told = rob.reads(own).at(-1);
    expect(told).toMatchObject({ buttons: [], pings: [] });
    expect(told?.words).toContain("Agents answer in the ticket's thread in the triage channel");
  });
});
