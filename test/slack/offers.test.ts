import { describe, expect, test } from "vitest";
import {
  helpMessage,
  homeView,
  listMessage,
  noSuchTicket,
  offer,
  readOffer,
} from "../../adapters/slack/offers.ts";
import type { TicketLine } from "../../src/desk/chat.ts";
import { type Refused, refusalWords } from "../../src/desk/refusal-words.ts";
import { errors, isErrorCode } from "../../src/tickets/errors.ts";
import { type Json, records } from "../fakes/json.ts";
import { slackWithApp } from "../fakes/slack/tiny-app.ts";

const lineOf = (number: number, more: Partial<TicketLine> = {}): TicketLine => ({
  id: `support_ticket_${number}`,
  reference: `T-00000${number % 10}`,
  title: `Printer ${number} on fire`,
  status: "open",
  priority: "high",
  category: "feature_request",
  createdAt: "2026-05-01T14:30:00.000Z",
  updatedAt: "2026-05-01T14:30:00.000Z",
  ...more,
});

const lines = (count: number, more: Partial<TicketLine> = {}) =>
  Array.from({ length: count }, (_, at) => lineOf(at + 1, more));

/** Rob, to whom the bot has said something. */
async function told(said: { text: string; blocks: unknown }) {
  const { slack, app, rob, call } = await slackWithApp();
  const posted = await call("chat.postMessage", { channel: rob.dm, ...said });
  expect(posted).toMatchObject({ ok: true });
  await slack.settled();
  const message = rob.reads(rob.dm).at(-1);
  if (!message) throw new Error("nothing was said");
  const pressed = () => readOffer(records(app.received.at(-1)?.body.actions)[0]);
  return { rob, message, pressed };
}

const hostile = "<!channel> <@U0ADA0001> @everyone *bold* & `code` > :fire:";

describe("help and lists", () => {
  test("help names every command, and offers the form", async () => {
    const { rob, message, pressed } = await told(helpMessage());
    for (const word of ["/ticket list", "/ticket show", "/ticket help", "thread", "More actions"])
      expect(message.words).toContain(word);
    await rob.clicks(message, "open_form");
    expect(pressed()).toEqual({ offer: "open_form" });
  });

  test("a list has a line or two for each ticket", async () => {
    const { message } = await told(listMessage(lines(2, { status: "in_progress" })));
    expect(message.text).toBe("You have 2 open tickets");
    expect(message.words).toContain(
      "T-000001\n Printer 1 on fire\n🔧 In progress · 🟠 High · Feature request · ",
    );
    expect(message.words).toContain("Printer 2 on fire");
    expect(message.words).not.toContain("more");
    expect(message.buttons).toEqual([]);
  });

  test("a long list says how many more there are", async () => {
    const { message } = await told(listMessage(lines(23)));
    expect(message.words).toContain("Printer 20 on fire");
    expect(message.words).not.toContain("Printer 21 on fire");
    expect(message.words).toContain("and 3 more");
  });

  test("who has no open tickets is told so, and offered to open one", async () => {
    const { message } = await told(listMessage([]));
    expect(message.words).toContain("You have no open tickets");
    expect(message.buttons).toEqual(["open_form"]);
    expect((await told(listMessage(lines(1)))).message.text).toBe("You have 1 open ticket");
  });

  test.each([
    ["T-4F7K2M", "You have no ticket T-4F7K2M."],
    ["", "Which ticket?"],
    [hostile, "You have no ticket <!channel>"],
    ["x".repeat(9_000), "You have no ticket xxx"],
  ])("a ticket that is not theirs, or not there, is not found: %s", async (reference, start) => {
    const { message } = await told(noSuchTicket(reference));
    expect(message.words.startsWith(start)).toBe(true);
    expect(message.pings).toEqual([]);
  });

  test.each([
    ["markup", hostile],
    ["emoji", "🔥".repeat(150)],
    ["formatting", "*`".repeat(75)],
    ["lines", "a\n\nb"],
  ])("Slack takes a full list of titles with %s, and no one is called", async (_, title) => {
    const { message } = await told(listMessage(lines(25, { title })));
    expect(message.pings).toEqual([]);
  });
});

