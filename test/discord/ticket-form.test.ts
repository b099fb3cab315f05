import { describe, expect, test } from "vitest";
import type { Person } from "../fakes/discord/person.ts";
import { channelType } from "../fakes/discord/records.ts";
import { startThread } from "../fakes/discord/threads.ts";
import { type AtTheDesk, atTheDesk, lastWhisper, printer } from "./at-the-desk.ts";

/** What someone is told, once it says this. */
const hears = ({ discord }: AtTheDesk, person: Person, channel: string, words: string) =>
  discord.until(() => {
    const whisper = lastWhisper(person, channel);
    return whisper?.words.includes(words) ? whisper : undefined;
  });

const asks = ({ rob, general }: AtTheDesk) => rob.types("/ticket", {}, { channel: general });

const presets = (person: Person) =>
  Object.fromEntries(
    (person.modal?.fields ?? []).map(({ customId, text, chosen }) => [
      customId,
      text || chosen.join(),
    ]),
  );

const opened = async ({ tickets }: AtTheDesk) =>
  (await tickets()).map(({ ticket, requester }) => ({ ...ticket, requester: requester.name }));

describe("/ticket", () => {
  test("opens the form; what is submitted is a ticket, in a private thread there", async () => {
    const world = await atTheDesk();
    const { discord, rob, ada, general, triage, tickets } = world;
    await rob.types("/ticket", { title: "Printer" }, { channel: general });
    expect(presets(rob)).toMatchObject({ title: "Printer", priority: "medium" });
    await rob.submits(printer);
    const own = await discord.until(() => rob.threads(general)[0]);
    expect(own.name).toMatch(/^T-\w{6} Printer on fire$/);
    await hears(world, rob, general, `is open: <#${own.id}>`);
    await discord.until(() => ada.threads(triage)[0]);
    const [document] = await tickets();
    expect(document).toMatchObject({
      requester: { id: `discord:${rob.id}`, name: "Rob" },
      ticket: { title: "Printer on fire", priority: "high", category: "technical" },
    });
    expect(discord.violations).toEqual([]);
    expect(discord.unguarded).toEqual([]);
  });

  test("asked in a thread opens the ticket's beside it", async () => {
    const world = await atTheDesk();
    const { discord, rob, general } = world;
    const { server } = discord;
    const given = { name: "Lunch", type: channelType.publicThread, owner: rob.id };
    const lunch = startThread(server, server.channel(general), given);
    await rob.types("/ticket", {}, { channel: lunch.id });
    await rob.submits(printer);
    const own = await discord.until(() => rob.threads(general).find(({ type }) => type === 12));
    await hears(world, rob, lunch.id, `is open: <#${own.id}>`);
  });

  test("where there can be no threads goes on in direct messages, and says so", async () => {
    const world = await atTheDesk();
    const { discord, rob, general } = world;
    discord.removesPermissions(general, ["createPrivateThreads"]);
    await asks(world);
    await rob.submits(printer);
    const card = await discord.until(() => rob.reads(rob.dm)[0]);
    const said = await hears(world, rob, general, `/channels/@me/${rob.dm}/${card.id}`);
    expect(said.words).toContain("There can be no thread for it here");
    expect(rob.threads(general)).toEqual([]);
  });

  test("when Deskhand ends before the thread is there, a button still leads to it", async () => {
    const world = await atTheDesk();
    const { discord, rob, ada, general } = world;
    discord.misbehave({ retryAfterS: 60 }, { route: "POST /channels/:id/threads" });
    await asks(world);
    await rob.submits(printer);
    const coming = await hears(world, rob, general, "comes in a moment");
    await rob.clicks(coming, "Where is it?");
    await hears(world, rob, general, "is not there yet");
    await world.restart();
    const own = await discord.until(() => {
      discord.clock.advance(1_000);
      return rob.threads(general)[0];
    });
    await discord.until(() => rob.reads(own.id).some(({ words }) => words.includes("It burns.")));
    await rob.clicks(coming, "Where is it?");
    expect(rob.reads(general).find(({ id }) => id === coming.id)).toMatchObject({
      words: expect.stringContaining(`is open: <#${own.id}>`),
      buttons: [],
    });
    expect(ada.reads(general)).toEqual([]);
    expect(discord.violations).toEqual([]);
  });

  test("in direct messages goes on there", async () => {
    const world = await atTheDesk();
    const { discord, rob } = world;
    await rob.types("/ticket");
    await rob.submits(printer);
    await hears(world, rob, rob.dm, `/channels/@me/${rob.dm}/`);
    await discord.until(() =>
      rob.reads(rob.dm).some(({ words }) => words.includes("Printer on fire")),
    );
  });

  test("brings files to the agents", async () => {
    const world = await atTheDesk();
    const { discord, rob, ada, triage } = world;
    await asks(world);
    const attachments = [{ name: "fire.png", content: "png", contentType: "image/png" }];
    await rob.submits({ ...printer, attachments });
    const thread = await discord.until(() => ada.threads(triage)[0]);
    const file = await discord.until(() => ada.reads(thread.id).find(({ files }) => files[0]));
    expect(String(file.bytes["fire.png"])).toBe("png");
  });
});

