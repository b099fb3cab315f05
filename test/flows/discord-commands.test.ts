import { rename } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { categories } from "../../src/tickets/ticket.ts";
import type { Person } from "../fakes/discord/person.ts";
import { atAgents, cards, discordStory, field, photo, told } from "./discord-team.ts";

describe("/tickets", () => {
  test("list and show are for one's own tickets, and no one can tell whether another's is there", async () => {
    const story = await discordStory();
    const { discord, rob, ada, eve, help, passing } = story;
    await rob.types("/tickets list");
    expect(told(rob, rob.dm)?.words).toContain("You have no open tickets");
    const first = await story.opens({ title: "The first" });
    discord.clock.advance(1_000);
    const second = await story.opens({ title: "The second" });
    discord.clock.advance(1_000);
    await story.opens({ title: "The third" });
    await second.ada.fills("resolve", "Done.");
    await passing(() => second.ada.card().includes("Resolved"));
    await rob.types("/tickets list", {}, { channel: help });
    const list = told(rob, help)?.words ?? "";
    expect(list).toContain("You have 2 open tickets");
    expect(list.indexOf("The third")).toBeLessThan(list.indexOf("The first"));
    expect(list).not.toContain("The second");

    const show = (person: Person, ticket: string) =>
      person.types("/tickets show", { ticket }, { channel: help });
    await show(rob, first.reference.toLowerCase());
    expect(told(rob, help)).toMatchObject({ buttons: [], ephemeral: true });
    expect(told(rob, help)?.words).toContain("The first");
    await show(eve, first.reference);
    const others = told(eve, help)?.words.replace(first.reference, "REF");
    await show(eve, "T-000000");
    expect(others).toBe(told(eve, help)?.words.replace("T-000000", "REF"));
    expect(others).not.toContain("The first");
    await eve.types("/tickets list", {}, { channel: help });
    expect(told(eve, help)?.words).toContain("You have no open tickets");
    expect(ada.reads(help).filter(({ words }) => words.includes("The first"))).toEqual([]);
  });

  test("show completes what is typed with one's own tickets, closed ones too", async () => {
    const story = await discordStory();
    const { discord, rob, eve, help, passing } = story;
    const first = await story.opens({ title: "Printer on fire" });
    discord.clock.advance(1_000);
    const second = await story.opens({ title: "Scanner on fire" });
    await first.ada.sets("status", "closed");
    await passing(() => first.ada.card().includes("Closed"));
    const choices = (person: Person, ticket: string) =>
      person.autocompletes("/tickets show", { ticket }, { channel: help });
    const values = async (person: Person, typed: string) =>
      (await choices(person, typed)).map(({ value }) => value);
    expect(await values(rob, "")).toEqual([second.reference, first.reference]);
    expect(await values(rob, "printer")).toEqual([first.reference]);
    expect(await values(rob, second.reference.slice(0, 4).toLowerCase())).toContain(
      second.reference,
    );
    expect((await choices(rob, "scanner"))[0]?.name).toContain("Scanner on fire");
    expect(await values(eve, "")).toEqual([]);
  });
});

