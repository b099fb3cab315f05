import { rename } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ticketForm } from "../../src/tickets/form.ts";
import { type Json, record, records } from "../fakes/json.ts";
import type { Person } from "../fakes/slack/person.ts";
import type { Seen } from "../fakes/slack/seen.ts";
import { passesALittle } from "./at-work.ts";
import { printer, slackTeam, type Team } from "./slack-team.ts";
import { slowDisk } from "./slow-disk.ts";

/** What stands in a field of the modal. */
const typed = (person: Person, block: string) =>
  record(person.modal?.values[block]?.value).value ?? null;

const inputs = (person: Person): Json[] =>
  records(person.modal?.content.blocks).filter(({ type }) => type === "input");

/** What the person alone was told last. */
const told = (person: Person, channel = person.dm): Seen | undefined =>
  person
    .reads(channel)
    .filter(({ ephemeral }) => ephemeral)
    .at(-1);

const roots = (person: Person, channel: string): Seen[] =>
  person.reads(channel).filter(({ thread, ephemeral }) => thread === undefined && !ephemeral);

async function formFor({ passing }: Team, person: Person, line = "/ticket") {
  await person.types(line);
  await passing(() => person.modal);
}

describe("/ticket", () => {
  test("opens the form with every field of it, and its words as the title", async () => {
    const team = await slackTeam();
    const { rob, ada, triage, passing } = team;
    await formFor(team, rob);
    const labels = inputs(rob).map(({ label }) => record(label).text);
    expect(labels).toEqual(ticketForm.map(({ label }) => label));
    expect(typed(rob, "title")).toBeNull();
    await rob.closes();
    await formFor(team, rob, "/ticket A &amp; B on fire");
    expect(typed(rob, "title")).toBe("A & B on fire");
    await rob.submits({ description: "Help.", priority: "urgent", category: "billing" });
    const card = await passing(() => roots(ada, triage)[0]);
    for (const words of ["A & B on fire", "Urgent", "Billing", "Open"])
      expect(card.words).toContain(words);
  });

  test("marks what is wrong at its field, and keeps all that was typed", async () => {
    const team = await slackTeam();
    const { rob, ada, triage, passing } = team;
    await formFor(team, rob);
    const wrong = { ...printer, title: "   ", tags: `office, ${"x".repeat(51)}` };
    const marked = await rob.submits(wrong);
    expect(marked).toEqual({
      kind: "errors",
      errors: {
        title: "Title is required",
        tags: "Tags must be a list of at most 20, each of 1 to 50 characters",
      },
    });
    expect(typed(rob, "description")).toBe(printer.description);
    expect(typed(rob, "tags")).toBe(wrong.tags);
    const right = { title: "Printer", tags: "office, fire" };
    expect(await rob.submits(right)).toEqual({ kind: "closed" });
    const card = await passing(() => roots(ada, triage)[0]);
    expect(card.words).toContain("Tags: office, fire");
    expect(roots(ada, triage)).toHaveLength(1);
  });

  test("help, list and show are for one's own tickets", async () => {
    const team = await slackTeam();
    const { slack, rob, ada, triage, opens, passing } = team;
    const eve = slack.person("U0EVE0001", { name: "eve", displayName: "Eve" });
    await rob.types("/ticket help");
    expect(told(rob)?.words).toContain("/ticket list");
    await rob.types("/ticket list");
    expect(told(rob)?.words).toContain("You have no open tickets");
    const first = await opens({ title: "The first" });
    slack.clock.advance(1_000);
    const second = await opens({ title: "The second" });
    slack.clock.advance(1_000);
    const third = await opens({ title: "The third" });
    await ada.clicks(ada.reads(triage, { thread: second.agentsRoot })[0] as Seen, "resolve");
    await passing(() => ada.modal);
    await ada.submits({ Resolution: "Done." });
    await rob.types("/ticket list");
    const list = told(rob)?.words ?? "";
    expect(list).toContain("You have 2 open tickets");
    expect(list.indexOf("The third")).toBeLessThan(list.indexOf("The first"));
    expect(list).not.toContain("The second");

    await rob.types(`/ticket show ${third.reference.toLowerCase()}`);
    expect(told(rob)).toMatchObject({ buttons: [] });
    expect(told(rob)?.words).toContain("The third");
    await eve.types("/ticket list");
    expect(told(eve)?.words).toContain("You have no open tickets");
    await eve.types(`/ticket show ${first.reference}`);
    const others = told(eve)?.words.replace(first.reference, "REF");
    await eve.types("/ticket show T-000000");
    expect(others).toBe(told(eve)?.words.replace("T-000000", "REF"));
    expect(others).not.toContain("The first");
  });

  test("list has a ticket that is still open after a hundred that are not", async () => {
    const team = await slackTeam({ settings: { routes: [] } });
    const { slack, rob, asks } = team;
    const opens = async (title: string): Promise<void> => {
      slack.clock.advance(1);
      await formFor(team, rob);
      await rob.submits({ ...printer, title });
    };
    await opens("The oldest");
    const resolved = { status: "resolved", resolution: "Done." };
    for (let n = 0; n < 100; n += 1) {
      await opens(`Number ${n}`);
      const { data } = JSON.parse(await asks("agent", "GET", "?limit=1"));
      await asks("agent", "PUT", `/${data[0]._id}`, resolved);
    }
    await rob.types("/ticket list");
    expect(told(rob)?.words).toContain("You have 1 open ticket");
    expect(told(rob)?.words).toContain("The oldest");
  });
});

