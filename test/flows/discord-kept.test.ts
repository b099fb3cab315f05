import { describe, expect, test, vi } from "vitest";
import { LowdbStore } from "../../src/store/lowdb/store.ts";
import {
  conversation,
  type DiscordStory,
  discordStory,
  printer,
  ticketsOf,
  words,
} from "./discord-team.ts";

const post = "POST /channels/:id/messages";
const get = "GET /channels/:id/messages/:id";

const offerFor = ({ rob }: DiscordStory, message: string) =>
  rob.reads(rob.dm).find(({ replyTo, buttons }) => replyTo === message && buttons.length > 0);

/** Rob's ticket in direct messages: its card, and Ada's seat. */
async function direct(story: DiscordStory) {
  const { discord, rob, help, passing, platform, quiet } = story;
  discord.removesPermissions(help, ["createPrivateThreads"]);
  await platform.asks({ ...printer, title: "Lamp", description: "It is dark." }, passing);
  const card = await passing(() => rob.reads(rob.dm).find((seen) => seen.words.includes("Lamp")));
  const ada = await passing(() => platform.agent("Lamp"));
  await quiet();
  return { card, ada };
}

describe("while Discord's API is down, and tells of messages all the same", () => {
  test("an answer in direct messages waits for it for minutes, and is passed on then", async () => {
    const story = await discordStory();
    const { discord, rob, quiet } = story;
    const { card, ada } = await direct(story);
    const first = rob.writes(rob.dm, "Which one?", { replyTo: card });
    await quiet();
    await story.restart();
    discord.misbehaves(({ route }) => (route.includes("/channels/") ? { status: 503 } : undefined));
    rob.writes(rob.dm, "The left one?", { replyTo: first });
    const since = discord.clock.now();
    const asked = () => discord.calls.filter(({ route }) => route === get).length;
    while (discord.clock.now() - since < 100_000) {
      const before = asked();
      await discord.until(() => {
        discord.clock.advance(1_000);
        return asked() > before;
      });
    }
    discord.misbehaves(() => undefined);
    await story.passing(() => words(ada).includes("The left one?"));
    await quiet();
    expect(words(ada)).toEqual(["Which one?", "The left one?"]);
    expect(
      rob
        .reads(rob.dm)
        .map((seen) => seen.words)
        .join(),
    ).not.toContain("write it again");
  });

  test("an answer to a message of the bot's is passed on without asking for it", async () => {
    const story = await discordStory();
    const { discord, rob, passing, quiet } = story;
    const { ada } = await direct(story);
    ada.writes("Change the bulb.");
    const bulb = await passing(() =>
      rob.reads(rob.dm).find((seen) => seen.words.includes("Change the bulb.")),
    );
    await quiet();
    const before = discord.calls.length;
    rob.writes(rob.dm, "Which one?", { replyTo: bulb });
    await passing(() => words(ada).includes("Which one?"));
    await quiet();
    const called = discord.calls.slice(before).map(({ route }) => route);
    expect(called).not.toContain(get);
  });

  test("who writes to the bot is asked where it belongs once it is back", async () => {
    const story = await discordStory();
    const { discord, rob, passing } = story;
    discord.misbehaves(({ route }) => (route === post ? { status: 503 } : undefined));
    const written = rob.writes(rob.dm, "Hello?");
    const since = discord.clock.now();
    await passing(() => discord.clock.now() - since > 100_000);
    discord.misbehaves(() => undefined);
    await passing(() => offerFor(story, written.id));
  });
});

