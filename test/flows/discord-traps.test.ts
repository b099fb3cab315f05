import { rename } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { channelType } from "../fakes/discord/records.ts";
import {
  atAgents,
  cards,
  conversation,
  discordStory,
  field,
  formFor,
  printer,
  ticketsOf,
  told,
  words,
} from "./discord-team.ts";
import { messagesOf, ticketOverHttp } from "./over-http.ts";

const gate = () => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
};

describe("where replies have to be said to be one", () => {
  const yaml = () => "replies: explicit";

  test.each([">> Try water.", ">>Try water.", "> > Try water."])(
    "%s is sent, and nothing else is, by whatever way it is written or edited",
    async (text) => {
      const story = await discordStory({ yaml });
      const { passing, quiet } = story;
      const { rob, ada, bea } = await story.opens();
      const talk = ada.writes("Has anyone seen this?");
      bea.writes("> It burns.\nNo.");
      bea.writes(">>> It burns.\nHe is lying.");
      bea.writes("// >> Not this either");
      await quiet();
      ada.edits(talk, "Has anyone ever seen this?");
      await quiet();
      expect(words(rob)).toEqual([]);
      const said = ada.writes(text);
      await passing(() => words(rob).length > 0);
      await quiet();
      expect(words(rob)).toEqual(["Try water."]);
      const marks = (id: string) => ada.lines().find((line) => line.id === id)?.marks;
      expect(marks(said.id)).toEqual(["delivered"]);
      expect(marks(talk.id)).toEqual([]);
      expect(messagesOf(await ticketOverHttp(story))).toEqual(["It burns.", "Try water."]);
    },
  );

  test("the card's Reply… sends what is written in it, under the agent's name, once", async () => {
    const story = await discordStory({ yaml });
    const { ada: person, passing, quiet } = story;
    const { rob, ada } = await story.opens();
    expect(ada.offers()).toContain("reply");
    await person.clicks(cards(story)[0] ?? none(), "Reply…");
    await passing(() => person.modal);
    const shown = person.holdsModal();
    await person.submits({ text: "Try water & sand" });
    await person.submitsAgain(shown);
    await passing(() => words(rob).length === 1 && words(ada).length === 1);
    await quiet();
    for (const seat of [rob, ada])
      expect(seat.lines().at(-1)).toMatchObject({ from: "Ada", words: "Try water & sand" });
  });

  test("a reply that is refused, as the ticket was closed meanwhile, is kept for who wrote it", async () => {
    const story = await discordStory({ yaml });
    const { ada: person, triage, passing, quiet } = story;
    const { rob, bea } = await story.opens();
    await person.clicks(cards(story)[0] ?? none(), "Reply…");
    await passing(() => person.modal);
    await bea.sets("status", "closed");
    await passing(() => !rob.isOpen());
    await person.submits({ text: "Try water." });
    const answer = await passing(() => told(person, triage));
    expect(answer.words).toContain("This ticket is closed");
    expect(answer.words).toContain("Try water.");
    await quiet();
    expect(words(rob).join()).not.toContain("water");
    expect(rob.isOpen()).toBe(false);
  });
});

const none = (): never => {
  throw new Error("there is none");
};

describe("what is written while a thread is being opened is heard", () => {
  test("in the requester's", async () => {
    const story = await discordStory();
    const { discord, rob: person, help, platform, passing, quiet } = story;
    const { opened: answeredAfter, open } = gate();
    const route = "PUT /channels/:id/thread-members/:user";
    discord.misbehave({ answeredAfter }, { route });
    await platform.asks(printer, passing);
    const thread = await passing(() => person.threads(help)[0]);
    person.writes(thread.id, "And it smokes.");
    open();
    const ada = await passing(() => platform.agent(printer.title));
    await passing(() => words(ada).includes("And it smokes."));
    await quiet();
    expect(words(ada)).toEqual(["And it smokes."]);
  });

  test("in the agents'", async () => {
    const story = await discordStory();
    const { discord, ada: person, triage, platform, passing, quiet } = story;
    const { opened: answeredAfter, open } = gate();
    const route = "POST /channels/:id/messages/:id/threads";
    discord.misbehave({ answeredAfter }, { route });
    await platform.asks(printer, passing);
    const thread = await passing(() => person.threads(triage)[0]);
    person.writes(thread.id, "On my way.");
    open();
    const rob = await passing(() => platform.requester(printer.title));
    await passing(() => words(rob).includes("On my way."));
    await quiet();
    expect(words(rob)).toEqual(["On my way."]);
  });
});

