import { rename } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { record, records } from "../fakes/json.ts";
import {
  cards,
  type DiscordStory,
  discordStory,
  field,
  formFor,
  printer,
  told,
  words,
} from "./discord-team.ts";
import type { Seat } from "./seats.ts";

/** What everyone can read that the bot answered there. */
const answers = ({ ada, discord }: DiscordStory, thread: string) =>
  ada.reads(thread).filter(({ replyTo, id }) => {
    const author = discord.server.message(thread, id)?.author;
    return replyTo !== undefined && author === discord.server.application.id;
  });

const cardOf = (story: DiscordStory, title = printer.title) => {
  const found = cards(story).find((seen) => seen.words.includes(title));
  if (!found) throw new Error("there is no card");
  return found;
};

const shows = ({ passing }: DiscordStory, seat: Seat, ...all: string[]) =>
  passing(() => all.every((each) => seat.card().includes(each)));

describe("the card", () => {
  test("has a button for what can be done, and follows all that happens", async () => {
    const story = await discordStory();
    const { rob, ada, bea } = await story.opens();
    await shows(story, ada, "Printer on fire", "Open", "High", "Technical", "Rob", "No one yet");
    expect(ada.offers()).toEqual(["claim", "note", "resolve", "status", "priority"]);
    await ada.clicks("claim");
    await shows(story, ada, "Assignee\nAda");
    await shows(story, rob, "Assignee\nAda");
    await bea.clicks("release");
    await shows(story, ada, "No one yet");
    await ada.sets("priority", "urgent");
    await shows(story, ada, "Urgent");
    await ada.fills("resolve", "Water helped.");
    await shows(story, ada, "Resolved", "Water helped.");
    expect(ada.offers()).toEqual(["note", "reopen", "status"]);
    await bea.clicks("reopen");
    await shows(story, rob, "📬 Open");
    await story.passing(() => words(rob).some((each) => each.includes("Bea reopened this ticket")));
    await ada.sets("status", "closed");
    await shows(story, ada, "Closed");
    expect(ada.offers()).toEqual([]);
  });

  test("offers only the states that the ticket may go to", async () => {
    const story = await discordStory();
    await story.opens();
    const menus = cardOf(story).components.flatMap(({ components }) => records(components));
    const status = menus.find(({ custom_id }) => String(custom_id).startsWith("card:status"));
    const values = records(status?.options).map(({ value }) => value);
    expect(values).toEqual(["in_progress", "pending", "closed"]);
  });

  test("goes to the channel that is set for its category and priority", async () => {
    let billing = "";
    const story = await discordStory({
      yaml: ({ discord, guild }) => {
        billing = discord.addChannel(guild, { name: "billing" }).id;
        return `triage: [{ to: "discord:${billing}", category: billing, priority: [high, urgent] }]`;
      },
    });
    const { ada, rob, passing } = story;
    await story.opens({ title: "Elsewhere", priority: "urgent" });
    await formFor(story, { title: "Double charge" });
    await rob.submits({ description: "Twice.", category: "billing", priority: "high" });
    const { id, name } = await passing(() => ada.threads(billing)[0]);
    expect(name).toContain("Double charge");
    ada.writes(id, "Looking.");
    await passing(() => ada.reads(id).some(({ reactions }) => reactions.includes("✅")));
    expect(cards(story)).toHaveLength(1);
  });

  test("of a ticket that came over HTTP is there as well, and answers go back that way", async () => {
    const story = await discordStory();
    const { asks, passing, platform } = story;
    const given = { ...printer, title: "From afar" };
    const { data } = JSON.parse(await asks("client", "POST", "", given));
    const ada = await passing(() => platform.agent("From afar"));
    const { id } = ada.writes("Hello **you** & <@!400000000000000003>");
    const marks = () => ada.lines().find((line) => line.id === id)?.marks ?? [];
    await passing(() => marks().includes("delivered"));
    await ada.clicks("claim");
    await shows(story, ada, "Assignee\nAda");
    const read = JSON.parse(await asks("client", "GET", `/${data._id}`));
    expect(read.data.threads.at(-1)).toMatchObject({
      ...{ type: "agent", message: expect.stringMatching(/^Hello \W*you\W* & @Bea$/) },
    });
    expect(read.data).toMatchObject({ status: "in_progress", assignedTo: ada.personId });
    await asks("client", "POST", `/${data._id}/threads`, { message: "Thanks." });
    await passing(() => ada.lines().some((line) => line.words === "Thanks."));
  });
});