describe("words that were added to a ticket from direct messages", () => {
  async function carried() {
    const story = await conversation();
    const { rob, opened, passing, quiet } = story;
    const written = rob.writes(rob.dm, "It is getting worse");
    const offer = await passing(() => offerFor(story, written.id));
    await rob.clicks(offer, `Add to ${opened.reference}: Printer on fire`);
    await passing(() => words(opened.ada).includes("It is getting worse"));
    await quiet();
    return { ...story, written };
  }

  test.each([
    ["edited and deleted", async () => undefined],
    ["edited and deleted after a restart", async (story: DiscordStory) => story.restart()],
  ])("are %s there as well", async (_, between) => {
    const story = await carried();
    const { rob, opened, written, passing, quiet } = story;
    await between(story);
    rob.edits(written, "It is getting better");
    await passing(() => words(opened.ada).includes("It is getting better"));
    await quiet();
    expect(words(opened.ada)).toEqual(["It is getting better"]);
    await between(story);
    rob.deletes(written);
    await passing(() => words(opened.ada).length === 0);
    await quiet();
    expect(words(opened.ada)).toEqual([]);
  });

  test("stand in one ticket, though two are pressed at once", async () => {
    const story = await conversation();
    const { rob, opened, passing, quiet } = story;
    const screen = await story.opens({ title: "Screen black" });
    const written = rob.writes(rob.dm, "It is getting worse");
    const offer = await passing(() => offerFor(story, written.id));
    await Promise.all([
      rob.clicks(offer, `Add to ${opened.reference}: Printer on fire`),
      rob.clicks(offer, `Add to ${screen.reference}: Screen black`),
    ]);
    await quiet();
    expect([...words(opened.ada), ...words(screen.ada)]).toEqual(["It is getting worse"]);
    const [into] = words(opened.ada).length > 0 ? [opened] : [screen];
    const after = rob.reads(rob.dm).find(({ id }) => id === offer.id);
    expect(after?.content).toContain(`This was added to ${into?.reference}.`);
  });

  test("become one ticket, though the form is opened and submitted twice", async () => {
    const story = await discordStory();
    const { rob, passing, quiet } = story;
    const written = rob.writes(rob.dm, "The lamp is broken");
    const offer = await passing(() => offerFor(story, written.id));
    const fields = { title: "Lamp", priority: "low", category: "general" };
    const forms = [];
    for (const _ of [1, 2]) {
      await rob.clicks(offer, "Open a new ticket");
      await passing(() => rob.modal);
      rob.fills(fields);
      forms.push(rob.holdsModal());
      rob.closes();
    }
    await Promise.all(forms.map((form) => rob.submitsAgain(form)));
    await quiet();
    expect(await ticketsOf(story)).toHaveLength(1);
  });
});

describe("a message of a ticket in direct messages", () => {
  test("is deleted at the agents' side also when much was said since, and after a restart", async () => {
    const story = await discordStory();
    const { discord, rob, passing, quiet } = story;
    const { card, ada } = await direct(story);
    const written = rob.writes(rob.dm, "Which one?", { replyTo: card });
    await passing(() => words(ada).includes("Which one?"));
    await quiet();
    await story.restart();
    for (let n = 0; n < 60; n += 1) rob.writes(rob.dm, `To the bot ${n}`);
    const { messages } = discord.server.channel(rob.dm);
    await passing(() => messages.length > 120);
    rob.deletes(written);
    await passing(() => words(ada).length === 0);
  });
});

describe("the first words in a thread that is being opened", () => {
  test("are taken in, though it takes half a minute until it is known", async () => {
    const story = await discordStory();
    const { discord, rob, help, platform, passing, quiet } = story;
    const find = LowdbStore.prototype.findByThread;
    let isKnown = false;
    const spy = vi.spyOn(LowdbStore.prototype, "findByThread").mockImplementation(async function (
      this: LowdbStore,
      thread,
    ) {
      return isKnown ? find.call(this, thread) : undefined;
    });
    await platform.asks(printer, passing);
    const thread = await passing(() => rob.threads(help)[0]);
    rob.writes(thread.id, "And it smokes");
    const since = discord.clock.now();
    await passing(() => discord.clock.now() - since > 30_000);
    isKnown = true;
    spy.mockRestore();
    const seat = await passing(() => platform.agent(printer.title));
    await passing(() => words(seat).includes("And it smokes"));
    await quiet();
    const said = rob.reads(thread.id).map((seen) => seen.words);
    expect(said.join()).toContain("not in the ticket yet");
    expect(said.join()).not.toContain("could not be added");
  });
});

describe("who is refused and cannot be told", () => {
  test("holds up no one else there, and is told later", async () => {
    const story = await conversation();
    const { discord, guild, triage, eve, opened, passing, quiet } = story;
    const guests = discord.addRole(guild, { name: "Guests" }).id;
    discord.givesPermissions(triage, ["viewChannel", "sendMessagesInThreads"], guests);
    discord.removesPermissions(triage, ["sendMessages"], eve.id);
    discord.givesRole(guild, eve.id, guests);
    discord.misbehaves(({ route, channel }) =>
      route === post && channel === opened.agentsThread ? { status: 500 } : undefined,
    );
    const since = discord.clock.now();
    const written = eve.writes(opened.agentsThread, "Me too");
    opened.ada.writes("Try water.");
    await passing(() => words(opened.rob).includes("Try water."));
    expect(discord.clock.now() - since).toBeLessThan(5_000);
    discord.misbehaves(() => undefined);
    const answer = await passing(() =>
      eve.reads(opened.agentsThread).find(({ replyTo }) => replyTo === written.id),
    );
    expect(answer.words).toContain("Only agents can do that");
    await quiet();
  });
});