describe("what the form's own limits cannot express", () => {
  test("is said field by field, and the form opens again with everything in it", async () => {
    const world = await atTheDesk();
    const { discord, rob, ada, general, triage } = world;
    await asks(world);
    const attachments = [{ name: "fire.png", content: "png", contentType: "image/png" }];
    await rob.submits({ ...printer, title: " \t ", attachments });
    const wrong = await hears(world, rob, general, "- **Title**: Title is required");
    // What was typed is in the message: a restart takes nothing of it away.
    await world.restart();
    await rob.clicks(wrong, "Open the form again");
    expect(presets(rob)).toEqual({ ...printer, title: "", attachments: "" });
    expect(rob.modal?.fields.at(-1)?.description).toBe("Added already: fire.png");
    await rob.submits({ title: "Printer", attachments: [{ name: "b.txt", content: "b" }] });
    const own = await discord.until(() => rob.threads(general)[0]);
    await hears(world, rob, general, `is open: <#${own.id}>`);
    expect(rob.reads(general)).toHaveLength(1);
    const thread = await discord.until(() => ada.threads(triage)[0]);
    const files = () => ada.reads(thread.id).flatMap((each) => each.files);
    await discord.until(() => files().length === 2);
    expect(files().sort()).toEqual(["b.txt", "fire.png"]);
    expect(discord.violations).toEqual([]);
  });
});

describe("when it cannot be saved", () => {
  test("nothing that was typed is lost, and it can be submitted again", async () => {
    const world = await atTheDesk();
    const { rob, general, weather } = world;
    weather.fails = true;
    await asks(world);
    await rob.submits(printer);
    const failed = await hears(world, rob, general, "Nothing you typed is lost");
    weather.fails = false;
    await rob.clicks(failed, "Open the form again");
    expect(presets(rob)).toMatchObject(printer);
    await rob.submits();
    await hears(world, rob, general, "is open");
    expect(await opened(world)).toMatchObject([
      { title: "Printer on fire", description: "It burns." },
    ]);
  });

  test("soon enough, Discord is told to wait, and the answer comes when it is", async () => {
    const world = await atTheDesk();
    const { discord, rob, general, weather } = world;
    weather.holds = true;
    await asks(world);
    const submitted = rob.submits(printer);
    await discord.until(() => discord.underway() > 0);
    await discord.until(() => {
      discord.clock.advance(100);
      return lastWhisper(rob, general)?.thinking;
    });
    expect(await submitted).toMatchObject({ kind: "answered", with: "thinking" });
    weather.holds = false;
    await hears(world, rob, general, "is open");
    expect(rob.notices).toEqual([]);
  });

  test("and that is known late only, what was typed is told late", async () => {
    const world = await atTheDesk();
    const { discord, rob, general, weather } = world;
    Object.assign(weather, { holds: true, fails: true });
    await asks(world);
    const submitted = rob.submits(printer);
    await discord.until(() => {
      discord.clock.advance(100);
      return lastWhisper(rob, general)?.thinking;
    });
    await submitted;
    weather.holds = false;
    const failed = await hears(world, rob, general, "Nothing you typed is lost");
    await rob.clicks(failed, "Open the form again");
    expect(presets(rob)).toMatchObject(printer);
  });
});