describe("what belongs to no ticket that is known", () => {
  test("words in its thread are not silently lost, and a press on its card says so", async () => {
    const story = await conversation();
    const { rob: person, ada, triage, opened, folder, log, passing } = story;
    const { rob, thread } = opened;
    const [ticket] = cards(story);
    await rename(join(folder, "tickets"), join(folder, "elsewhere"));
    await story.restart();
    const { id } = rob.writes("Anyone?");
    const answers = () => person.reads(thread).filter(({ replyTo }) => replyTo === id);
    const lost = /could not be added to any ticket.*\/ticket/;
    await passing(() => answers().some((seen) => lost.test(seen.words)));
    expect(
      log.lines.some(({ level, message }) => level === "error" && /no known ticket/.test(message)),
    ).toBe(true);
    await ada.clicks(ticket ?? none(), "Claim");
    await passing(() => told(ada, triage)?.words.includes("no such ticket"));
  });
});

describe("that a message was refused, as the ticket is closed,", () => {
  test("is told later, if it could not be told at once", async () => {
    const story = await conversation();
    const { discord, rob: person, opened, passing, quiet } = story;
    const { rob, ada, thread } = opened;
    await ada.sets("status", "closed");
    await passing(() => !rob.isOpen());
    await quiet();
    discord.misbehave({ status: 503 }, { route: "POST /channels/:id/messages", times: 2 });
    const { id } = rob.writes("It burns again!");
    const answers = () => person.reads(thread).filter(({ replyTo }) => replyTo === id);
    await passing(() => answers().length > 0);
    await quiet();
    expect(answers()).toMatchObject([{ words: expect.stringContaining("closed") }]);
  });
});

describe("in another server than the agents'", () => {
  test("someone asks and is answered in a thread there; who is an agent is found out at the agents'", async () => {
    const story = await discordStory();
    const { discord, ada: agent, eve, passing, quiet, triage } = story;
    const other = discord.addGuild({ name: "Customers" });
    const lobby = discord.addChannel(other, { name: "lobby" }).id;
    const zoe = discord.person("400000000000000010", {
      name: "zoe",
      guilds: [other.id],
      nick: "Zoe",
    });
    discord.person(agent.id, { guilds: [other.id] });
    await zoe.types("/ticket", { title: "From outside" }, { channel: lobby });
    await passing(() => zoe.modal);
    await zoe.submits({ description: "Hello.", priority: "low", category: "general" });
    const own = await passing(() => zoe.threads(lobby)[0]);
    const ada = await passing(() => story.platform.agent("From outside"));
    await passing(() => ada.lines().length === 1);
    expect(ada.lines()[0]).toMatchObject({ from: "Zoe", words: "Hello." });
    ada.writes("Welcome.");
    await passing(() => zoe.reads(own.id).some((seen) => seen.words === "Ada\nWelcome."));
    zoe.writes(own.id, "Thanks.");
    await passing(() => words(ada).includes("Thanks."));
    // Ada speaks for Zoe there, and Eve, who is nobody's agent, does not.
    const written = zoe.writes(lobby, "The door is stuck.");
    await agent.usesOnMessage("Open a ticket", written);
    await passing(() => agent.modal);
    await agent.submits({ title: "Door", priority: "low", category: "general" });
    await passing(() => zoe.threads(lobby).some(({ name }) => name.includes("Door")));
    await quiet();
    expect(eve.sees(triage)).toBe(false);
    expect(agent.threads(lobby)).toEqual([]);
  });
});

describe("agents in a channel of another kind", () => {
  test.each([
    ["announcement", channelType.announcement],
    ["media", channelType.media],
  ])("such as one for %s, have their threads there", async (_, type) => {
    let there = "";
    const story = await discordStory({
      yaml: ({ discord, guild }) => {
        there = discord.addChannel(guild, { name: "desk", type }).id;
        return `triage: [{ to: "discord:${there}" }]`;
      },
    });
    const { ada, rob, help, platform, passing, quiet } = story;
    await platform.asks(printer, passing);
    const thread = await passing(() => ada.threads(there)[0]);
    const own = await passing(() => rob.threads(help)[0]);
    ada.writes(thread.id, "Try water.");
    await passing(() => rob.reads(own.id).some((seen) => seen.words === "Ada\nTry water."));
    await quiet();
    expect(ada.threads(there)).toHaveLength(1);
  });
});

