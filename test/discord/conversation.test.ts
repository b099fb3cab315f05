import { describe, expect, test } from "vitest";
import { readThread } from "../../adapters/discord/references.ts";
import { refusedWords } from "../../adapters/discord/refused.ts";
import { StoreError } from "../../src/desk/ports.ts";
import { refusalWords } from "../../src/desk/refusal-words.ts";
import { channelType } from "../fakes/discord/records.ts";
import { listening, wordsIn } from "./listening.ts";

const down = new StoreError("WRITE_FAILED", "The disk is full");

describe("in a ticket's thread", () => {
  test("what an agent writes, edits and deletes is heard, in this order", async () => {
    const { discord, desk, ada, triage, ticketThread, heard } = await listening();
    const thread = ticketThread(triage.id);
    const message = ada.writes(thread, "Have you tried **water**?");
    ada.edits(message, "Have you tried sand?");
    ada.deletes(message);
    await heard(3);
    expect(desk.events.map(({ type }) => type)).toEqual(["message", "edited", "deleted"]);
    expect(desk.events.map(wordsIn)).toEqual([
      "Have you tried **water**?",
      "Have you tried sand?",
      "",
    ]);
    const named = { platform: "discord", thread, message: `${thread}/${message.id}` };
    const by = { id: `discord:${ada.id}`, name: "Ada", isAgent: true };
    for (const event of desk.events) expect(event).toMatchObject(named);
    expect(desk.events[0]).toMatchObject({ by });
    expect(discord.server.channel(thread).messages).toEqual([]);
  });

  test("in a requester's private thread they speak for themselves", async () => {
    const { desk, rob, general, ticketThread, heard } = await listening();
    const thread = ticketThread(general.id, channelType.privateThread);
    rob.writes(thread, "It burns");
    await heard(1);
    expect(desk.events).toMatchObject([{ thread, by: { name: "Rob", isAgent: false } }]);
  });

  test("files are offered so that they can be fetched later", async () => {
    const { desk, adapter, ada, ticketThread, heard } = await listening();
    const content = Buffer.from("smoke");
    ada.writes(ticketThread(), "see", { files: [{ name: "a.txt", content }] });
    await heard(1);
    const [event] = desk.events;
    const [file] = event && "files" in event ? event.files : [];
    expect(file).toMatchObject({ name: "a.txt", sizeBytes: 5 });
    expect(await adapter.platform.fetchFile(file?.file ?? "", 100)).toEqual(content);
  });

  test("a preview that comes later is no edit, and an edit counts once", async () => {
    const { discord, desk, ada, ticketThread, heard } = await listening();
    const thread = ticketThread();
    const message = ada.writes(thread, "one");
    discord.unfurls(message);
    discord.gateway.repeatsDispatches(1, "MESSAGE_UPDATE");
    ada.edits(message, "two");
    discord.unfurls(message);
    ada.writes(thread, "three");
    await heard(3);
    expect(desk.events.map(wordsIn)).toEqual(["one", "two", "three"]);
  });

  test("what bots write is not heard, nor what is written elsewhere", async () => {
    const { discord, staff, desk, ada, triage, general, ticketThread, heard } = await listening();
    const roles = [staff.id];
    const other = discord.person("2000000000000000009", { name: "robot", bot: true, roles });
    const thread = ticketThread();
    other.writes(thread, "beep");
    ada.writes(triage.id, "to the channel");
    ada.writes(general.id, "to another");
    ada.writes(thread, "to the ticket");
    await heard(1);
    expect(desk.events.map(wordsIn)).toEqual(["to the ticket"]);
    await discord.settled();
    expect(ada.reads(general.id).map(({ content }) => content)).toEqual(["to another"]);
  });

  test("what is written while the ticket is still being opened waits for it", async () => {
    const { discord, desk, ada, triage, thread, heard } = await listening();
    const id = thread(triage.id);
    ada.writes(id, "first!");
    await discord.settled();
    desk.threads.add(id);
    await passing(discord, () => desk.events.length === 1);
    await heard(1);
    expect(desk.events.map(wordsIn)).toEqual(["first!"]);
  });

  test("when there is no ticket, the writer is told, and nobody is pinged", async () => {
    const { discord, desk, ada, triage, thread, log } = await listening();
    const id = thread(triage.id);
    const message = ada.writes(id, "hello?");
    await passing(discord, () => ada.reads(id).length === 2);
    expect(ada.reads(id)[1]?.words).toContain("not in the ticket yet");
    const since = discord.clock.now();
    await passing(discord, () => ada.reads(id).length === 3);
    expect(discord.clock.now() - since).toBeGreaterThan(45_000);
    const [, , told] = ada.reads(id);
    expect(told).toMatchObject({ replyTo: message.id, pings: [] });
    expect(told?.words).toContain("could not be added to any ticket");
    expect(desk.events).toEqual([]);
    expect(log.lines.filter(({ level }) => level === "error")).toMatchObject([
      { message: expect.stringContaining("no known ticket") },
    ]);
  });

  test("stopping does not wait for a ticket, or say that there is none", async () => {
    const { discord, adapter, ada, triage, thread } = await listening();
    const id = thread(triage.id);
    ada.writes(id, "hello?");
    await discord.settled();
    await adapter.stop();
    expect(ada.reads(id)).toHaveLength(1);
  });

  test("who is refused is told why, in a reply that pings no one", async () => {
    const { discord, desk, ada, ticketThread } = await listening();
    desk.meets = () => ({ refused: "NOT_AN_AGENT", ticket: "1" });
    const thread = ticketThread();
    const message = ada.writes(thread, "me too");
    await discord.until(() => ada.reads(thread).length === 2);
    expect(ada.reads(thread)[1]).toMatchObject({
      content: refusedWords("NOT_AN_AGENT"),
      ...{ replyTo: message.id, pings: [], buttons: [] },
    });
    expect(ada.reads(thread)[1]?.content).toContain("the permission Send Messages");
    expect(discord.unguarded).toEqual([]);
    expect(discord.violations).toEqual([]);
  });

  test("an agent who answers in the requester's thread is told where to, and their words stay there", async () => {
    const { discord, desk, guild, ada, rob, general, ticketThread } = await listening();
    desk.meets = () => ({ refused: "NOT_THE_REQUESTER", ticket: "1" });
    const thread = ticketThread(general.id, channelType.privateThread);
    const eve = discord.person("2000000000000000007", { name: "eve", guilds: [guild.id] });
    for (const { id } of [ada, eve]) discord.addsToThread(thread, id);
    const fromAda = ada.writes(thread, "He is the boss's son.");
    const answerTo = ({ id }: { id: string }) =>
      rob.reads(thread).find(({ replyTo }) => replyTo === id);
    expect(await discord.until(() => answerTo(fromAda))).toMatchObject({
      words: "Agents answer in the ticket's thread in the triage channel; this was not passed on.",
      ...{ buttons: [], pings: [] },
    });
    const fromEve = eve.writes(thread, "Mine too.");
    const told = await discord.until(() => answerTo(fromEve));
    expect(told.words).toContain("someone else's ticket");
    expect(told.buttons).toHaveLength(1);
  });

  test("a requester who is refused is offered to open another with the same words", async () => {
    const { discord, desk, rob, general, ticketThread } = await listening();
    desk.meets = () => ({ refused: "TICKET_CLOSED", ticket: "1" });
    const thread = ticketThread(general.id, channelType.privateThread);
    rob.writes(thread, "it burns again");
    await discord.until(() => rob.reads(thread).length === 2);
    const [, told] = rob.reads(thread);
    expect(told?.words).toContain(refusalWords("TICKET_CLOSED"));
    // They stand right above: the bot says nothing in its own name that someone typed.
    expect(told?.words).not.toContain("it burns again");
    if (told) await rob.clicks(told, "Open a new ticket");
    expect(rob.modal?.fields[1]?.text).toBe("it burns again");
  });

  test("what cannot be read is not dropped silently", async () => {
    const { discord, desk, guild, ada, ticketThread, log } = await listening();
    const thread = ticketThread();
    // Such as an invitation to a game, or anything when the intent was switched off.
    discord.server.tell("MESSAGE_CREATE", {
      ...{ id: "3000000000000000001", channel_id: thread, guild_id: guild.id, type: 0 },
      ...{ content: "", author: { id: ada.id, username: "ada" }, member: { roles: [] } },
    });
    await discord.until(() => ada.reads(thread).length === 1);
    expect(ada.reads(thread)[0]?.words).toContain("could not be read");
    expect(log.lines.map(({ message }) => message).join()).toContain("Message Content Intent");
    expect(desk.events).toEqual([]);
  });

  test("neither is what has a shape that no one knows", async () => {
    const { discord, desk, guild, rob, ada, ticketThread, log } = await listening();
    const thread = ticketThread();
    const odd = { content: 7, author: { id: ada.id }, member: "ada", type: 0 };
    const at = { channel_id: thread, guild_id: guild.id };
    discord.server.tell("MESSAGE_CREATE", { id: "3000000000000000001", ...at, ...odd });
    discord.server.tell("MESSAGE_CREATE", {
      id: "3000000000000000002",
      channel_id: rob.dm,
      ...odd,
    });
    const told = await discord.until(() => ada.reads(thread)[0]);
    expect(told.words).toContain("could not be read");
    const direct = await discord.until(() => rob.reads(rob.dm)[0]);
    expect(direct).toMatchObject({ words: told.words, buttons: [] });
    expect(log.lines.filter(({ level }) => level === "error")).toMatchObject([
      { message: expect.stringContaining("another shape") },
      { fields: { at: "content, author.username, member" } },
    ]);
    expect(desk.events).toEqual([]);
  });

  test("names of a server are not told in direct messages", async () => {
    const { discord, staff, general, rob } = await listening();
    rob.writes(rob.dm, `<@&${staff.id}> <#${general.id}>`);
    const told = await discord.until(() => rob.reads(rob.dm)[1]);
    expect(told.words).toContain("@a role #unknown-channel");
    expect(told.words).not.toMatch(/Staff|general/);
  });
});

