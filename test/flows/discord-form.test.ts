import { rename } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ticketForm } from "../../src/tickets/form.ts";
import type { Filling } from "../fakes/discord/filling.ts";
import type { Seen } from "../fakes/discord/seen.ts";
import {
  atAgents,
  cards,
  type DiscordStory,
  discordStory,
  field,
  formFor,
  photo,
  printer,
  slowly,
  threadOf,
  ticketsOf,
  told,
} from "./discord-team.ts";
import { slowDisk, unsureDisk } from "./slow-disk.ts";

describe("/ticket", () => {
  test("opens one form with everything, and what was typed behind it as the title", async () => {
    const story = await discordStory();
    const { rob } = story;
    await formFor(story, { title: "Printer" });
    const shown = ticketForm.filter(({ kind }) => kind !== "tags");
    expect(rob.modal?.fields.map(({ label }) => label)).toEqual(shown.map(({ label }) => label));
    expect(field(rob, "title").text).toBe("Printer");
    expect(field(rob, "priority").chosen).toEqual(["medium"]);
    expect(field(rob, "category").chosen).toEqual([]);
  });

  test("brings what was filled in, with its files, to the agents and into a thread of one's own", async () => {
    const story = await discordStory();
    const { rob, help, passing } = story;
    await formFor(story);
    const log = { name: "log.txt", content: "PC LOAD LETTER" };
    await rob.submits({ ...printer, attachments: [photo, log] });
    const seen = await atAgents(story);
    expect(seen.flatMap(({ files }) => files)).toEqual(["photo.png", "log.txt"]);
    expect(seen.find(({ files }) => files[0] === "log.txt")?.bytes["log.txt"]?.toString()).toBe(
      "PC LOAD LETTER",
    );
    const [card] = cards(story);
    for (const each of ["Printer on fire", "Open", "High", "Technical", "Rob", "It burns."])
      expect(card?.words).toContain(each);
    const reference = /T-\w{6}/.exec(card?.words ?? "")?.[0] ?? "";
    const thread = threadOf(rob, help, reference);
    await passing(() => told(rob, help)?.content === `${reference} is open: <#${thread}>`);
    expect(rob.reads(thread).flatMap(({ files }) => files)).toEqual(["photo.png", "log.txt"]);
    // Of all of it, no one else sees anything where it was asked for.
    expect(story.eve.reads(help)).toEqual([]);
  });

  test("in a thread of a channel, opens one's own thread below that channel", async () => {
    const story = await discordStory();
    const { rob, help, passing, quiet } = story;
    const { thread } = await story.opens();
    await formFor(story, { channel: thread });
    await rob.submits({ ...printer, title: "Scanner" });
    const own = await passing(() => rob.threads(help).find(({ name }) => name.includes("Scanner")));
    await quiet();
    await passing(() => told(rob, thread)?.words.includes(`<#${own.id}>`));
  });
});

describe("what the form itself cannot check", () => {
  const wrong = { ...printer, title: "   ", description: " ", attachments: [photo] };
  const problems = ["Title is required", "Description is required"];

  async function refused(story: DiscordStory): Promise<Seen> {
    const { rob, help, passing } = story;
    await formFor(story);
    await rob.submits(wrong);
    const answer = await passing(() => told(rob, help));
    expect(cards(story)).toEqual([]);
    return answer;
  }

  test.each(["at once", "after a restart"])(
    "is told to them alone, and the form opens again with everything in it, %s",
    async (when) => {
      const story = await discordStory();
      const { rob, help, passing } = story;
      const answer = await refused(story);
      for (const each of problems) expect(answer.words).toContain(each);
      if (when === "after a restart") await story.restart();
      await rob.clicks(answer, "Open the form again");
      await passing(() => rob.modal);
      expect(field(rob, "priority").chosen).toEqual(["high"]);
      expect(field(rob, "category").chosen).toEqual(["technical"]);
      expect(field(rob, "attachments").description).toContain("photo.png");
      await rob.submits({ title: "Printer", description: "It burns." });
      const seen = await atAgents(story);
      expect(seen.flatMap(({ files }) => files)).toEqual(["photo.png"]);
      // What was wrong is told no more.
      await passing(() => told(rob, help)?.words.includes("is open"));
      expect(rob.reads(help).filter(({ ephemeral }) => ephemeral)).toHaveLength(1);
    },
  );

  test("does not lose one of two fields when only the other is wrong", async () => {
    const story = await discordStory();
    const { rob, help, passing } = story;
    await formFor(story);
    const description = `*Bold* _and_ <@1> \`\`\`code\`\`\`\n\n> quoted ${"x".repeat(3_900)}`.slice(
      0,
      4_000,
    );
    await rob.submits({ ...printer, title: " ", description });
    const answer = await passing(() => told(rob, help));
    await rob.clicks(answer, "Open the form again");
    await passing(() => rob.modal);
    expect(field(rob, "description").text).toBe(description);
    await rob.submits({ title: "\t" });
    await passing(() => told(rob, help)?.words.includes("Title is required"));
    await rob.clicks(told(rob, help) as Seen, "Open the form again");
    await passing(() => field(rob, "description").text === description);
  });
});