describe("what is typed into the form", () => {
  test("as much as fits, and full of signs, arrives whole at both sides", async () => {
    const story = await discordStory();
    const { rob, help, passing } = story;
    await formFor(story);
    const most = Number(field(rob, "title").component.max_length);
    const title = `@everyone **x** <@1> ${"🔥_".repeat(most)}`.slice(0, most);
    const description = "*_`~|<@1> @here \\".repeat(300).slice(0, 4_000);
    await rob.submits({ ...printer, title, description });
    const seen = await atAgents(story);
    const said = (all: typeof seen) =>
      all.flatMap(({ embeds }) => embeds.map((each) => String(each.description ?? ""))).join("");
    const plain = (text: string) => text.replaceAll(/[\\\s\u2060\u200b]/g, "");
    expect(plain(said(seen))).toContain(plain(description));
    const thread = await passing(() => rob.threads(help)[0]);
    expect(plain(said(rob.reads(thread.id)))).toContain(plain(description));
    expect(thread.name.length).toBeLessThanOrEqual(100);
    expect(
      story.platform
        .requester("everyone")
        ?.lines()
        .flatMap(({ pings }) => pings),
    ).toEqual([]);
  });

  test("before a restart is submitted after it", async () => {
    const story = await discordStory();
    const { rob, help, passing } = story;
    await formFor(story);
    await story.restart();
    await rob.submits(printer);
    await atAgents(story);
    await passing(() => told(rob, help)?.words.includes("is open"));
  });

  test("while the connection is broken is there when it is back, once", async () => {
    const story = await discordStory();
    const { discord, rob, help, passing } = story;
    await formFor(story);
    discord.gateway.drop();
    expect(await rob.submits(printer)).toMatchObject({ kind: "answered" });
    await atAgents(story);
    expect(await ticketsOf(story)).toHaveLength(1);
    await passing(() => told(rob, help)?.words.includes("is open"));
  });
});

test("a Discord reply to what was mirrored is passed on like any other words", async () => {
  const { rob: person, opened, passing, quiet } = await conversation();
  const { rob, ada, thread } = opened;
  ada.writes("Which printer?");
  await passing(() => words(rob).length === 1);
  const asked = person.reads(thread).find((seen) => seen.words.includes("Which printer?"));
  person.writes(thread, "The left one.", { replyTo: asked ?? none() });
  await passing(() => words(ada).includes("The left one."));
  await quiet();
  expect(words(ada).filter((each) => each === "The left one.")).toHaveLength(1);
});

test("when the channel with the requester's thread is deleted, they talk in direct messages", async () => {
  const story = await conversation();
  const { discord, rob: person, help, opened, passing, quiet } = story;
  discord.deletesChannel(help);
  opened.ada.writes("Try water.");
  const heard = () => person.reads(person.dm).filter((seen) => seen.words === "Ada\nTry water.");
  await passing(() => heard().length > 0);
  await quiet();
  expect(heard()).toHaveLength(1);
  const card = person.reads(person.dm).find((seen) => seen.words.includes(printer.title));
  expect(card?.words).toContain("so we talk here");
  person.writes(person.dm, "Thanks.", { replyTo: heard()[0] ?? none() });
  await passing(() => words(opened.ada).includes("Thanks."));
});

describe("when a moderator deletes the card", () => {
  test("of the agents, their thread goes on", async () => {
    const story = await conversation();
    const { discord, ada: person, opened, passing, quiet } = story;
    const { rob, agentsThread } = opened;
    discord.deletes(cards(story)[0] ?? none());
    rob.writes("Hello?");
    const heard = () => person.reads(agentsThread).map((seen) => seen.words);
    await passing(() => heard().includes("Rob\nHello?"));
    person.writes(agentsThread, "Hello.");
    await passing(() => words(rob).includes("Hello."));
    await passing(() => rob.card().includes("In progress"));
    await quiet();
    expect(words(rob)).toEqual(["Hello?", "Hello."]);
    expect(heard().filter((each) => each.includes("Hello?"))).toHaveLength(1);
  });

  test("in direct messages, the ticket goes on, and what is said still belongs to it", async () => {
    const story = await discordStory();
    const { discord, rob, help, platform, passing, quiet } = story;
    discord.removesPermissions(help, ["createPrivateThreads"]);
    await platform.asks(printer, passing);
    const ada = await passing(() => platform.agent(printer.title));
    await quiet();
    const card = rob.reads(rob.dm).find((seen) => seen.words.includes(printer.title));
    discord.deletes(card ?? none());
    ada.writes("Try water.");
    const heard = await passing(() => rob.reads(rob.dm).find((seen) => /water/.test(seen.words)));
    await story.restart();
    rob.writes(rob.dm, "Thanks.", { replyTo: heard });
    await passing(() => words(ada).includes("Thanks."));
    await quiet();
    expect(words(ada)).toEqual(["Try water.", "Thanks."]);
  });
});

test("a thread that was archived with its ticket stays so when something in it is deleted later", async () => {
  const story = await conversation();
  const { opened, passing, quiet } = story;
  const { rob, ada } = opened;
  const said = ada.writes("Try water.");
  await passing(() => words(rob).includes("Try water."));
  await ada.sets("status", "closed");
  await passing(() => !rob.isOpen() && !ada.isOpen());
  await quiet();
  ada.deletes(said);
  await passing(() => !words(rob).includes("Try water."));
  await quiet();
  expect(rob.isOpen()).toBe(false);
});
