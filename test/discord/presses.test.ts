import { describe, expect, test } from "vitest";
import type { Person } from "../fakes/discord/person.ts";
import { type AtTheDesk, atTheDesk, cardIn, lastWhisper, opens } from "./at-the-desk.ts";

/** What someone is told, once it says this. */
const hears = ({ discord, triage }: AtTheDesk, person: Person, words: string) =>
  discord.until(() => {
    const whisper = lastWhisper(person, triage);
    return whisper?.words.includes(words) ? whisper : undefined;
  });

/** The card, once it says this. */
const shows = ({ discord, ada, triage }: AtTheDesk, words: string) =>
  discord.until(() => {
    const card = cardIn(ada, triage);
    return card?.words.includes(words) ? card : undefined;
  });

async function withTicket() {
  const world = await atTheDesk();
  const { staff, discord, guild } = world;
  const bea = discord.person("2000000000000000003", { name: "bea", globalName: "Bea" });
  discord.givesRole(guild, bea.id, staff.id);
  return { ...world, bea, ...(await opens(world)) };
}

const audit = async ({ tickets }: AtTheDesk, what: string) =>
  (await tickets())[0]?.audit.filter((each) => each.what === what) ?? [];

describe("a card's buttons", () => {
  test("do what they say: the card shows it, and nothing else is said", async () => {
    const world = await withTicket();
    const { ada, triage } = world;
    expect(await ada.clicks(world.card, "Claim")).toMatchObject({ with: "deferred update" });
    const claimed = await shows(world, "Release");
    expect(claimed.words).toContain("Ada");
    await ada.clicks(claimed, "Release");
    const card = await shows(world, "No one yet");
    await ada.chooses(card, "card:priority", "urgent");
    const urgent = await shows(world, "Urgent");
    await ada.chooses(urgent, "card:status", "pending");
    await shows(world, "Pending");
    expect(lastWhisper(ada, triage)).toBeUndefined();
    expect(world.discord.violations).toEqual([]);
    expect(world.discord.unguarded).toEqual([]);
  });

  test("say who was faster", async () => {
    const world = await withTicket();
    await world.ada.clicks(world.card, "Claim");
    await world.bea.clicks(world.card, "Claim");
    const said = await hears(world, world.bea, "Ada was faster and is on this ticket already.");
    expect(said.ephemeral).toBe(true);
  });

  test("are for agents", async () => {
    const world = await withTicket();
    const { discord, rob, triage } = world;
    discord.givesPermissions(triage, ["viewChannel"], world.guild.id);
    discord.removesPermissions(triage, ["sendMessages"], rob.id);
    await rob.clicks(world.card, "Claim");
    await hears(world, rob, "Only agents can do that");
    expect(await audit(world, "assignedTo")).toEqual([]);
  });

  test("that Discord tells of twice are pressed once, and no one notices", async () => {
    const world = await withTicket();
    const { ada, discord, log, triage } = world;
    discord.gateway.repeatsDispatches(1, "INTERACTION_CREATE");
    await ada.clicks(world.card, "Claim");
    await shows(world, "Release");
    await discord.settled();
    expect(await audit(world, "assignedTo")).toHaveLength(1);
    expect(lastWhisper(ada, triage)).toBeUndefined();
    expect(log.lines.filter(({ level }) => level === "warn" || level === "error")).toEqual([]);
  });

  test("say that it could not be done, soon or late, and can be pressed again", async () => {
    const world = await withTicket();
    const { ada, discord, weather, triage } = world;
    weather.fails = true;
    await ada.clicks(world.card, "Claim");
    await hears(world, ada, "could not be done just now");
    weather.holds = true;
    const pressed = ada.clicks(world.card, "Claim");
    await discord.until(() => {
      discord.clock.advance(100);
      return discord.interactions.underway() === 0;
    });
    expect(await pressed).toMatchObject({ with: "deferred update" });
    weather.holds = false;
    const whispers = () => ada.reads(triage).filter(({ ephemeral }) => ephemeral);
    await discord.until(() => whispers().length === 2);
    weather.fails = false;
    await ada.clicks(world.card, "Claim");
    await shows(world, "Release");
  });

  test("of another version are said to be that", async () => {
    const world = await atTheDesk();
    const { discord, rob, general } = world;
    const row = { type: 1, components: [{ type: 2, style: 1, label: "Old", custom_id: "old:1" }] };
    await fetch(`${discord.apiUrl}/v10/channels/${general}/messages`, {
      method: "POST",
      headers: { authorization: `Bot ${discord.token}`, "content-type": "application/json" },
      body: JSON.stringify({ content: "x", components: [row], allowed_mentions: { parse: [] } }),
    });
    const message = await discord.until(() => rob.reads(general)[0]);
    await rob.clicks(message, "Old");
    expect(lastWhisper(rob, general)?.words).toContain("another version of Deskhand");
  });
});

