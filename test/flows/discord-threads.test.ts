import { describe, expect, test } from "vitest";
import { type DiscordStory, discordStory, words } from "./discord-team.ts";

/** What the bot answered below what someone wrote. */
const answerTo = ({ rob, discord }: DiscordStory, thread: string, message: string) =>
  rob.reads(thread).find(({ replyTo, id }) => {
    const author = discord.server.message(thread, id)?.author;
    return replyTo === message && author === discord.server.application.id;
  });

const stateOf = ({ discord }: DiscordStory, thread: string) =>
  discord.server.channels.get(thread)?.thread;

const membersOf = (story: DiscordStory, thread: string) =>
  [...(stateOf(story, thread)?.members.keys() ?? [])].sort();

describe("the requester's private thread", () => {
  test("has no one in it but them and the bot, who begins it with the card", async () => {
    const story = await discordStory();
    const { discord, rob, ada, bea, eve, help } = story;
    const { thread, reference } = await story.opens();
    expect(membersOf(story, thread)).toEqual([rob.id, discord.server.application.id].sort());
    for (const other of [ada, bea, eve]) expect(other.threads(help)).toEqual([]);
    const [card] = rob.reads(thread);
    for (const each of [reference, "Printer on fire", "Open", "High", "Technical", "No one yet"])
      expect(card?.words).toContain(each);
    expect(card).toMatchObject({ buttons: [], selects: [] });
    expect(discord.server.channel(thread).thread).toMatchObject({ invitable: false });
  });

  test("takes no one else's words: who was brought in, or may see all threads, is told", async () => {
    const story = await discordStory();
    const { discord, guild, ada, eve, owner, passing, quiet } = story;
    const opened = await story.opens();
    const { thread } = opened;
    discord.addsToThread(thread, eve.id);
    discord.givesRole(
      guild,
      ada.id,
      discord.addRole(guild, { name: "Mods", permissions: ["manageThreads"] }).id,
    );
    for (const other of [eve, ada, owner]) {
      const { id } = other.writes(thread, "I am here, too.");
      const answer = await passing(() => answerTo(story, thread, id));
      expect(answer.words).not.toBe("");
      expect(answer.pings).toEqual([]);
      expect(other.reads(thread).find((seen) => seen.id === id)?.reactions).toEqual([]);
    }
    await quiet();
    expect(words(opened.ada)).toEqual([]);
    opened.rob.writes("Who are they?");
    await passing(() => words(opened.ada).includes("Who are they?"));
  });

  test("that Discord archived is opened again by whoever writes next, and nothing is lost", async () => {
    const story = await discordStory();
    const { discord, passing, quiet } = story;
    const { rob, ada, thread, agentsThread } = await story.opens();
    discord.archives(thread);
    discord.archives(agentsThread);
    ada.writes("Try water.");
    await passing(() => words(rob).includes("Try water."));
    expect(rob.isOpen()).toBe(true);
    discord.archives(thread);
    discord.archives(agentsThread);
    rob.writes("It is wet now.");
    await passing(() => words(ada).includes("It is wet now."));
    expect(ada.isOpen()).toBe(true);
    discord.archives(thread);
    discord.archives(agentsThread);
    await ada.clicks("claim");
    await passing(() => rob.card().includes("Ada") && ada.card().includes("Ada"));
    await quiet();
    expect(words(rob)).toContain("Try water.");
  });

  test("takes edits, deletions and marks while it is archived, too", async () => {
    const story = await discordStory();
    const { discord, passing, quiet } = story;
    const { rob, ada, thread, agentsThread } = await story.opens();
    const fromAda = ada.writes("Try watre.");
    const second = ada.writes("Or sand.");
    await passing(() => words(rob).length === 2);
    await quiet();
    discord.archives(thread);
    ada.edits(fromAda, "Try water.");
    await passing(() => words(rob)[0] === "Try water.");
    discord.archives(thread);
    discord.archives(agentsThread);
    ada.deletes(second);
    await passing(() => words(rob).length === 1);
    await quiet();
  });

  test("when a moderator has locked it, is opened by a bot that manages threads", async () => {
    const story = await discordStory();
    const { discord, passing, quiet } = story;
    const { rob, ada, thread } = await story.opens();
    discord.locks(thread);
    ada.writes("Try water.");
    await passing(() => words(rob).includes("Try water."));
    await passing(() => ada.lines().at(-1)?.marks.includes("delivered"));
    await quiet();
    expect(words(ada)).toEqual(["Try water."]);
  });

  test("when it is locked for the bot as well, agents are told, and can try again once it is not", async () => {
    const story = await discordStory();
    const { discord, help, passing, quiet } = story;
    const { rob, ada, bea, thread } = await story.opens();
    discord.removesPermissions(help, ["manageThreads"]);
    discord.locks(thread);
    const said = ada.writes("Try water.");
    const marks = () => ada.lines().find(({ id }) => id === said.id)?.marks ?? [];
    await passing(() => marks().includes("failed"));
    await passing(() => words(ada).some((each) => each.includes("locked in Discord")));
    const notice = words(ada).find((each) => each.includes("locked")) ?? "";
    expect(notice).toContain("“Try water.” could not be posted in the requester's thread");
    await bea.retries();
    await passing(() => marks().includes("failed"));
    discord.unlocks(thread);
    await bea.retries();
    await passing(() => words(rob).includes("Try water."));
    await passing(() => marks().length === 1 && marks().includes("delivered"));
    await quiet();
    expect(words(rob)).toEqual(["Try water."]);
  });

  test("that is deleted is opened anew, with what is still to be said, and nothing of it twice", async () => {
    const story = await discordStory();
    const { discord, rob: person, help, passing, quiet } = story;
    const { rob, ada, thread } = await story.opens();
    ada.writes("Try water.");
    await passing(() => words(rob).includes("Try water."));
    await quiet();
    discord.deletesChannel(thread);
    ada.writes("Or sand.");
    const other = await passing(() => person.threads(help)[0]);
    const all = () => person.reads(other.id).map((seen) => seen.words);
    await passing(() => all().some((each) => each.includes("Or sand.")));
    await quiet();
    expect(all().filter((each) => each.includes("Or sand."))).toHaveLength(1);
    expect(all()[0]).toContain("Printer on fire");
    person.writes(other.id, "It is wet now.");
    await passing(() => words(ada).includes("It is wet now."));
    expect(person.threads(help)).toHaveLength(1);
  });

  test("of the agents that is deleted is opened anew below another card", async () => {
    const story = await discordStory();
    const { discord, triage, passing, quiet } = story;
    const { rob, agentsThread, reference } = await story.opens();
    discord.deletesChannel(agentsThread);
    rob.writes("Hello?");
    const all = () =>
      story.ada
        .threads(triage)
        .filter(({ name }) => name.startsWith(reference))
        .flatMap(({ id }) => story.ada.reads(id).map((seen) => seen.words));
    await passing(() => all().some((each) => each.includes("Hello?")));
    await quiet();
    expect(all().filter((each) => each.includes("Hello?"))).toHaveLength(1);
  });

  test("is archived at both sides when the ticket is closed, and not locked", async () => {
    const story = await discordStory();
    const { passing, quiet } = story;
    const { rob, ada, thread, agentsThread } = await story.opens();
    await ada.sets("status", "closed");
    await passing(() => !rob.isOpen() && !ada.isOpen());
    await quiet();
    expect(stateOf(story, thread)).toMatchObject({ archived: true, locked: false });
    expect(stateOf(story, agentsThread)).toMatchObject({ archived: true, locked: false });
    expect(rob.card()).toContain("Closed");
  });

  test("of a closed ticket says so to who writes there, and opens another with their words and files", async () => {
    const story = await discordStory();
    const { rob: person, help, passing, quiet } = story;
    const { rob, ada, thread } = await story.opens();
    await ada.sets("status", "closed");
    await passing(() => !rob.isOpen());
    await quiet();
    const long = "It burns again. ".repeat(100).trim();
    const files = [{ name: "smoke.png", content: Buffer.from("pixels") }];
    const written = person.writes(thread, long, { files });
    const offer = await passing(() => answerTo(story, thread, written.id));
    expect(offer.words).toContain("closed");
    await person.clicks(offer, "Open a new ticket");
    await passing(() => person.modal);
    await person.submits({ title: "Again", priority: "low", category: "general" });
    const other = await passing(() => person.threads(help).find(({ name }) => /Again/.test(name)));
    await quiet();
    const seen = person.reads(other.id);
    expect(seen.flatMap((each) => each.files)).toEqual(["smoke.png"]);
    expect(seen.some((each) => each.words.includes(long))).toBe(true);
    expect(words(ada)).not.toContain(long);
  });

  test("says when someone has left the server, and goes on once they came back", async () => {
    const story = await discordStory();
    const { discord, guild, rob: person, passing } = story;
    const { rob, ada } = await story.opens();
    discord.removes(guild, person.id);
    ada.writes("Are you there?");
    await passing(() => ada.lines().some(({ marks }) => marks.includes("failed")));
    await passing(() => words(ada).some((each) => each.includes("no longer in")));
    discord.person(person.id);
    await ada.retries();
    await passing(() => words(rob).includes("Are you there?"));
    rob.writes("Again, yes.");
    await passing(() => words(ada).includes("Again, yes."));
  });
});