describe("in direct messages", () => {
  test("an answer to the ticket's card belongs to it, and an answer to that answer too", async () => {
    const { discord, desk, rob, directTicket, heard } = await listening();
    const thread = await directTicket();
    const [card] = rob.reads(rob.dm);
    const first = rob.writes(rob.dm, "It burns", { ...(card && { replyTo: card }) });
    rob.writes(rob.dm, "still", { replyTo: first });
    await heard(2);
    expect(desk.events).toMatchObject([
      { thread, message: `${rob.dm}/${first.id}`, by: { name: "Rob", isAgent: false } },
      { thread },
    ]);
    expect(readThread(thread)).toMatchObject({ kind: "direct", channel: rob.dm, root: card?.id });
    await discord.settled();
    expect(rob.reads(rob.dm)).toHaveLength(3);
  });

  test("it is known also after a restart, and for what is deleted", async () => {
    const before = await listening();
    const { discord, rob, directTicket, heard, desk } = before;
    const thread = await directTicket();
    const [card] = rob.reads(rob.dm);
    const first = rob.writes(rob.dm, "It burns", { ...(card && { replyTo: card }) });
    await heard(1);
    await before.restarts();
    rob.edits(first, "It burns a lot");
    rob.deletes(first);
    await heard(3);
    expect(desk.events.slice(1)).toMatchObject([
      { type: "edited", thread },
      { type: "deleted", thread, message: `${rob.dm}/${first.id}` },
    ]);
    await discord.settled();
  });

  test("anything else is answered with where it could go, once, also when it is told twice", async () => {
    const { discord, desk, rob, directTicket } = await listening();
    await directTicket();
    desk.lines = [
      {
        ...{ id: "1", reference: "T-4F7K2M", title: "Printer on fire", status: "open" },
        ...{ priority: "high", category: "technical" },
        ...{ createdAt: "2024-01-15T10:30:00.000Z", updatedAt: "2024-01-15T10:30:00.000Z" },
      },
    ];
    discord.gateway.repeatsDispatches(1, "MESSAGE_CREATE");
    const message = rob.writes(rob.dm, "And the other one smokes");
    await discord.until(() => rob.reads(rob.dm).length === 3);
    await discord.settled();
    const [, , offered, ...others] = rob.reads(rob.dm);
    expect(others).toEqual([]);
    expect(offered).toMatchObject({ replyTo: message.id });
    expect(offered?.words).toContain("Add to T-4F7K2M: Printer on fire");
    expect(offered?.words).toContain("Open a new ticket");
    expect(desk.events).toEqual([]);
  });
});

