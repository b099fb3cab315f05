import { describe, expect, test } from "vitest";
import { type DiscordStory, discordStory, ticketsOf, told, words } from "./discord-team.ts";

/** Rob's ticket in direct messages: its card, and what stands there. */
async function direct(story: DiscordStory) {
  const { rob, help, passing, platform, quiet } = story;
  await platform.asks(
    { title: "Lamp", description: "It is dark.", priority: "low", category: "general" },
    passing,
  );
  const card = await passing(() => rob.reads(rob.dm).find(({ words }) => words.includes("Lamp")));
  const ada = await passing(() => platform.agent("Lamp"));
  await quiet();
  const reference = /T-\w{6}/.exec(card.words)?.[0] ?? "";
  const said = () => rob.reads(rob.dm).filter(({ id, ephemeral }) => id > card.id && !ephemeral);
  return { card, ada, reference, said, answer: () => told(rob, help) };
}

describe("where there can be no private thread", () => {
  test.each([
    ["the bot may not make one", ["createPrivateThreads"]],
    ["the bot may not write in one", ["sendMessagesInThreads"]],
  ] as const)("as %s, they talk in direct messages, which say so", async (_, lacking) => {
    const story = await discordStory();
    const { discord, rob, help, passing } = story;
    discord.removesPermissions(help, lacking);
    const { card, ada, said, answer } = await direct(story);
    expect(card.words).toContain("reply to one of its messages");
    await passing(() => answer()?.words.includes(`discord.com/channels/@me/${rob.dm}/${card.id}`));
    expect(answer()?.words).toContain("in your direct messages");
    ada.writes("Change the bulb.");
    await passing(() => said().some((seen) => seen.words.includes("Change the bulb.")));
    const fromAda = said().find((seen) => seen.words.includes("Change the bulb."));
    rob.writes(rob.dm, "Which one?", { replyTo: fromAda ?? card });
    await passing(() => words(ada).includes("Which one?"));
    const again = rob.reads(rob.dm).at(-1);
    rob.writes(rob.dm, "The left one?", { replyTo: again ?? card });
    await passing(() => words(ada).includes("The left one?"));
    expect(rob.threads(help)).toEqual([]);
  });

  test("as Discord refuses it after all, they talk in direct messages, which say why", async () => {
    const story = await discordStory();
    const { discord, rob, help } = story;
    const error = { status: 403, code: 50013, message: "Missing Permissions" };
    discord.misbehave({ error }, { route: "POST /channels/:id/threads", channel: help });
    const { card } = await direct(story);
    expect(card.words).toContain("A private thread could not be opened where you asked");
    expect(rob.threads(help)).toEqual([]);
  });

  test("as they asked in direct messages, they talk there", async () => {
    const story = await discordStory();
    const { rob, passing, platform } = story;
    await rob.types("/ticket");
    await passing(() => rob.modal);
    await rob.submits({
      title: "Lamp",
      description: "Dark.",
      priority: "low",
      category: "general",
    });
    const ada = await passing(() => platform.agent("Lamp"));
    const card = await passing(() =>
      rob.reads(rob.dm).find((seen) => /Lamp/.test(seen.words) && !seen.ephemeral),
    );
    rob.writes(rob.dm, "Hello?", { replyTo: card });
    await passing(() => words(ada).includes("Hello?"));
    ada.writes("Hello.");
    await passing(() => rob.reads(rob.dm).some((seen) => seen.words.includes("Ada\nHello.")));
  });

  test("an edit and a deletion of theirs show at the agents' side", async () => {
    const story = await discordStory();
    const { discord, rob, help, passing, quiet } = story;
    discord.removesPermissions(help, ["createPrivateThreads"]);
    const { card, ada } = await direct(story);
    const written = rob.writes(rob.dm, "Wihch one?", { replyTo: card });
    await passing(() => words(ada).includes("Wihch one?"));
    rob.edits(written, "Which one?");
    await passing(() => words(ada).includes("Which one?"));
    await story.restart();
    rob.deletes(written);
    await passing(() => words(ada).length === 0);
    await quiet();
  });

  test("and they take no direct messages, agents are told, and can try again once they do", async () => {
    const story = await discordStory();
    const { discord, rob, help, passing, platform, quiet } = story;
    discord.removesPermissions(help, ["createPrivateThreads"]);
    rob.closesDms();
    await platform.asks(
      { title: "Lamp", description: "Dark.", priority: "low", category: "general" },
      passing,
    );
    const ada = await passing(() => platform.agent("Lamp"));
    await passing(() => words(ada).some((each) => each.includes("does not take direct messages")));
    ada.writes("Change the bulb.");
    await quiet();
    rob.opensDms();
    await ada.retries();
    await passing(() => rob.reads(rob.dm).some((seen) => seen.words.includes("Change the bulb.")));
    await quiet();
    const all = rob
      .reads(rob.dm)
      .map((seen) => seen.words)
      .join("\n");
    expect(all.match(/Change the bulb/g)).toHaveLength(1);
    expect(all).toContain("Lamp");
  });

  test("of two tickets there, each reply goes to the one that it answers", async () => {
    const story = await discordStory();
    const { discord, rob, help, passing, platform, quiet } = story;
    discord.removesPermissions(help, ["createPrivateThreads"]);
    const lamp = await direct(story);
    const fields = {
      title: "Chair",
      description: "It creaks.",
      priority: "low",
      category: "general",
    } as const;
    await platform.asks(fields, passing);
    const chair = await passing(() => platform.agent("Chair"));
    const card = await passing(() => rob.reads(rob.dm).find((seen) => /Chair/.test(seen.words)));
    rob.writes(rob.dm, "To the chair", { replyTo: card });
    rob.writes(rob.dm, "To the lamp", { replyTo: lamp.card });
    await passing(() => words(chair).length === 1 && words(lamp.ada).length === 1);
    await quiet();
    expect([words(chair), words(lamp.ada)]).toEqual([["To the chair"], ["To the lamp"]]);
  });
});