describe("Open a ticket, on a message,", () => {
  const name = "Open a ticket";
  const rest = { title: "Lamp", priority: "low", category: "general" };

  test("of one's own, opens the form with its words; its files come along", async () => {
    const story = await discordStory();
    const { rob, guild, help, passing } = story;
    const written = rob.writes(help, "The **lamp** is <@&1> broken", { files: [photo] });
    await rob.usesOnMessage(name, written);
    await passing(() => rob.modal);
    expect(field(rob, "description").text).toContain("lamp");
    expect(field(rob, "description").text).toContain(
      `https://discord.com/channels/${guild.id}/${help}/${written.id}`,
    );
    expect(field(rob, "attachments").description).toContain("come along");
    expect(field(rob, "title").description).not.toContain("agent");
    await rob.submits(rest);
    const seen = await atAgents(story);
    expect(seen.flatMap(({ files }) => files)).toEqual(["photo.png"]);
    expect(cards(story)[0]?.words).toContain("Requester\nRob");
  });

  test("of a requester, makes for an agent a ticket of who wrote it", async () => {
    const story = await discordStory();
    const { rob, bea, help, passing } = story;
    const written = rob.writes(help, "The lamp is broken", { files: [photo] });
    await bea.usesOnMessage(name, written);
    await passing(() => bea.modal);
    expect(field(bea, "title").description).toContain("agent");
    await bea.submits(rest);
    const seen = await atAgents(story);
    expect(cards(story)[0]?.words).toContain("Requester\nRob");
    expect(seen.flatMap(({ files }) => files)).toEqual(["photo.png"]);
    const own = rob.threads(help);
    expect(own).toHaveLength(1);
    expect(bea.threads(help)).toEqual([]);
    await passing(() => told(bea, help)?.words.includes("is open for Rob"));
    const lines = rob.reads(own[0]?.id ?? "");
    expect(lines.some(({ words }) => words.startsWith("Bea\n"))).toBe(true);
  });

  test.each([
    { whose: "an agent", writer: "ada", user: "bea" },
    { whose: "a bot", writer: "bot", user: "bea" },
    { whose: "somebody else, by who is no agent", writer: "rob", user: "eve" },
  ] as const)("of $whose, makes a ticket of who uses it", async (who) => {
    const story = await discordStory();
    const { discord, help, passing } = story;
    const bot = discord.person("400000000000000009", { name: "monitor", bot: true });
    const people = { ...story, bot };
    const [writer, user] = [people[who.writer], people[who.user]];
    const written = writer.writes(help, "Disk > 90%");
    await user.usesOnMessage(name, written);
    await passing(() => user.modal);
    expect(field(user, "description").text).toContain("Disk > 90%");
    await user.submits(rest);
    await atAgents(story);
    expect(cards(story)[0]?.words).toContain(`Requester\n${user.user.globalName}`);
    expect(user.threads(help)).toHaveLength(1);
    expect(writer.threads(help)).toHaveLength(0);
  });

  test("that is deleted before the form is submitted, tells that its files are missing", async () => {
    const story = await discordStory();
    const { rob, help, passing } = story;
    const written = rob.writes(help, "The lamp is broken", { files: [photo] });
    await rob.usesOnMessage(name, written);
    await passing(() => rob.modal);
    rob.deletes(written);
    await rob.submits(rest);
    const seen = await atAgents(story);
    expect(seen.map(({ words }) => words).join()).toContain("The lamp is broken");
    await passing(() => told(rob, help)?.words.includes("files of the message could not be"));
  });

  test("too long for the form, keeps its beginning and the whole link", async () => {
    const story = await discordStory();
    const { rob, help, passing } = story;
    const written = rob.writes(help, "word ".repeat(799));
    await rob.usesOnMessage(name, written);
    await passing(() => rob.modal);
    const { text, description } = field(rob, "description");
    expect(text.length).toBeLessThanOrEqual(4_000);
    expect(text).toContain(`/${help}/${written.id}`);
    expect(description).toContain("beginning");
  });

  test("that was submitted while the store failed, keeps whose it is and its files", async () => {
    const story = await discordStory();
    const { rob, bea, help, folder, passing } = story;
    const written = rob.writes(help, "The lamp is broken", { files: [photo] });
    await bea.usesOnMessage(name, written);
    await passing(() => bea.modal);
    await rename(join(folder, "tickets"), join(folder, "elsewhere"));
    await bea.submits(rest);
    const answer = await passing(() => told(bea, help));
    await rename(join(folder, "elsewhere"), join(folder, "tickets"));
    await bea.clicks(answer, "Open the form again");
    await passing(() => bea.modal);
    await bea.submits();
    const seen = await atAgents(story);
    expect(seen.flatMap(({ files }) => files)).toEqual(["photo.png"]);
    expect(cards(story)[0]?.words).toContain("Requester\nRob");
  });
});

describe("/ticket-panel", () => {
  test("is for who runs the server, and stays where it is placed: each button opens the form with its category", async () => {
    const story = await discordStory();
    const { rob, ada, owner, help, passing } = story;
    await expect(rob.types("/ticket-panel", {}, { channel: help })).rejects.toThrow("may not use");
    await expect(ada.types("/ticket-panel", {}, { channel: help })).rejects.toThrow("may not use");
    await owner.types("/ticket-panel", {}, { channel: help });
    expect(told(owner, help)?.words).toContain("The panel is here");
    const panel = await passing(() => rob.reads(help).find(({ buttons }) => buttons.length > 0));
    expect(panel).toMatchObject({ ephemeral: false, pings: [] });
    expect(panel.buttons).toHaveLength(categories.length);
    await story.restart();
    await rob.clicks(panel, "Billing");
    await passing(() => rob.modal);
    expect(field(rob, "category").chosen).toEqual(["billing"]);
    await rob.submits({ title: "Charged twice", description: "See my card.", priority: "low" });
    await atAgents(story);
    expect(cards(story)[0]?.words).toContain("Billing");
    // The panel is as it was, for whoever comes next.
    expect(rob.reads(help).find(({ id }) => id === panel.id)?.words).toBe(panel.words);
    await rob.clicks(panel, "Technical");
    await passing(() => field(rob, "category").chosen[0] === "technical");
  });

  test("that the bot may not post, says which permission is lacking", async () => {
    const story = await discordStory();
    const { discord, owner, help } = story;
    discord.removesPermissions(help, ["sendMessages"]);
    await owner.types("/ticket-panel", {}, { channel: help });
    expect(told(owner, help)?.words).toContain("Send Messages");
  });
});