describe("where agents have a forum", () => {
  const all = ["Open", "In progress", "Pending", "Resolved", "closed", "Low", "High", "URGENT"];
  const tagsOf = ({ ada, triage }: DiscordStory) => ada.threads(triage)[0]?.tags.sort();

  test("each ticket is a post with the card, whose tags follow status and priority", async () => {
    const story = await discordStory({ forum: [...all, "VIP"] });
    const { discord, triage, passing } = story;
    const { rob, ada, agentsThread } = await story.opens();
    expect(tagsOf(story)).toEqual(["High", "Open"]);
    await shows(story, ada, "Printer on fire", "Rob");
    ada.writes("Try water.");
    await passing(() => words(rob).includes("Try water."));
    await passing(() => tagsOf(story)?.join() === "High,In progress");
    const vip = discord.server.channel(triage).tags.find(({ name }) => name === "VIP")?.id ?? "";
    discord.server.channel(agentsThread).thread?.tags.push(vip);
    await ada.sets("priority", "urgent");
    await passing(() => tagsOf(story)?.join() === "In progress,URGENT,VIP");
    // There is no tag for it.
    await ada.sets("priority", "medium");
    await passing(() => tagsOf(story)?.join() === "In progress,VIP");
    await ada.fills("resolve", "Water helped.");
    await passing(() => tagsOf(story)?.join() === "Resolved,VIP");
    await ada.sets("status", "closed");
    await passing(() => tagsOf(story)?.join() === "VIP,closed" && !ada.isOpen());
    await passing(() => !rob.isOpen());
  });

  test("without any tags, tickets are there all the same", async () => {
    const story = await discordStory({ forum: [] });
    const { rob, ada } = await story.opens();
    await ada.clicks("claim");
    await shows(story, rob, "Ada");
    expect(tagsOf(story)).toEqual([]);
    await ada.sets("status", "closed");
    await story.passing(() => !ada.isOpen());
  });

  test("that requires a tag and has none of ours, they are there once it has", async () => {
    const story = await discordStory({ forum: ["Other"] });
    const { discord, platform, ada, triage, passing, quiet } = story;
    const forum = discord.server.channel(triage);
    forum.flags |= 1 << 4;
    await platform.asks(printer, passing);
    await passing(() => platform.requester(printer.title));
    await passing(() => discord.calls.some(({ answer }) => record(answer).code === 40067));
    expect(ada.threads(triage)).toEqual([]);
    forum.tags.push({ id: discord.server.newId(), name: "Open", moderated: false });
    await passing(() => ada.threads(triage)[0]);
    await quiet();
    expect(tagsOf(story)).toEqual(["Open"]);
  });
});