describe("the small forms behind a card's buttons", () => {
  test("resolve with words, which stand in the form the next time", async () => {
    const world = await withTicket();
    const { ada } = world;
    await ada.clicks(world.card, "Resolve…");
    await ada.submits({ Resolution: "We put it out." });
    const resolved = await shows(world, "We put it out.");
    await ada.clicks(resolved, "Reopen");
    const reopened = await shows(world, "Resolve…");
    await ada.clicks(reopened, "Resolve…");
    expect(ada.modal?.fields[0]?.text).toBe("We put it out.");
  });

  test("note for agents alone, once, though it is submitted twice", async () => {
    const world = await withTicket();
    const { ada, rob, discord, own, agents } = world;
    await ada.clicks(world.card, "Note…");
    const form = ada.holdsModal();
    await ada.submits({ Note: "He smokes." });
    await ada.submitsAgain(form);
    await discord.until(() => ada.reads(agents).some(({ words }) => words.includes("He smokes.")));
    await discord.settled();
    const notes = (await world.tickets())[0]?.messages.filter(({ kind }) => kind === "note");
    expect(notes).toHaveLength(1);
    expect(rob.reads(own).some(({ words }) => words.includes("He smokes."))).toBe(false);
  });

  test("that are refused keep what was typed, and open again with it, also after a restart", async () => {
    const world = await withTicket();
    const { ada, bea, discord } = world;
    await ada.clicks(world.card, "Resolve…");
    await bea.chooses(world.card, "card:status", "closed");
    await discord.until(() => cardIn(ada, world.triage) === undefined);
    await ada.submits({ Resolution: "We *put* it out." });
    const refused = await hears(world, ada, "The ticket cannot go there");
    await world.restart();
    await ada.clicks(refused, "Open the form again");
    expect(ada.modal?.fields[0]?.text).toBe("We *put* it out.");
    await ada.submits();
    await hears(world, ada, "The ticket cannot go there");
    expect(ada.reads(world.triage).filter(({ ephemeral }) => ephemeral)).toHaveLength(1);
  });

  test("that cannot be saved keep what was typed, and are taken later", async () => {
    const world = await withTicket();
    const { ada, weather } = world;
    await ada.clicks(world.card, "Note…");
    weather.fails = true;
    await ada.submits({ Note: "He smokes." });
    const failed = await hears(world, ada, "Nothing you typed is lost");
    weather.fails = false;
    await ada.clicks(failed, "Open the form again");
    await ada.submits();
    await hears(world, ada, "Thank you, it is taken.");
    const notes = (await world.tickets())[0]?.messages.filter(({ kind }) => kind === "note");
    expect(notes).toHaveLength(1);
  });

  test("open at once, whatever the store does", async () => {
    const world = await withTicket();
    const { ada, discord, weather } = world;
    weather.holds = true;
    const pressed = ada.clicks(world.card, "Resolve…");
    await discord.until(() => {
      discord.clock.advance(100);
      return ada.modal;
    });
    expect(await pressed).toMatchObject({ with: "modal" });
    ada.closes();
    await ada.clicks(world.card, "Note…");
    expect(ada.modal?.title).toBe("Note on the ticket");
    weather.holds = false;
  });

  test("with nothing but blanks say that there are no words", async () => {
    const world = await withTicket();
    await world.ada.clicks(world.card, "Note…");
    await world.ada.submits({ Note: " \n " });
    await hears(world, world.ada, "Message is required.");
  });
});

describe("words to the bot itself", () => {
  test("can be added to an open ticket", async () => {
    const world = await withTicket();
    const { discord, rob, ada, agents } = world;
    const files = [{ name: "fire.png", content: "png" }];
    rob.writes(rob.dm, "It **still** burns", { files });
    const offer = await discord.until(() => rob.reads(rob.dm).find(({ buttons }) => buttons[0]));
    await rob.clicks(offer, `Add to ${world.reference}: Printer on fire`);
    const arrived = () => ada.reads(agents).some(({ words }) => words.includes("**still** burns"));
    await discord.until(arrived);
    await discord.until(() => ada.reads(agents).some((each) => each.files.includes("fire.png")));
    const replaced = rob.reads(rob.dm).find(({ id }) => id === offer.id);
    expect(replaced?.words).toBe(`This was added to ${world.reference}.`);
  });

  test("can become a ticket, with their files; the offer is then done with", async () => {
    const world = await atTheDesk();
    const { discord, rob, tickets } = world;
    rob.writes(rob.dm, "It burns", { files: [{ name: "fire.png", content: "png" }] });
    const offer = await discord.until(() => rob.reads(rob.dm).find(({ buttons }) => buttons[0]));
    await rob.clicks(offer, "Open a new ticket");
    expect(rob.modal?.fields[1]?.text).toBe("It burns");
    await rob.submits({ title: " ", category: "technical" });
    const wrong = await discord.until(() => lastWhisper(rob, rob.dm));
    expect(wrong.words).toContain("Title is required");
    await rob.clicks(offer, "Open a new ticket");
    await rob.submits({ title: "Fire", category: "technical" });
    const done = () => rob.reads(rob.dm).find(({ id }) => id === offer.id);
    await discord.until(() => done()?.words.includes("is open"));
    await discord.until(() => done()?.words.includes("/channels/@me/"));
    expect(done()?.buttons).toEqual([]);
    const [document] = await tickets();
    expect(document?.messages[0]?.files).toMatchObject([{ name: "fire.png" }]);
  });

  test("stand in the form as they were typed, also when they are gone by then", async () => {
    const world = await atTheDesk();
    const { discord, rob } = world;
    const words = "[your bank](https://evil.example), *urgently* <:fire:1>";
    const message = rob.writes(rob.dm, words);
    const offer = await discord.until(() => rob.reads(rob.dm).find(({ buttons }) => buttons[0]));
    await rob.clicks(offer, "Open a new ticket");
    const read = rob.modal?.fields[1]?.text ?? "";
    expect(read).toContain("https://evil.example");
    rob.closes();
    rob.deletes(message);
    await rob.clicks(offer, "Open a new ticket");
    expect(rob.modal?.fields[1]?.text).toBe(read);
  });

  test("that are gone by then are said to be gone", async () => {
    const world = await withTicket();
    const { discord, rob } = world;
    const message = rob.writes(rob.dm, "It still burns");
    const offer = await discord.until(() => rob.reads(rob.dm).find(({ buttons }) => buttons[0]));
    rob.deletes(message);
    await rob.clicks(offer, `Add to ${world.reference}: Printer on fire`);
    expect(lastWhisper(rob, rob.dm)?.words).toContain("no longer there");
  });
});