describe("when tickets cannot be saved", () => {
  test("what was told once is tried until it can, in order, and its writer is told meanwhile", async () => {
    const { discord, desk, ada, ticketThread } = await listening();
    let isDown = true;
    desk.meets = () => {
      if (isDown) throw down;
      return undefined;
    };
    const thread = ticketThread();
    const first = ada.writes(thread, "one");
    ada.writes(thread, "two");
    await passing(discord, () => ada.reads(thread).length === 3);
    const told = ada.reads(thread)[2];
    expect(told).toMatchObject({ replyTo: first.id, pings: [] });
    expect(told?.words).toContain("not in the ticket yet");
    discord.clock.advance(20 * 60_000);
    await discord.settled();
    isDown = false;
    await passing(discord, () => desk.events.length === 2);
    expect(desk.events.map(wordsIn)).toEqual(["one", "two"]);
    expect(ada.reads(thread)).toHaveLength(3);
  });

  test("other threads go on", async () => {
    const { desk, ada, ticketThread, heard } = await listening();
    const [stuck, free] = [ticketThread(), ticketThread()];
    desk.meets = (event) => {
      if (event.thread === stuck) throw down;
      return undefined;
    };
    ada.writes(stuck, "one");
    ada.writes(free, "two");
    await heard(1);
    expect(desk.events.map(wordsIn)).toEqual(["two"]);
  });

  test("what Discord does not tell for minutes is asked until it does", async () => {
    const { discord, desk, rob, directTicket, restarts } = await listening();
    const thread = await directTicket();
    const [card] = rob.reads(rob.dm);
    const first = rob.writes(rob.dm, "It burns", { ...(card && { replyTo: card }) });
    await discord.until(() => desk.events.length === 1);
    await restarts();
    discord.misbehaves(({ route }) => (route.startsWith("GET /channels/") ? "reset" : undefined));
    rob.writes(rob.dm, "still", { replyTo: first });
    const asked = () => discord.calls.filter(({ route }) => route.startsWith("GET /ch")).length;
    const since = discord.clock.now();
    while (discord.clock.now() - since < 100_000) {
      const before = asked();
      await discord.until(() => {
        discord.clock.advance(1_000);
        return asked() > before;
      });
    }
    await discord.until(() => rob.reads(rob.dm).length > 3);
    expect(rob.reads(rob.dm).at(-1)?.words).toContain("not in the ticket yet");
    discord.misbehaves(() => undefined);
    await passing(discord, () => desk.events.length === 2);
    expect(desk.events[1]).toMatchObject({ type: "message", thread });
    expect(wordsIn(desk.events[1])).toBe("still");
  });

  test("what fails for another reason, and goes on failing, is said to be lost", async () => {
    const { discord, desk, ada, ticketThread, log } = await listening();
    desk.meets = (event) => {
      if (wordsIn(event) === "one") throw new TypeError("A mistake of ours");
      return undefined;
    };
    const thread = ticketThread();
    ada.writes(thread, "one");
    ada.writes(thread, "two");
    await passing(discord, () => desk.events.length === 1);
    expect(desk.events.map(wordsIn)).toEqual(["two"]);
    await discord.until(() => ada.reads(thread).at(-1)?.words.includes("write it again later"));
    expect(log.lines.some(({ message }) => message.includes("it is read back"))).toBe(true);
  });
});

/** Lets time pass until it is so. */
async function passing(
  discord: Awaited<ReturnType<typeof listening>>["discord"],
  look: () => unknown,
): Promise<void> {
  await discord.until(() => {
    discord.clock.advance(100);
    return look();
  });
}