describe("the shortcut on a message", () => {
  async function inGeneral() {
    const team = await slackTeam();
    const { slack, rob, ada, bea } = team;
    const members = [rob.id, ada.id, bea.id];
    const general = slack.workspace.addChannel({ id: "C0GENERAL", name: "general", members }).id;
    return { ...team, general };
  }

  test("makes, for an agent, a ticket of who wrote it, with its words, its files and a link back", async () => {
    const { rob, ada, bea, general, triage, passing } = await inGeneral();
    const root = ada.writes(general, "Any trouble?");
    const blocks = [
      {
        type: "rich_text",
        elements: [
          {
            type: "rich_text_section",
            elements: [
              { type: "text", text: "It says " },
              { type: "text", text: "PC LOAD", style: { bold: true } },
              { type: "text", text: " & beeps" },
            ],
          },
        ],
      },
    ];
    const files = [{ name: "photo.png", content: "pixels", mimetype: "image/png" }];
    const thread = root.ts;
    const written = rob.writes(general, "It says *PC LOAD* &amp; beeps", { thread, files, blocks });
    await bea.uses("open_ticket", written);
    await passing(() => bea.modal);
    expect(typed(bea, "description")).toMatch(
      /^It says \*{0,2}PC LOAD\*{0,2} & beeps\n\nhttps:\/\/.*\/archives\/C0GENERAL\/p\d{16}\?thread_ts=[\d.]+&cid=C0GENERAL$/,
    );
    expect(JSON.stringify(bea.modal?.content)).toContain("These files come along: photo.png.");
    expect(JSON.stringify(bea.modal?.content)).toContain("this will be their ticket");
    await bea.submits({ title: "Printer", priority: "low", category: "technical" });
    const card = await passing(() => roots(ada, triage)[0]);
    expect(card.words).toContain("*Requester*\nRob");
    const own = await passing(() => roots(rob, rob.dm)[0]);
    expect(own.words).toContain("Printer");
    expect(roots(bea, bea.dm)).toEqual([]);
    for (const [reader, channel, root] of [
      [ada, triage, card],
      [rob, rob.dm, own],
    ] as const) {
      const first = await passing(() => reader.reads(channel, { thread: root.ts })[1]);
      expect(first).toMatchObject({ from: "Bea", words: expect.stringContaining("PC LOAD") });
    }
    await passing(() =>
      ada.reads(triage, { thread: card.ts }).find((seen) => seen.files.includes("photo.png")),
    );
  });

  test("speaks for no one else: whoever uses it and is no agent asks in their own name", async () => {
    const { slack, rob, ada, general, triage, passing, quiet } = await inGeneral();
    const eve = slack.person("U0EVE0001", { name: "eve", displayName: "Eve" });
    eve.joins(general);
    await eve.uses("open_ticket", rob.writes(general, "Nice weather."));
    await passing(() => eve.modal);
    expect(JSON.stringify(eve.modal?.content)).toContain("Otherwise it will be yours");
    const asked = { title: "Make Eve an admin", description: "My boss agreed." };
    await eve.submits({ ...asked, priority: "low", category: "account" });
    const card = await passing(() => roots(ada, triage)[0]);
    expect(card.words).toContain("*Requester*\nEve");
    await passing(() => roots(eve, eve.dm)[0]);
    await quiet();
    expect(roots(rob, rob.dm)).toEqual([]);
    const words = ada.reads(triage, { thread: card.ts }).slice(1);
    expect(words.map(({ from }) => from)).toEqual(["Eve"]);
  });

  test("says nothing of whose ticket it will be to who wrote the message", async () => {
    const { rob, general, passing } = await inGeneral();
    await rob.uses("open_ticket", rob.writes(general, "It burns."));
    await passing(() => rob.modal);
    expect(JSON.stringify(rob.modal?.content)).not.toContain("agent");
  });

  test("makes a ticket of who uses it, when an agent or a bot wrote the message", async () => {
    const { slack, rob, ada, general, triage, passing } = await inGeneral();
    const byAgent = ada.writes(general, "The printer is on fire.");
    const at = slack.workspace.channelOf({ channel: general });
    slack.workspace.post(at, { byApp: true, username: "Monitor", text: "Disk &gt; 90%" });
    const byBot = rob.reads(general).at(-1) as Seen;
    for (const [message, words] of [
      [byAgent, "The printer is on fire."],
      [byBot, "Disk > 90%"],
    ] as const) {
      await rob.uses("open_ticket", message);
      await passing(() => rob.modal);
      expect(typed(rob, "description")).toContain(words);
      await rob.submits({ title: words, priority: "low", category: "technical" });
      await passing(() => roots(rob, rob.dm).find((seen) => seen.words.includes(words)));
      const card = await passing(() =>
        roots(ada, triage).find((seen) => seen.words.includes(words)),
      );
      expect(card.words).toContain("*Requester*\nRob");
    }
    expect(roots(ada, ada.dm)).toEqual([]);
  });
});

