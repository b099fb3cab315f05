import { describe, expect, test } from "vitest";
import {
  cards,
  conversation,
  discordStory,
  formFor,
  printer,
  slowly,
  threadOf,
  ticketsOf,
  told,
  words,
} from "./discord-team.ts";
import { slowDisk } from "./slow-disk.ts";

const numbered = (count: number) => Array.from({ length: count }, (_, n) => `Message ${n}`);

const isMessage = { route: "POST /channels/:id/messages" };

describe("the connection to Discord", () => {
  test("breaks again and again, and is resumed: nothing is lost, doubled or out of order", async () => {
    const { discord, opened, passing, quiet } = await conversation();
    const { rob, ada } = opened;
    const said = numbered(6);
    for (const pair of [said.slice(0, 2), said.slice(2, 4), said.slice(4)]) {
      discord.gateway.replaysTwice();
      discord.gateway.drop();
      for (const each of pair) rob.writes(each);
      await passing(() => words(ada).includes(pair[1] ?? ""));
    }
    await quiet();
    expect(words(ada)).toEqual(said);
    expect(discord.gateway.identified).toBe(1);
    expect(discord.gateway.resumed).toBeGreaterThan(0);
  });

  test("brings things twice, and each counts once", async () => {
    const { discord, opened, passing, quiet } = await conversation();
    const { rob, ada } = opened;
    discord.gateway.misbehaves(() => "repeat");
    const first = rob.writes("It burns agian.");
    ada.writes("Try water.");
    await passing(() => words(ada).length === 2 && words(rob).length === 2);
    rob.edits(first, "It burns again.");
    await passing(() => words(ada).includes("It burns again."));
    rob.deletes(first);
    await ada.clicks("claim");
    await ada.fills("note", "It is insured.");
    await passing(() => ada.card().includes("Assignee\nAda"));
    await quiet();
    expect(words(rob)).toEqual(["Try water."]);
    expect(
      words(ada)
        .join()
        .match(/insured/g),
    ).toHaveLength(1);
    expect(ada.told()).toEqual([]);
  });

  test("is lost with its session: what is said after it is back goes on", async () => {
    const { discord, opened, passing, quiet } = await conversation();
    const { rob, ada } = opened;
    discord.gateway.loseSession();
    await discord.until(() => discord.gateway.identified === 2);
    rob.writes("Are you there?");
    ada.writes("We are.");
    await passing(() => words(ada).length === 2 && words(rob).length === 2);
    await ada.clicks("claim");
    await passing(() => rob.card().includes("Ada"));
    await quiet();
  });
});

describe("while the store is slow", () => {
  test("a press is answered in time, and then done", async () => {
    const story = await conversation();
    const { ada: person, opened, passing } = story;
    const card = () => cards(story)[0];
    const release = slowDisk();
    const pressed = person.clicks(card() ?? fail(), "Claim");
    expect(await slowly(story, pressed)).toEqual({ kind: "answered", with: "deferred update" });
    release();
    await passing(() => opened.ada.card().includes("Assignee\nAda"));
    expect(person.notices).toEqual([]);
  });

  test("a note is answered in time, and stands there once", async () => {
    const story = await conversation();
    const { ada: person, opened, passing, quiet } = story;
    await person.clicks(cards(story)[0] ?? fail(), "Note…");
    await passing(() => person.modal);
    const release = slowDisk();
    const sent = person.submits({ text: "It is insured." });
    expect(await slowly(story, sent)).toMatchObject({ kind: "answered" });
    release();
    await passing(() => words(opened.ada).some((each) => each.includes("insured")));
    await quiet();
    expect(words(opened.ada)).toHaveLength(1);
    expect(person.notices).toEqual([]);
  });

  test("who writes is told when it takes long, and it is passed on once", async () => {
    const story = await conversation();
    const { rob: person, opened, discord, passing, quiet } = story;
    const { rob, ada, thread } = opened;
    const release = slowDisk();
    const said = rob.writes("Hello?");
    await passing(() => person.reads(thread).some(({ replyTo }) => replyTo === said.id));
    expect(person.reads(thread).at(-1)?.words).toContain("not in the ticket yet");
    release();
    await passing(() => words(ada).includes("Hello?"));
    await quiet();
    expect(words(ada)).toEqual(["Hello?"]);
    expect(discord.unguarded).toEqual([]);
  });
});

const fail = (): never => {
  throw new Error("there is no card");
};