describe("words to the bot that answer no ticket's message", () => {
  const offerFor = ({ rob }: DiscordStory, message: string) =>
    rob.reads(rob.dm).find(({ replyTo, buttons }) => replyTo === message && buttons.length > 0);

  test("are added to the ticket that is chosen, once, as they are by then", async () => {
    const story = await discordStory();
    const { rob, passing, quiet } = story;
    const printer = await story.opens();
    const screen = await story.opens({ title: "Screen black" });
    const written = rob.writes(rob.dm, "It is getting wrose");
    const offer = await passing(() => offerFor(story, written.id));
    for (const title of ["Printer on fire", "Screen black", "It is getting wrose"])
      expect(offer.words).toContain(title);
    expect(offer.words).toContain("not been sent to anyone yet");
    rob.edits(written, "It is getting worse");
    await quiet();
    const add = `Add to ${printer.reference}: Printer on fire`;
    await Promise.all([rob.clicks(offer, add), rob.clicks(offer, add)]);
    await passing(() => words(printer.ada).includes("It is getting worse"));
    await quiet();
    expect(words(printer.ada)).toEqual(["It is getting worse"]);
    expect(words(screen.ada)).toEqual([]);
    const after = rob.reads(rob.dm).find(({ id }) => id === offer.id);
    expect(after).toMatchObject({
      content: `This was added to ${printer.reference}.`,
      buttons: [],
    });
  });

  test("open a new ticket with all of them, and their files", async () => {
    const story = await discordStory();
    const { rob, passing, platform, quiet } = story;
    const long = "The lamp is broken. ".repeat(90).trim();
    const files = [{ name: "lamp.png", content: Buffer.from("pixels") }];
    const written = rob.writes(rob.dm, long, { files });
    const offer = await passing(() => offerFor(story, written.id));
    await rob.clicks(offer, "Open a new ticket");
    await passing(() => rob.modal);
    await rob.submits({ title: "Lamp", priority: "low", category: "general" });
    const ada = await passing(() => platform.agent("Lamp"));
    await quiet();
    expect(ada.lines().flatMap((each) => each.files)).toEqual(["lamp.png"]);
    expect(
      ada
        .lines()
        .map((each) => each.words)
        .join(" "),
    ).toContain(long);
    expect(await ticketsOf(story)).toHaveLength(1);
    const after = rob.reads(rob.dm).find(({ id }) => id === offer.id);
    expect(after?.words).toContain("is open");
    expect(after?.buttons).toEqual([]);
  });

  test("that were deleted since go nowhere, and who presses is told", async () => {
    const story = await discordStory();
    const { rob, passing, quiet } = story;
    const { ada } = await story.opens();
    const written = rob.writes(rob.dm, "Never mind");
    const offer = await passing(() => offerFor(story, written.id));
    rob.deletes(written);
    await quiet();
    await rob.clicks(offer, "carry");
    await passing(() => told(rob, rob.dm)?.words.includes("no longer there"));
    expect(words(ada)).toEqual([]);
  });

  test("are asked about once, however often Discord tells of them", async () => {
    const story = await discordStory();
    const { discord, rob, passing, quiet } = story;
    discord.gateway.repeatsDispatches(3, "MESSAGE_CREATE");
    const written = rob.writes(rob.dm, "Hello?");
    await passing(() => offerFor(story, written.id));
    await quiet();
    expect(rob.reads(rob.dm).filter(({ replyTo }) => replyTo === written.id)).toHaveLength(1);
  });
});