describe("a ticket that cannot be saved", () => {
  test("is no ticket: the form says so, keeps what was typed, and works later", async () => {
    const team = await slackTeam();
    const { rob, ada, triage, folder, passing } = team;
    await formFor(team, rob);
    await rename(join(folder, "tickets"), join(folder, "elsewhere"));
    const refused = await rob.submits(printer);
    expect(refused).toMatchObject({
      kind: "errors",
      errors: { title: expect.stringContaining("could not be saved just now") },
    });
    expect(typed(rob, "description")).toBe(printer.description);
    await rename(join(folder, "elsewhere"), join(folder, "tickets"));
    expect(await rob.submits()).toEqual({ kind: "closed" });
    await passing(() => roots(rob, rob.dm)[0]);
    await passing(() => roots(ada, triage)[0]);
    expect(roots(ada, triage)).toHaveLength(1);
  });

  /** Submits, and lets pass what the form waits. */
  async function submitsSlowly({ slack }: Team, person: Person, fields = {}) {
    let done: unknown;
    const submitted = person.submits(fields).then((answer) => {
      done = answer;
      return answer;
    });
    await slack.until(() => {
      passesALittle(slack.clock);
      return done;
    });
    return submitted;
  }

  test("in time is asked for again, and becomes one ticket", async () => {
    const team = await slackTeam();
    const { rob, ada, triage, passing } = team;
    await formFor(team, rob);
    const release = slowDisk();
    expect(await submitsSlowly(team, rob, printer)).toMatchObject({
      kind: "errors",
      errors: { title: expect.stringContaining("takes longer than usual") },
    });
    release();
    expect(await rob.submits()).toEqual({ kind: "closed" });
    await passing(() => roots(ada, triage)[0]);
    await rob.types("/ticket list");
    expect(told(rob)?.words).toContain("You have 1 open ticket");
  });

  test("in time says what it was saved with, when that is not what stands there now", async () => {
    const team = await slackTeam();
    const { rob, ada, triage, passing } = team;
    await formFor(team, rob);
    const release = slowDisk();
    await submitsSlowly(team, rob, printer);
    release();
    const changed = { description: "It burns. And the curtains do, too." };
    const card = await passing(() => roots(ada, triage)[0]);
    const reference = /T-\w{6}/.exec(card.words)?.[0] ?? "";
    expect(await rob.submits(changed)).toMatchObject({
      kind: "errors",
      errors: { title: expect.stringContaining(reference) },
    });
    expect(typed(rob, "description")).toBe(changed.description);
    // What was saved is what stands there again: the form may go.
    expect(await rob.submits({ description: printer.description })).toEqual({ kind: "closed" });
    expect(roots(ada, triage)).toHaveLength(1);
  });
});

