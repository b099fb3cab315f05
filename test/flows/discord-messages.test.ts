import { describe, expect, test } from "vitest";
import { post } from "../fakes/discord/messages.ts";
import { channelType, messageType } from "../fakes/discord/records.ts";
import { startThread } from "../fakes/discord/threads.ts";
import { conversation, type DiscordStory, photo, words } from "./discord-team.ts";
import { messagesOf, ticketOverHttp } from "./over-http.ts";

const changesIn = ({ discord }: DiscordStory, since: number) =>
  discord.calls.slice(since).filter(({ method }) => method !== "GET");

describe("what is no one's edit", () => {
  test("such as a preview of a link, changes nothing at the other side", async () => {
    const story = await conversation();
    const { discord, rob: reader, opened, passing, quiet } = story;
    const { rob, ada, thread } = opened;
    const said = rob.writes("See https://example.com/");
    await passing(() => words(ada).some((each) => each.includes("example.com")));
    await quiet();
    const before = discord.calls.length;
    const seen = reader.reads(thread).find(({ id }) => id === said.id);
    for (const url of ["https://example.com/", "https://example.com/2"])
      if (seen) discord.unfurls(seen, url);
    await discord.settled();
    await quiet();
    expect(changesIn(story, before)).toEqual([]);
    rob.edits(said, "See https://example.org/");
    await passing(() => words(ada).some((each) => each.includes("example.org")));
    if (seen) discord.unfurls(seen);
    await quiet();
    expect(messagesOf(await ticketOverHttp(story)).at(-1)).toContain("example.org");
  });

  test("is told of once, where it was refused", async () => {
    const story = await conversation();
    const { discord, rob: reader, opened, passing, quiet } = story;
    const { rob, ada, thread } = opened;
    await ada.sets("status", "closed");
    await passing(() => !rob.isOpen());
    const { id } = rob.writes("See https://example.com/");
    const answers = () => reader.reads(thread).filter(({ replyTo }) => replyTo === id);
    await passing(() => answers().length === 1);
    await discord.settled();
    await quiet();
    // Discord shows the same twice only once, for a few minutes.
    discord.clock.advance(60 * 60_000);
    for (const seen of reader.reads(thread)) if (seen.id === id) discord.unfurls(seen);
    await discord.settled();
    await quiet();
    expect(answers().map(({ content }) => content)).toHaveLength(1);
  });
});

describe("many messages that are deleted at once", () => {
  test("go at the other side, and the others stay", async () => {
    const story = await conversation();
    const { discord, guild, opened, passing, quiet } = story;
    const { rob, ada, thread } = opened;
    const said = ["Buy", "cheap", "pills", "Sorry for that."].map((each) => rob.writes(each));
    await passing(() => words(ada).length === 4);
    await quiet();
    const channel = discord.server.channel(thread);
    const ids = said.slice(0, 3).map(({ id }) => id);
    for (const id of ids)
      channel.messages.splice(
        channel.messages.findIndex((each) => each.id === id),
        1,
      );
    const data = { ids, channel_id: thread, guild_id: guild.id };
    discord.server.tell("MESSAGE_DELETE_BULK", data, { guild: guild.id, channel });
    await passing(() => words(ada).length === 1);
    await quiet();
    expect(words(ada)).toEqual(["Sorry for that."]);
    expect(messagesOf(await ticketOverHttp(story)).slice(1)).toEqual([
      ...Array(3).fill("(message deleted)"),
      "Sorry for that.",
    ]);
  });
});

describe("what is more than words", () => {
  test("stickers and polls come as words", async () => {
    const { rob: person, opened, passing, quiet } = await conversation();
    const { ada, thread } = opened;
    person.writes(thread, "", { stickers: ["Wave hello"] });
    await passing(() => words(ada)[0]?.replaceAll("\\", "") === ":Wave_hello:");
    person.writes(thread, "", { poll: { question: "Which one?", answers: ["Left", "Right"] } });
    await passing(() => words(ada).length === 2);
    await quiet();
    for (const each of ["Which one?", "Left", "Right"]) expect(words(ada)[1]).toContain(each);
  });

  test("a forwarded message comes with its words and its files", async () => {
    const { rob: person, help, opened, passing } = await conversation();
    const { ada, thread } = opened;
    const before = person.writes(help, "Does **anyone** know this?", { files: [photo] });
    person.writes(thread, "", { forwards: before });
    await passing(() => words(ada).some((each) => each.includes("Does **anyone** know this?")));
    await passing(() => ada.lines().some(({ files }) => files.includes("photo.png")));
    expect(words(ada)[0]).toContain("Forwarded");
  });

  test("a message without anything that can be read is not passed on, and who wrote it is told", async () => {
    const { rob: person, opened, passing, quiet } = await conversation();
    const { rob, ada, thread } = opened;
    const { id } = person.writes(thread, "");
    await passing(() => person.reads(thread).some(({ replyTo }) => replyTo === id));
    expect(rob.told().some((each) => each.includes("could not be read"))).toBe(true);
    await quiet();
    expect(words(ada)).toEqual([]);
  });

  test("as many words as Discord takes come whole", async () => {
    const { opened, passing, quiet } = await conversation();
    const { rob, ada } = opened;
    const long = "All *work* and no play. ".repeat(160).trim();
    rob.writes(long);
    await passing(() => words(ada).join(" ") === long);
    await quiet();
  });

  test("files come after their words, in order, and go with them", async () => {
    const { opened, passing, quiet } = await conversation();
    const { rob, ada } = opened;
    const names = ["a.txt", "b.txt", "c.txt"];
    const said = rob.writes(
      "These:",
      names.map((name) => ({ name, content: name })),
    );
    rob.writes("That is all.");
    await passing(() => words(ada).includes("That is all."));
    await quiet();
    const seen = () =>
      ada
        .lines()
        .slice(1)
        .map((line) => line.files[0] ?? line.words);
    expect(seen()).toEqual(["These:", ...names, "That is all."]);
    rob.deletes(said);
    await passing(() => seen().length === 1);
    await quiet();
  });

  test("a file that Discord does not give at first arrives once", async () => {
    const { discord, opened, passing, quiet } = await conversation();
    const { rob, ada } = opened;
    for (const fault of ["reset", "cut-off", { status: 503 }] as const)
      discord.misbehave(fault, { route: "GET cdn" });
    rob.writes("", [photo]);
    await passing(() => ada.lines().some(({ files }) => files.includes("photo.png")));
    await quiet();
    expect(ada.lines().flatMap(({ files }) => files)).toEqual(["photo.png"]);
    expect(words(ada).filter((each) => each !== "")).toEqual([]);
  });

  test("a file that is larger than a bot may send is told to the agents, by name", async () => {
    const { opened, passing, quiet } = await conversation();
    const { rob, ada } = opened;
    rob.writes("The film:", [{ name: "film.mp4", content: Buffer.alloc(10 * 1_048_576 + 1) }]);
    await passing(() => words(ada).some((each) => each.includes("film.mp4")));
    await quiet();
    expect(words(ada).find((each) => each.includes("film.mp4"))).toContain(
      "larger than Discord takes",
    );
    expect(words(ada)).toContain("The film:");
  });
});