describe("words written to the bot outside of a thread", () => {
  const source = "T0001/D0001/1777645800.000100";

  test("are said to have reached no one, and can go to an open ticket or a new one", async () => {
    const words = "It burns again";
    const { rob, message, pressed } = await told(offer({ words, tickets: lines(2), source }));
    expect(message.words).toContain("This has not been sent to anyone yet");
    expect(message.words).toContain(words);
    expect(message.words).toContain("Add to T-000002: Printer 2 on fire");
    const carry = { ticket: "support_ticket_2", source };
    await rob.clicks(message, "carry", JSON.stringify(carry));
    expect(pressed()).toEqual({ offer: "carry", ...carry });
    await rob.clicks(message, "open_form");
    expect(pressed()).toEqual({ offer: "open_form", source, words });
  });

  test("when too long for a button are still where they were written", async () => {
    const said = offer({ words: "fire ".repeat(500), tickets: [], source });
    const { rob, message, pressed } = await told(said);
    await rob.clicks(message, "open_form");
    expect(pressed()).toEqual({ offer: "open_form", source });
  });

  test("can go to ten tickets; for more, the threads are named", async () => {
    const { message } = await told(offer({ words: "fire", tickets: lines(12), source }));
    expect(message.buttons).toEqual([...Array.from({ length: 10 }, () => "carry"), "open_form"]);
    expect(message.words).toContain("You have 2 more open tickets");
  });

  test.each([
    ["markup", hostile, hostile],
    ["emoji", "🔥".repeat(10_000), "🔥".repeat(150)],
    ["no words", "", "Printer"],
    ["quotes", '"\\'.repeat(900), '"\\'.repeat(75)],
  ])("Slack takes them with %s, and no one is called", async (_, words, title) => {
    const tickets = lines(12, { title, id: "🔥".repeat(200) });
    const { message } = await told(offer({ words, tickets, source: '"'.repeat(100) }));
    expect(message.pings).toEqual([]);
  });

  test("are offered with a source that a button can hold, or not at all", () => {
    expect(() => offer({ words: "", tickets: [], source: "x".repeat(101) })).toThrow("101");
  });

  test.each<[string, Json]>([
    ["something else", { action_id: "claim", value: "x" }],
    ["broken", { action_id: "carry", value: "{" }],
    ["without a ticket", { action_id: "carry", value: "{}" }],
    ["without a value", { action_id: "open_form" }],
  ])("a button that is %s is left alone", (_, action) => {
    expect(readOffer(action)).toBeUndefined();
  });
});

describe("the home tab", () => {
  test.each([0, 1, 25])("shows %i open tickets, and opens the form", async (count) => {
    const { app, rob, call } = await slackWithApp();
    const view = homeView(lines(count, { title: "🔥".repeat(150) }));
    expect(await call("views.publish", { user_id: rob.id, view })).toMatchObject({ ok: true });
    await rob.clicks("home", "open_form");
    const [action] = records(app.received.at(-1)?.body.actions);
    expect(readOffer(action)).toEqual({ offer: "open_form" });
    const blocks = JSON.stringify(rob.home?.content.blocks);
    expect(blocks.match(/T-00000\d/g) ?? []).toHaveLength(Math.min(count, 20));
    expect(blocks.includes("and 5 more")).toBe(count === 25);
  });
});

describe("a refusal", () => {
  const codes: Refused[] = [
    "NOT_AN_AGENT",
    "NOT_THE_REQUESTER",
    ...Object.keys(errors).filter(isErrorCode),
  ];

  test.each(codes)("%s is told in a person's words", (code) => {
    const words = refusalWords(code);
    expect(words).toMatch(/^[A-Z].{40,}\.$/);
    expect(words).not.toMatch(/token|body|JSON|HTTP|request\b|path|undefined|[A-Z]_[A-Z]|\.\./);
  });

  test("says what to do", () => {
    expect(refusalWords("TICKET_CLOSED")).toContain("open another one with /ticket");
    expect(refusalWords("STORE_UNAVAILABLE")).toContain("try again in a minute");
    expect(refusalWords("INTERNAL_ERROR")).toContain("no fault of yours");
  });
});