describe("the requester's thread", () => {
  test("begins with a card that shows the ticket, and later who is on it", async () => {
    const { ada, opens, passing } = await slackTeam();
    const { reference, atAgents, atRequester } = await opens();
    const { words, buttons } = atRequester()[0] as Seen;
    for (const each of [reference, "Printer on fire", "Open", "High", "Technical", "No one yet"])
      expect(words).toContain(each);
    expect(buttons).toEqual([]);
    await ada.clicks(atAgents()[0] as Seen, "claim");
    await passing(() => atRequester()[0]?.words.includes("*Assignee*\nAda"));
  });
});

describe("words to the bot outside of any ticket's thread", () => {
  /** The bot's answer to them. */
  const offerAfter = ({ rob }: Team, { ts }: Seen) =>
    rob.reads(rob.dm).find((seen) => seen.ts > ts && seen.buttons.includes("open_form"));

  test("are added to the ticket that is chosen, once, as they are by then", async () => {
    const team = await slackTeam();
    const { rob, opens, passing, quiet } = team;
    const printerTicket = await opens();
    const screen = await opens({ title: "Screen black" });
    const written = rob.writes(rob.dm, "It is getting wrose");
    const offer = await passing(() => offerAfter(team, written));
    for (const title of ["Printer on fire", "Screen black", "It is getting wrose"])
      expect(offer.words).toContain(title);
    rob.edits(written, "It is getting worse");
    await quiet();
    const button = buttonFor(offer, printerTicket.reference);
    await Promise.all([rob.clicks(offer, "carry", button), rob.clicks(offer, "carry", button)]);
    await passing(() => printerTicket.atAgents().length === 3);
    await passing(() =>
      rob.reads(rob.dm).find((seen) => seen.words.includes(`added to ${printerTicket.reference}`)),
    );
    rob.writes(rob.dm, "And worse.", { thread: printerTicket.requesterRoot });
    await passing(() => printerTicket.atAgents().at(-1)?.words === "And worse.");
    expect(
      printerTicket
        .atAgents()
        .slice(2)
        .map(({ words }) => words),
    ).toEqual(["It is getting worse", "And worse."]);
    expect(screen.atAgents()).toHaveLength(2);
    expect(rob.reads(rob.dm).filter(({ buttons }) => buttons.includes("carry"))).toEqual([]);
  });

  test.each([
    ["edited and deleted", async () => undefined],
    ["edited and deleted after a restart", async (team: Team) => team.restart()],
  ])("that were added to a ticket are %s there as well", async (_, between) => {
    const team = await slackTeam();
    const { rob, opens, passing, quiet } = team;
    const { reference, atAgents } = await opens();
    const written = rob.writes(rob.dm, "It is getting worse");
    const offer = await passing(() => offerAfter(team, written));
    await rob.clicks(offer, "carry", buttonFor(offer, reference));
    await passing(() => atAgents().at(-1)?.words === "It is getting worse");
    await quiet();
    await between(team);
    rob.edits(written, "It is getting better");
    await passing(() => atAgents().at(-1)?.words === "It is getting better");
    rob.deletes(written);
    await passing(() => atAgents().length === 2);
    await quiet();
    expect(atAgents()).toHaveLength(2);
  });

  const buttonFor = (offer: Seen, reference: string): string => {
    const buttons = offer.blocks.flatMap(({ elements }) => records(elements));
    const found = buttons.find(({ text }) => String(record(text).text).includes(reference));
    return String(found?.value);
  };

  test.each([
    ["a few", "The lamp is broken."],
    ["many", "The lamp is broken. ".repeat(200).trim()],
  ])("open a new ticket with %s of them and their files", async (_, words) => {
    const team = await slackTeam();
    const { rob, ada, triage, passing } = team;
    const files = [{ name: "lamp.png", content: "pixels", mimetype: "image/png" }];
    const written = rob.writes(rob.dm, words, { files });
    const offer = await passing(() => offerAfter(team, written));
    await rob.clicks(offer, "open_form");
    await passing(() => rob.modal);
    const title = { title: "Lamp", priority: "low", category: "general" };
    expect(await rob.submits(title)).toEqual({ kind: "closed" });
    const card = await passing(() => roots(ada, triage)[0]);
    const thread = () => ada.reads(triage, { thread: card.ts }).slice(1);
    await passing(() => thread().some((seen) => seen.files.includes("lamp.png")));
    expect(
      thread()
        .filter(({ from }) => from === "Rob")
        .map((seen) => seen.words)
        .join(" ")
        .replaceAll(/ +/g, " "),
    ).toContain(words);
  });

  test("are not offered a place any more once a ticket was made of them", async () => {
    const team = await slackTeam();
    const { rob, opens, passing, quiet } = team;
    const { atAgents } = await opens();
    const written = rob.writes(rob.dm, "The lamp is broken.");
    const offer = await passing(() => offerAfter(team, written));
    await rob.clicks(offer, "open_form");
    await passing(() => rob.modal);
    expect(rob.reads(rob.dm).find(({ ts }) => ts === offer.ts)?.buttons).toContain("carry");
    await rob.submits({ title: "Lamp", priority: "low", category: "general" });
    const done = await passing(() =>
      rob.reads(rob.dm).find(({ ts, buttons }) => ts === offer.ts && buttons.length === 0),
    );
    expect(done.words).toMatch(/^This became T-\w{6}\.$/);
    await quiet();
    expect(atAgents().map(({ words }) => words)).not.toContain("The lamp is broken.");
  });

  test.each([
    ["the same again", "Lamp", { kind: "closed" }],
    ["something else", "Bulb", { kind: "errors" }],
  ])(
    "become one ticket, also when the form is opened and submitted twice, with %s",
    async (...given) => {
      const [, title, outcome] = given;
      const team = await slackTeam();
      const { rob, ada, triage, passing, quiet } = team;
      const written = rob.writes(rob.dm, "The lamp is broken.");
      const offer = await passing(() => offerAfter(team, written));
      const opens = async (fields: Record<string, string>) => {
        const before = rob.modal;
        await rob.clicks(offer, "open_form");
        const view = await passing(() => (rob.modal !== before ? rob.modal : undefined));
        rob.fills({ priority: "low", category: "general", ...fields });
        return view;
      };
      const earlier = await opens({ title });
      await opens({ title: "Lamp" });
      expect(await rob.submits()).toEqual({ kind: "closed" });
      expect(await rob.submitsAgain(earlier)).toMatchObject(outcome);
      await quiet();
      expect(roots(ada, triage)).toHaveLength(1);
      expect(roots(ada, triage)[0]?.words).toContain("Lamp");
    },
  );

  test("stay offered, and the ticket is open, when Slack does not change the offer", async () => {
    const team = await slackTeam();
    const { slack, rob, ada, triage, passing, log } = team;
    const written = rob.writes(rob.dm, "The lamp is broken.");
    const offer = await passing(() => offerAfter(team, written));
    await rob.clicks(offer, "open_form");
    await passing(() => rob.modal);
    slack.misbehave({ error: "cant_update_message" }, { method: "chat.update", channel: rob.dm });
    const fields = { title: "Lamp", priority: "low", category: "general" };
    expect(await rob.submits(fields)).toEqual({ kind: "closed" });
    await passing(() => roots(ada, triage)[0]);
    await passing(() => log.lines.find(({ message }) => message.startsWith("An offer still")));
  });

  test("open a new ticket with what was edited since", async () => {
    const team = await slackTeam();
    const { rob, passing, quiet } = team;
    const written = rob.writes(rob.dm, "The lmap");
    const offer = await passing(() => offerAfter(team, written));
    rob.edits(written, "The lamp");
    await quiet();
    await rob.clicks(offer, "open_form");
    await passing(() => rob.modal);
    expect(typed(rob, "description")).toBe("The lamp");
  });

  test("that were deleted since go nowhere, and who presses is told", async () => {
    const team = await slackTeam();
    const { rob, opens, passing, quiet } = team;
    const { reference, atAgents, requesterRoot } = await opens();
    const written = rob.writes(rob.dm, "Never mind");
    const offer = await passing(() => offerAfter(team, written));
    rob.deletes(written);
    await quiet();
    await rob.clicks(offer, "carry", buttonFor(offer, reference));
    await passing(() => told(rob)?.words.includes("no longer there"));
    await rob.clicks(offer, "open_form");
    await passing(() => told(rob)?.words.includes("no longer there"));
    expect(rob.modal).toBeUndefined();
    rob.writes(rob.dm, "Go on.", { thread: requesterRoot });
    await passing(() => atAgents().length === 3);
    expect(atAgents()[2]?.words).toBe("Go on.");
  });

  test("are offered a place as well when they stand below the bot's answer", async () => {
    const team = await slackTeam();
    const { rob, ada, triage, passing } = team;
    const written = rob.writes(rob.dm, "Hello?");
    const offer = await passing(() => offerAfter(team, written));
    const below = rob.writes(rob.dm, "The lamp is broken.", { thread: offer.ts });
    const again = await passing(() => offerAfter(team, below));
    expect(again).toMatchObject({ thread: offer.ts });
    expect(again.words).toContain("The lamp is broken.");
    await rob.clicks(again, "open_form");
    await passing(() => rob.modal);
    await rob.submits({ title: "Lamp", priority: "low", category: "general" });
    const card = await passing(() => roots(ada, triage)[0]);
    expect(card.words).toContain("The lamp is broken.");
  });
});