describe("one form is one ticket", () => {
  test("though it is submitted twice", async () => {
    const world = await atTheDesk();
    const { rob, general } = world;
    await asks(world);
    const form = rob.holdsModal();
    await rob.submits(printer);
    await rob.submitsAgain(form);
    const own = await world.discord.until(() => rob.threads(general)[0]);
    await hears(world, rob, general, `is open: <#${own.id}>`);
    expect(await opened(world)).toHaveLength(1);
  });

  test("and what was changed before it was submitted again is not lost silently", async () => {
    const world = await atTheDesk();
    const { rob, general } = world;
    await asks(world);
    const form = rob.holdsModal();
    await rob.submits(printer);
    const [field] = form.modal.fields;
    if (field) field.text = "Printer drowned";
    await rob.submitsAgain(form);
    await hears(world, rob, general, "What was changed since is not in it");
    expect(await opened(world)).toHaveLength(1);
  });

  test("though Discord tells of it twice; no one notices", async () => {
    const world = await atTheDesk();
    const { discord, rob, general, log } = world;
    await asks(world);
    discord.gateway.repeatsDispatches(1, "INTERACTION_CREATE");
    await rob.submits(printer);
    await hears(world, rob, general, "is open");
    await discord.settled();
    expect(await opened(world)).toHaveLength(1);
    expect(rob.reads(general)).toHaveLength(1);
    expect(log.lines.filter(({ level }) => level === "warn" || level === "error")).toEqual([]);
  });

  test("though its answer comes too late", async () => {
    const world = await atTheDesk();
    const { discord, rob, general, log } = world;
    await asks(world);
    let answer: () => void = () => undefined;
    const until = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const callback = "POST /interactions/:id/:token/callback";
    discord.misbehave({ until }, { route: callback });
    const form = rob.holdsModal();
    const submitted = rob.submits(printer);
    await discord.until(() => rob.threads(general)[0]);
    discord.clock.advance(3_000);
    expect(await submitted).toMatchObject({ kind: "failed" });
    answer();
    await discord.settled();
    await rob.submitsAgain(form);
    await hears(world, rob, general, "is open");
    expect(await opened(world)).toHaveLength(1);
    expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test.each(["reset-after-effect", "reset", "cut-off"] as const)(
    "and its answer arrives, though the first try ends in %s",
    async (fault) => {
      const world = await atTheDesk();
      const { discord, rob, general } = world;
      await asks(world);
      discord.misbehave(fault, { route: "POST /interactions/:id/:token/callback" });
      const submitted = rob.submits(printer);
      await discord.until(() => {
        discord.clock.advance(10);
        return lastWhisper(rob, general);
      });
      expect(await submitted).toMatchObject({ kind: "answered" });
      expect(await opened(world)).toHaveLength(1);
    },
  );
});

describe("Open a ticket, on a message", () => {
  const command = "Open a ticket";

  test("has the message's words, a link to it, and its files", async () => {
    const world = await atTheDesk();
    const { discord, rob, ada, guild, general, triage } = world;
    const files = [{ name: "fire.png", content: "png", contentType: "image/png" }];
    const message = rob.writes(general, `**Fire** in <#${general}> <@${ada.id}>`, { files });
    await rob.usesOnMessage(command, message);
    const link = `https://discord.com/channels/${guild.id}/${general}/${message.id}`;
    expect(presets(rob).description).toBe(`**Fire** in #general @Ada\n\n${link}`);
    expect(rob.modal?.fields.at(-1)?.description).toContain("come along");
    await rob.submits({ title: "Fire", category: "technical" });
    const thread = await discord.until(() => ada.threads(triage)[0]);
    const file = await discord.until(() => ada.reads(thread.id).find((each) => each.files[0]));
    expect(String(file.bytes["fire.png"])).toBe("png");
    expect(await opened(world)).toMatchObject([{ requester: "Rob" }]);
  });

  test("used by an agent is its writer's ticket, in their thread; the form says so", async () => {
    const world = await atTheDesk();
    const { discord, rob, ada, general, tickets } = world;
    const message = rob.writes(general, "The printer burns");
    await ada.usesOnMessage(command, message);
    expect(ada.modal?.fields[0]?.description).toContain("this will be the writer's ticket");
    await ada.submits({ title: "Fire", category: "technical" });
    await hears(world, ada, general, "is open for Rob");
    await discord.until(() => rob.threads(general)[0]);
    const [document] = await tickets();
    expect(document).toMatchObject({
      requester: { id: `discord:${rob.id}`, name: "Rob" },
      audit: [{ by: `discord:${ada.id}`, what: "opened" }],
    });
  });

  test("used by anyone else is their own", async () => {
    const world = await atTheDesk();
    const { rob, ada, general } = world;
    await rob.usesOnMessage(command, ada.writes(general, "The printer burns"));
    await rob.submits({ title: "Fire", category: "technical" });
    await hears(world, rob, general, "is open");
    expect(await opened(world)).toMatchObject([{ requester: "Rob" }]);
  });

  test("of someone who has left is the agent's own", async () => {
    const world = await atTheDesk();
    const { discord, rob, ada, guild, general } = world;
    const message = rob.writes(general, "The printer burns");
    discord.removes(guild, rob.id);
    await ada.usesOnMessage(command, message);
    await ada.submits({ title: "Fire", category: "technical" });
    await hears(world, ada, general, "is open");
    expect(await opened(world)).toMatchObject([{ requester: "Ada" }]);
  });

  test("says what cannot come along: long words, and files that the bot cannot read", async () => {
    const world = await atTheDesk();
    const { discord, rob, general } = world;
    discord.removesPermissions(general, ["readMessageHistory"]);
    const files = [{ name: "fire.png", content: "png" }];
    const message = rob.writes(general, "fire ".repeat(800).trim(), { files });
    await rob.usesOnMessage(command, message);
    expect(presets(rob).description).toMatch(/fire…\n\nhttps:\S+$/);
    const hints = rob.modal?.fields.map(({ description }) => description);
    expect(hints?.[1]).toContain("The link leads to all of it");
    expect(hints?.[4]).toContain("please add the message's files here yourself");
  });

  test("whose message is deleted meanwhile is opened without its files, and says so", async () => {
    const world = await atTheDesk();
    const { rob, general } = world;
    const message = rob.writes(general, "Fire", { files: [{ name: "fire.png", content: "png" }] });
    await rob.usesOnMessage(command, message);
    rob.deletes(message);
    await rob.submits({ title: "Fire", category: "technical" });
    await hears(world, rob, general, "The files of the message could not be brought along");
  });
});