describe("an answer to an interaction", () => {
  const route = "POST /interactions/:id/:token/callback";
  const late = { status: 404, code: 10_062, message: "Unknown interaction" };
  const second = {
    status: 400,
    code: 40_060,
    message: "Interaction has already been acknowledged.",
  };

  test("that comes too late harms nothing: the ticket is open, and once", async () => {
    const story = await discordStory();
    const { discord, rob, help, log } = story;
    await formFor(story);
    const shown = rob.holdsModal();
    discord.misbehave({ error: late }, { route });
    expect(await slowly(story, rob.submits(printer))).toMatchObject({ kind: "failed" });
    await story.quiet();
    expect(cards(story)).toHaveLength(1);
    await rob.submitsAgain(shown);
    await story.quiet();
    expect(await ticketsOf(story)).toHaveLength(1);
    expect(told(rob, help)?.words).toContain("is open");
    expect(log.lines.filter(({ level }) => level === "error" || level === "warn")).toEqual([]);
  });

  test("that Discord has already, or that is cut off, is given once", async () => {
    const story = await discordStory();
    const { discord, rob, ada, help, passing, log } = story;
    for (const fault of [
      { error: second, afterEffect: true },
      "cut-off",
      "reset-after-effect",
    ] as const) {
      discord.misbehave(fault, { route });
      await slowly(story, rob.types("/tickets list", {}, { channel: help }));
    }
    await story.quiet();
    const lists = rob.reads(help).filter(({ ephemeral }) => ephemeral);
    expect(lists.map(({ content }) => content)).toEqual(Array(3).fill("You have no open tickets"));
    discord.misbehave("reset", { route });
    await slowly(story, rob.types("/ticket", {}, { channel: help }));
    expect(rob.modal).toBeDefined();
    await rob.submits(printer);
    const card = await passing(() => cards(story)[0]);
    discord.misbehave({ error: late }, { route });
    await slowly(story, ada.clicks(card, "Claim"));
    await passing(() => cards(story)[0]?.words.includes("Assignee\nAda"));
    expect(rob.notices).toEqual([]);
    expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
  });
});

describe("when Discord asks to wait", () => {
  test("for a route, everything comes, in order", async () => {
    const { discord, opened, passing, quiet } = await conversation();
    const { rob, ada } = opened;
    discord.limitRate(isMessage.route, { limit: 2, perMs: 200 });
    const said = numbered(7);
    for (const each of said) rob.writes(each);
    await passing(() => words(ada).length === said.length);
    await quiet();
    expect(words(ada)).toEqual(said);
  });

  test("for everything, everything comes, in order", async () => {
    const { discord, opened, passing, quiet } = await conversation();
    const { rob, ada } = opened;
    discord.misbehave({ retryAfterS: 0.3, global: true }, { times: 2 });
    const said = numbered(4);
    for (const each of said) rob.writes(each);
    await passing(() => words(ada).length === said.length);
    await quiet();
    expect(words(ada)).toEqual(said);
  });

  test("for long, in one thread, nothing else waits", async () => {
    const { discord, opened, passing, quiet } = await conversation();
    const { rob, ada, agentsThread } = opened;
    discord.misbehave({ retryAfterS: 5.5 }, { ...isMessage, channel: agentsThread });
    rob.writes("To the agents");
    ada.writes("To Rob");
    await passing(() => words(rob).includes("To Rob"));
    expect(words(ada)).not.toContain("To the agents");
    await passing(() => words(ada).includes("To the agents"));
    await quiet();
    expect(words(ada).filter((each) => each === "To the agents")).toHaveLength(1);
  });
});

describe("whatever becomes of the answer", () => {
  test.each([
    ["reset-after-effect", "reset-after-effect" as const],
    ["cut off", "cut-off" as const],
    ["an error after the effect", { status: 500, afterEffect: true }],
    ["a page of a proxy", { html: 502 }],
  ])(
    "to what opens threads or posts (%s), a ticket has one thread at each side, and its words once",
    async (_, fault) => {
      const story = await discordStory();
      const { discord, rob, ada, help, triage, platform, passing, quiet } = story;
      for (const route of [
        ...["POST /channels/:id/threads", "POST /channels/:id/messages/:id/threads"],
        ...["POST /channels/:id/messages", "PUT /channels/:id/thread-members/:user"],
      ])
        discord.misbehave(fault, { route, times: route === isMessage.route ? 3 : 1 });
      await platform.asks(printer, passing);
      await passing(() => rob.threads(help)[0] && ada.threads(triage)[0]);
      await quiet();
      const reference = /T-\w{6}/.exec(cards(story)[0]?.words ?? "")?.[0] ?? "";
      expect(cards(story)).toHaveLength(1);
      const threads = [
        [rob, threadOf(rob, help, reference)],
        [ada, threadOf(ada, triage, reference)],
      ] as const;
      for (const [reader, thread] of threads) {
        const all = reader.reads(thread).filter(({ words }) => words === "Rob\nIt burns.");
        expect(all).toHaveLength(1);
      }
    },
  );
});