describe("the thread of a closed ticket", () => {
  test.each([
    ["a few", "It burns again."],
    ["many", "It burns again. ".repeat(200).trim()],
  ])("says so, and offers another with %s words", async (_, words) => {
    const { rob, ada, triage, opens, passing } = await slackTeam();
    const { atAgents, atRequester, requesterRoot } = await opens();
    await ada.clicks(atAgents()[0] as Seen, "status", "closed");
    await passing(() => atRequester()[0]?.words.includes("Closed"));
    const files = [{ name: "smoke.png", content: "pixels", mimetype: "image/png" }];
    rob.writes(rob.dm, words, { thread: requesterRoot, files });
    const offer = await passing(() => told(rob));
    expect(offer).toMatchObject({ thread: requesterRoot, buttons: ["open_form"] });
    expect(offer.words).toContain("This ticket is closed");
    await rob.clicks(offer, "open_form");
    await passing(() => rob.modal);
    expect(await rob.submits({ title: "Again", priority: "low", category: "general" })).toEqual({
      kind: "closed",
    });
    const card = await passing(() =>
      roots(ada, triage).find((seen) => seen.words.includes("Again")),
    );
    const thread = () => ada.reads(triage, { thread: card.ts }).slice(1);
    await passing(() => thread().some((seen) => seen.files.includes("smoke.png")));
    expect(
      thread()
        .filter(({ from }) => from === "Rob")
        .map((seen) => seen.words)
        .join(" ")
        .replaceAll(/ +/g, " "),
    ).toContain(words);
    expect(atAgents().map((seen) => seen.words)).not.toContain(words);
  });
});

test("the home tab shows one's open tickets, and a button that opens the form", async () => {
  const { rob, opens, passing } = await slackTeam();
  const { reference } = await opens();
  rob.opensHome();
  await passing(() => JSON.stringify(rob.home?.content ?? "").includes(reference));
  await rob.clicks("home", "open_form");
  await passing(() => rob.modal);
  expect(typed(rob, "description")).toBeNull();
});

test("when Slack does not open the form from the home tab, they are told in their messages", async () => {
  const { slack, rob, passing } = await slackTeam();
  rob.opensHome();
  await passing(() => rob.home);
  slack.misbehave({ error: "expired_trigger_id" }, { method: "views.open" });
  await rob.clicks("home", "open_form");
  await passing(() => rob.reads(rob.dm).find(({ words }) => words.includes("Please try again")));
  expect(rob.modal).toBeUndefined();
});