const submitsSlowly = (story: DiscordStory, fields: Record<string, Filling> = {}) =>
  slowly(story, story.rob.submits(fields));

describe("a form that is submitted twice is one ticket", () => {
  test("by a double press", async () => {
    const story = await discordStory();
    const { rob, help, passing } = story;
    await formFor(story);
    rob.fills({ ...printer, attachments: [photo] });
    const shown = rob.holdsModal();
    await Promise.all([rob.submitsAgain(shown), rob.submitsAgain(shown)]);
    const seen = await atAgents(story);
    expect(seen.flatMap(({ files }) => files)).toEqual(["photo.png"]);
    expect(rob.threads(help)).toHaveLength(1);
    expect(await ticketsOf(story)).toHaveLength(1);
    const answers = () => rob.reads(help).filter(({ ephemeral }) => ephemeral);
    await passing(
      () => answers().length === 2 && answers().every(({ words }) => /is open/.test(words)),
    );
  });

  test("when Discord tells of it twice", async () => {
    const story = await discordStory();
    const { discord, rob, help } = story;
    discord.gateway.repeatsDispatches(2, "INTERACTION_CREATE");
    await formFor(story);
    await rob.submits(printer);
    await atAgents(story);
    expect(await ticketsOf(story)).toHaveLength(1);
    expect(rob.reads(help).filter(({ ephemeral }) => ephemeral)).toHaveLength(1);
    expect(rob.notices).toEqual([]);
  });

  test("when the answer of the first was lost, and Deskhand began anew", async () => {
    const story = await discordStory();
    const { discord, rob, help, passing } = story;
    await formFor(story);
    const shown = rob.holdsModal();
    discord.misbehave("reset", { route: "POST /interactions/:id/:token/callback", times: 2 });
    expect(await submitsSlowly(story, printer)).toMatchObject({ kind: "failed" });
    await story.quiet();
    await story.restart();
    await rob.submitsAgain(shown);
    await atAgents(story);
    expect(rob.threads(help)).toHaveLength(1);
    await passing(() => told(rob, help)?.words.includes("is open"));
  });

  test("while the store is slow: they see that it goes on, and then that it is open", async () => {
    const story = await discordStory();
    const { rob, help, passing } = story;
    await formFor(story);
    const shown = rob.holdsModal();
    const release = slowDisk();
    expect(await submitsSlowly(story, printer)).toEqual({ kind: "answered", with: "thinking" });
    expect(told(rob, help)).toMatchObject({ thinking: true });
    expect(await slowly(story, rob.submitsAgain(shown))).toMatchObject({ with: "thinking" });
    release();
    await atAgents(story);
    expect(await ticketsOf(story)).toHaveLength(1);
    await passing(() =>
      rob.reads(help).every(({ ephemeral, words }) => !ephemeral || words.includes("is open")),
    );
    expect(rob.notices).toEqual([]);
  });

  test("while the store fails: nothing typed is lost, and later it is open", async () => {
    const story = await discordStory();
    const { rob, help, folder, passing } = story;
    await formFor(story);
    await rename(join(folder, "tickets"), join(folder, "elsewhere"));
    await rob.submits({ ...printer, attachments: [photo] });
    const answer = await passing(() => told(rob, help));
    expect(answer.words).toContain("Nothing you typed is lost");
    await rob.clicks(answer, "Open the form again");
    await passing(() => rob.modal);
    await rob.submits();
    await passing(() => told(rob, help)?.words.includes("Nothing you typed is lost"));
    await rename(join(folder, "elsewhere"), join(folder, "tickets"));
    await rob.clicks(told(rob, help) as Seen, "Open the form again");
    await passing(() => rob.modal);
    expect(field(rob, "description").text).toBe(printer.description);
    await rob.submits();
    const seen = await atAgents(story);
    expect(seen.flatMap(({ files }) => files)).toEqual(["photo.png"]);
    expect(await ticketsOf(story)).toHaveLength(1);
  });

  test("when it was not sure that it is on disk", async () => {
    const story = await discordStory();
    const { rob, help, passing } = story;
    await formFor(story);
    unsureDisk();
    await rob.submits(printer);
    const answer = await passing(() => told(rob, help));
    expect(answer.words).toContain("Nothing you typed is lost");
    await rob.clicks(answer, "Open the form again");
    await passing(() => rob.modal);
    await rob.submits();
    await atAgents(story);
    expect(rob.threads(help)).toHaveLength(1);
    expect(await ticketsOf(story)).toHaveLength(1);
  });

  test("and with other words the second time, says that those are not in it", async () => {
    const story = await discordStory();
    const { rob, help, passing } = story;
    await formFor(story);
    const shown = rob.holdsModal();
    await rob.submits(printer);
    const first = await passing(() => cards(story)[0]);
    for (const each of shown.modal.fields)
      if (each.customId === "description") each.text = "And the curtains.";
    await rob.submitsAgain(shown);
    const reference = /T-\w{6}/.exec(first.words)?.[0] ?? "";
    await passing(() => told(rob, help)?.words.includes(`open already, as ${reference}`));
    await atAgents(story);
  });
});