describe("who is an agent", () => {
  test("without a list, is who may see the triage channel and write there", async () => {
    const story = await discordStory();
    const { discord, guild, triage, eve, passing } = story;
    const { ada } = await story.opens();
    const guests = discord.addRole(guild, { name: "Guests" }).id;
    discord.givesPermissions(triage, ["viewChannel"], guests);
    discord.removesPermissions(triage, ["sendMessages", "sendMessagesInThreads"], eve.id);
    discord.givesRole(guild, eve.id, guests);
    await eve.clicks(cardOf(story), "Claim");
    await passing(() => told(eve, triage)?.words.includes("Only agents can do that"));
    expect(ada.card()).toContain("No one yet");
    discord.givesPermissions(triage, ["sendMessages", "sendMessagesInThreads"], eve.id);
    await eve.clicks(cardOf(story), "Claim");
    await shows(story, ada, "Assignee\nEve");
  });

  test.each(["role", "user"] as const)(
    "with a list, is who is in it by %s; the words and presses of others do nothing, and they are told",
    async (by) => {
      const story = await discordStory({
        yaml: ({ discord, guild, people }) => {
          const role = discord.addRole(guild, { name: "Support" }).id;
          discord.givesRole(guild, people.ada.id, role);
          return `agents: [{ discord: "${by === "role" ? role : people.ada.id}" }]`;
        },
      });
      const { bea: person, triage, passing, quiet } = story;
      const { rob, ada, bea, agentsThread } = await story.opens();
      const said = bea.writes("I know this one!");
      const answer = await passing(() => answers(story, agentsThread)[0]);
      expect(answer).toMatchObject({ replyTo: said.id, pings: [] });
      expect(answer.words).toContain("Only agents can do that");
      await bea.clicks("claim");
      await passing(() => told(person, triage)?.words.includes("Only agents can do that"));
      expect(told(story.ada, triage)).toBeUndefined();
      await bea.sets("status", "closed");
      await bea.fills("note", "Hm.");
      await passing(() => told(person, triage)?.words.includes("Hm."));
      await quiet();
      ada.writes("Try water.");
      await passing(() => words(rob).includes("Try water."));
      await quiet();
      expect(words(rob)).toEqual(["Try water."]);
      expect(ada.card()).toContain("No one yet");
      expect(ada.card()).toContain("In progress");
      expect(ada.lines().find(({ id }) => id === said.id)?.marks).toEqual([]);
    },
  );

  test("is no longer who has lost the role since they opened a form, and what they wrote is kept", async () => {
    const story = await discordStory({
      yaml: ({ agents }) => `agents: [{ discord: "${agents}" }]`,
    });
    const { discord, guild, agents, triage, bea, passing, quiet } = story;
    const opened = await story.opens();
    await bea.clicks(cardOf(story), "Note…");
    await passing(() => bea.modal);
    discord.givesPermissions(triage, ["viewChannel"], bea.id);
    discord.takesRole(guild, bea.id, agents);
    await bea.submits({ text: "It was me." });
    const answer = await passing(() => told(bea, triage));
    expect(answer.words).toContain("Only agents");
    expect(answer.words).toContain("It was me.");
    discord.givesRole(guild, bea.id, agents);
    await bea.clicks(answer, "Open the form again");
    await passing(() => bea.modal);
    await bea.submits();
    await passing(() => words(opened.ada).some((each) => each.includes("It was me.")));
    await quiet();
    expect(words(opened.rob)).toEqual([]);
  });
});

describe("two agents at once", () => {
  test("cannot both claim: only the slower one is told who was faster", async () => {
    const story = await discordStory();
    const { ada, bea, triage, passing } = story;
    const opened = await story.opens();
    const card = cardOf(story);
    await Promise.all([ada.clicks(card, "Claim"), bea.clicks(card, "Claim")]);
    const losers = () =>
      [ada, bea].filter((each) => told(each, triage)?.words.includes("was faster"));
    await passing(() => losers().length === 1);
    const winner = losers()[0] === ada ? bea : ada;
    expect(told(winner, triage)).toBeUndefined();
    await shows(story, opened.ada, `Assignee\n${winner.user.globalName}`);
  });

  test.each(["at once", "after a restart"])(
    "cannot both resolve: what the slower one wrote is kept, and stands in their form %s",
    async (when) => {
      const story = await discordStory();
      const { bea, triage, passing } = story;
      const opened = await story.opens();
      await bea.clicks(cardOf(story), "Resolve…");
      await passing(() => bea.modal);
      await opened.ada.fills("resolve", "Water.");
      await shows(story, opened.ada, "Resolved");
      await bea.submits({ text: "Sand, *lots* of it." });
      const answer = await passing(() => told(bea, triage));
      expect(answer.words).toContain("someone may have been quicker");
      if (when === "after a restart") await story.restart();
      await bea.clicks(answer, "Open the form again");
      await passing(() => bea.modal);
      expect(field(bea, "text").text).toBe("Sand, *lots* of it.");
      await opened.ada.clicks("reopen");
      await shows(story, opened.ada, "📬 Open");
      await bea.submits();
      await shows(story, opened.ada, "Resolved", "Sand, \\*lots\\* of it.");
      await passing(() => told(bea, triage)?.words.includes("Thank you"));
      expect(bea.reads(triage).filter(({ ephemeral }) => ephemeral)).toHaveLength(1);
    },
  );
});