describe("no one is called", () => {
  test("by what names everyone, roles or people, not even who may do that", async () => {
    const { rob: requester, owner, agents, opened, passing, quiet } = await conversation();
    const { rob, ada, agentsThread } = opened;
    rob.writes(`@everyone @here <@&${agents}> <@${requester.id}> <@400000000000000003>`);
    owner.writes(agentsThread, `@everyone @here <@&${agents}> <@${requester.id}>`);
    await passing(() => words(ada).length === 2 && words(rob).length === 2);
    await quiet();
    const mirrored = [
      ...rob.lines().filter(({ from }) => from !== "Rob"),
      ...ada.lines().filter(({ from }) => from === "Rob"),
    ];
    expect(mirrored.length).toBeGreaterThan(2);
    expect(mirrored.flatMap(({ pings }) => pings)).toEqual([]);
    const last =
      ada
        .lines()
        .filter(({ from }) => from === "Rob")
        .at(-1)?.words ?? "";
    expect(last).toContain("Rob");
    expect(last).toContain("Bea");
    expect(mirrored.map((line) => line.words).join()).not.toMatch(/<@&?\d/);
  });
});

describe("left alone", () => {
  test("is what stands beside the tickets' threads, and in others' threads", async () => {
    const story = await conversation();
    const { discord, ada, rob, help, triage, quiet } = story;
    const parent = discord.server.channel(triage);
    const other = startThread(discord.server, parent, {
      ...{ name: "Lunch", type: channelType.publicThread, owner: ada.id },
    });
    await discord.settled();
    const before = discord.calls.length;
    for (const [person, where] of [
      [ada, triage],
      [rob, help],
      [ada, other.id],
    ] as const) {
      const said = person.writes(where, "Pizza?");
      person.edits(said, "Pasta?");
      person.deletes(said);
    }
    await discord.settled();
    await quiet();
    expect(changesIn(story, before)).toEqual([]);
    expect(messagesOf(await ticketOverHttp(story))).toEqual(["It burns."]);
  });

  test("is what Discord, another bot and the bot itself say in a ticket's thread", async () => {
    const story = await conversation();
    const { discord, agents, ada: person, opened, passing, quiet } = story;
    const { rob, ada, agentsThread } = opened;
    const other = discord.person("400000000000000009", {
      name: "monitor",
      bot: true,
      roles: [agents],
    });
    other.writes(agentsThread, "Disk > 90%");
    const { server } = discord;
    const channel = server.channel(agentsThread);
    const type = messageType.channelNameChanged;
    post(server, channel, { author: person.id, type, content: "Renamed" });
    discord.renames(agentsThread, "Another name");
    ada.writes("Try water.");
    await passing(() => words(rob).includes("Try water."));
    // A moderator removes what the bot has mirrored: it goes there, and nowhere else.
    const mirrored = story.rob.reads(opened.thread).at(-1);
    if (mirrored) discord.deletes(mirrored);
    await discord.settled();
    await quiet();
    expect(words(rob)).toEqual([]);
    expect(messagesOf(await ticketOverHttp(story))).toEqual(["It burns.", "Try water."]);
    rob.writes("And then?");
    await passing(() => words(ada).includes("And then?"));
  });
});

test("people are called as they are in the server", async () => {
  const { guild, rob: person, opened, passing } = await conversation();
  const member = guild.members.get(person.id);
  if (member) member.nick = "Rob from accounting";
  opened.rob.writes("Hello?");
  await passing(() => opened.ada.lines().some(({ from }) => from === "Rob from accounting"));
});

test("an edit of a note to a reply's words, and back, never shows a note to the requester", async () => {
  const story = await conversation();
  const { opened, passing, quiet } = story;
  const { rob, ada } = opened;
  const said = ada.writes("Try water.");
  await passing(() => words(rob).includes("Try water."));
  ada.edits(said, "// SECRET");
  await passing(() => words(rob).length === 0);
  await quiet();
  expect(story.platform.inPublic()).not.toContain("SECRET");
  expect(JSON.stringify(await ticketOverHttp(story))).not.toContain("SECRET");
});