describe("a note", () => {
  test("stays with the agents, however it is written", async () => {
    const story = await discordStory();
    const { rob: person, asks, help, passing, quiet } = story;
    const { rob, ada, bea } = await story.opens();
    ada.writes("// He forgot the SECRET-1 again");
    await bea.fills("note", "Do not say SECRET-2");
    await passing(() => words(ada).some((each) => each.includes("SECRET-2")));
    ada.writes("Try water.");
    await passing(() => words(rob).includes("Try water."));
    await quiet();
    expect(words(rob)).toEqual(["Try water."]);
    await person.types("/tickets list", {}, { channel: help });
    expect(story.platform.inPublic()).not.toContain("SECRET");
    for (const role of ["agent", "client"] as const)
      expect(await asks(role, "GET", "?limit=1")).not.toContain("SECRET");
  });

  test("of only blanks, or that the store could not keep, is kept in the answer and taken once", async () => {
    const story = await discordStory();
    const { ada: person, triage, folder, passing, quiet } = story;
    const { ada } = await story.opens();
    await ada.fills("note", "   ");
    await passing(() => told(person, triage)?.words.includes("required"));
    await rename(join(folder, "tickets"), join(folder, "elsewhere"));
    await ada.fills("note", "It is insured.");
    await passing(() => told(person, triage)?.words.includes("Nothing you typed is lost"));
    await rename(join(folder, "elsewhere"), join(folder, "tickets"));
    const answer = told(person, triage);
    if (!answer) throw new Error("they were not told");
    await person.clicks(answer, "Open the form again");
    await passing(() => person.modal);
    const shown = person.holdsModal();
    await Promise.all([person.submits(), person.submitsAgain(shown)]);
    await passing(() => words(ada).some((each) => each.includes("It is insured.")));
    await quiet();
    expect(
      words(ada)
        .join()
        .match(/It is insured/g),
    ).toHaveLength(1);
  });
});

describe("an agent's message", () => {
  test("comes under their name and picture", async () => {
    const story = await discordStory();
    const { ada: person, rob: reader, passing } = story;
    person.user.avatar = "0123456789abcdef0123456789abcdef";
    const { ada, thread } = await story.opens();
    ada.writes("Try water.");
    const seen = await passing(() => reader.reads(thread).find((each) => /water/.test(each.words)));
    const author = record(record(seen.embeds[0]).author);
    expect(author.name).toBe("Ada");
    expect(author.icon_url).toContain(`/avatars/${person.id}/${person.user.avatar}.png`);
    expect(seen.pings).toEqual([]);
  });

  test("that Discord refuses says so and why, and can be tried again", async () => {
    const story = await discordStory();
    const { discord, guild, ada: person, eve, triage, passing, quiet } = story;
    const { rob, ada, bea, thread, agentsThread } = await story.opens();
    const error = { status: 400, code: 200_000, message: "Message was blocked by AutoMod" };
    discord.misbehave({ error }, { route: "POST /channels/:id/messages", channel: thread });
    const said = ada.writes("Try water.");
    const marks = () => ada.lines().find(({ id }) => id === said.id)?.marks ?? [];
    await passing(() => marks().includes("failed"));
    await passing(() => words(ada).some((each) => each.includes("AutoMod")));
    expect(words(rob)).toEqual([]);
    const notice = person
      .reads(agentsThread)
      .find(({ buttons }) => buttons[0]?.startsWith("retry"));
    const guests = discord.addRole(guild, { name: "Guests" }).id;
    discord.givesPermissions(triage, ["viewChannel"], guests);
    discord.removesPermissions(triage, ["sendMessages"], eve.id);
    discord.givesRole(guild, eve.id, guests);
    await eve.clicks(notice ?? cardOf(story), "retry");
    await passing(() => told(eve, agentsThread)?.words.includes("Only agents"));
    await quiet();
    expect(words(rob)).toEqual([]);
    await bea.retries();
    await passing(() => words(rob).includes("Try water."));
    await passing(() => marks().join() === "delivered");
    await quiet();
    expect(words(rob)).toEqual(["Try water."]);
    expect(words(ada).some((each) => each.includes("was delivered after all"))).toBe(true);
  });

  test("that has to wait says so, and then that it has arrived", async () => {
    const story = await discordStory();
    const { discord, passing } = story;
    const { rob, ada, thread } = await story.opens();
    const route = "POST /channels/:id/messages";
    discord.misbehave({ status: 503 }, { route, channel: thread, times: 3 });
    ada.writes("Try water.");
    await passing(() => ada.lines().at(-1)?.marks.includes("sending"));
    await passing(() => ada.lines().at(-1)?.marks.join() === "delivered");
    expect(words(rob)).toEqual(["Try water."]);
  });
});
