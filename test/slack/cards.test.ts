import { describe, expect, test } from "vitest";
import { readAction, renderCard } from "../../adapters/slack/cards.ts";
import type { TicketCard } from "../../src/desk/chat.ts";
import { transitions } from "../../src/tickets/lifecycle.ts";
import { priorities, statuses } from "../../src/tickets/ticket.ts";
import { type Json, record, records } from "../fakes/json.ts";
import { elementsOf, optionsOf } from "../fakes/slack/blocks.ts";
import { slackWithApp } from "../fakes/slack/tiny-app.ts";

const id = "support_ticket_0123456789abcdef0123456789abcdef";

const cardOf = (more: Partial<TicketCard> = {}): TicketCard => ({
  undelivered: 0,
  side: "agents",
  id,
  reference: "T-4F7K2M",
  title: "Printer on fire",
  description: "It burns in room 4.",
  status: "open",
  priority: "high",
  category: "technical",
  tags: ["printer", "fire"],
  requester: "Rob",
  assignee: null,
  resolution: null,
  createdAt: "2026-05-01T14:30:00.000Z",
  offers: ["claim", "resolve", "note", "reply", "status", "priority"],
  moves: transitions.open,
  ...more,
});

/** Ada, an agent, before a card in the triage channel. */
async function atTheCard(card: TicketCard) {
  const { slack, app, ada, triage, call } = await slackWithApp();
  const posted = await call("chat.postMessage", { channel: triage, ...renderCard(card) });
  expect(posted).toMatchObject({ ok: true });
  await slack.settled();
  const seen = () => {
    const [message] = ada.reads(triage);
    if (!message) throw new Error("there is no card");
    return message;
  };
  const pressed = () => readAction(records(app.received.at(-1)?.body.actions)[0]);
  return { ada, seen, pressed, call, triage, ts: posted.ts };
}

describe("a card", () => {
  test("shows at a glance how the ticket stands", async () => {
    const { seen } = await atTheCard(cardOf({ assignee: "Ada", resolution: "We put it out." }));
    const { words, text } = seen();
    expect(words.split("\n")).toEqual([
      "📬 Printer on fire",
      ...["*Ticket*", "T-4F7K2M", "*Status*", "📬 Open", "*Priority*", "🟠 High"],
      ...["*Category*", "Technical", "*Requester*", "Rob", "*Assignee*", "Ada"],
      "It burns in room 4.",
      "Resolution",
      "We put it out.",
      "Tags: printer, fire",
      expect.stringMatching(/^Opened <!date\^1777645800\^[^|]+\|2026-05-01 14:30 UTC>$/),
      ...["Claim", "Reply…", "Note…", "Resolve…", "Status", "Priority", "🟠 High"],
    ]);
    expect(text).toBe("T-4F7K2M · Printer on fire (open, high)");
  });

  test("says what could not be delivered, and has all of it sent again", async () => {
    const { ada, seen, pressed } = await atTheCard(cardOf({ undelivered: 2 }));
    expect(seen().words).toContain("⚠️ 2 messages could not be delivered");
    expect(seen().buttons).toContain("retry");
    await ada.clicks(seen(), "retry");
    expect(pressed()).toEqual({ ticket: id, press: "retry", value: "*" });
    const one = await atTheCard(cardOf({ undelivered: 1, offers: [], moves: [] }));
    expect(one.seen().words).toContain("⚠️ 1 message could not be delivered");
    expect(one.seen().buttons).toEqual(["retry"]);
  });

  test("has no buttons and no description for the requester", async () => {
    const { description: _, ...rest } = cardOf({ side: "requester", offers: [], moves: [] });
    const { seen } = await atTheCard(rest);
    expect(seen().buttons).toEqual([]);
    expect(seen().words).toContain("*Assignee*\nNo one yet");
    expect(seen().words).not.toContain("burns");
  });

  test("each button says what is pressed, and on which ticket", async () => {
    const presses = ["claim", "release", "reply", "note", "resolve", "reopen"] as const;
    const { ada, seen, pressed } = await atTheCard(cardOf({ offers: ["retry", ...presses] }));
    expect(seen().buttons.toSorted()).toEqual(presses.toSorted());
    for (const press of presses) {
      await ada.clicks(seen(), press, id);
      expect(pressed()).toEqual({ ticket: id, press });
    }
  });

  test("a status and a priority can be chosen, but resolving asks for a resolution", async () => {
    const { ada, seen, pressed } = await atTheCard(cardOf());
    await ada.clicks(seen(), "status", "in_progress");
    expect(pressed()).toEqual({ ticket: id, press: "status", value: "in_progress" });
    await ada.clicks(seen(), "priority", "urgent");
    expect(pressed()).toEqual({ ticket: id, press: "priority", value: "urgent" });
    await expect(async () => ada.clicks(seen(), "status", "resolved")).rejects.toThrow("resolved");
  });

  test.each(statuses)("a ticket that is %s can go where the status table says", (status) => {
    const { blocks } = renderCard(cardOf({ status, moves: transitions[status] }));
    const menu = records(blocks)
      .flatMap(elementsOf)
      .find(({ action_id }) => action_id === "status");
    const wanted = transitions[status].filter((to) => to !== "resolved");
    expect(optionsOf(menu ?? {}).map(({ value }) => value)).toEqual(wanted);
    expect(menu === undefined).toBe(wanted.length === 0);
  });

  test.each(priorities)("the menu stands at the priority, %s", (priority) => {
    const menu = records(renderCard(cardOf({ priority })).blocks)
      .flatMap(elementsOf)
      .find(({ action_id }) => action_id === "priority");
    expect(record(menu?.initial_option).value).toBe(priority);
  });

  test("after each change its menus are new ones, which show nothing chosen before", () => {
    const idOf = (more: Partial<TicketCard>) =>
      records(renderCard(cardOf(more)).blocks).find(({ type }) => type === "actions")?.block_id;
    const ids = [{}, { status: "pending" }, { priority: "low" }] as const;
    expect(new Set(ids.map(idOf)).size).toBe(3);
  });

  test("can take the place of the one before", async () => {
    const { seen, call, triage, ts } = await atTheCard(cardOf());
    const next = renderCard(cardOf({ status: "closed", offers: [], moves: [] }));
    expect(await call("chat.update", { channel: triage, ts, ...next })).toMatchObject({ ok: true });
    expect(seen().words).toContain("🔒 Closed");
    expect(seen().buttons).toEqual([]);
  });

  test("a title that is too long for the heading is cut where it can be seen, and stands whole below", async () => {
    const title = "🔥".repeat(150);
    const [heading = "", whole] = (await atTheCard(cardOf({ title }))).seen().words.split("\n");
    expect(heading).toMatch(/^📬 🔥+…$/u);
    expect(heading.length).toBeLessThanOrEqual(150);
    expect(whole).toBe(title);
  });

  const hostile = "<!channel> <@U0ADA0001> @here *bold* & `code` > :fire: <https://evil.example|x>";

  test.each<[string, Partial<TicketCard>]>([
    ["markup", { title: hostile, description: hostile, tags: [hostile], requester: hostile }],
    ["markup by others", { assignee: hostile, resolution: hostile, side: "requester" }],
    ["formatting and nothing else", { title: "*`".repeat(75), requester: "*`".repeat(100) }],
    ["long texts", { description: "🔥 ".repeat(5_000), resolution: "fire ".repeat(2_000) }],
    ["20 long tags", { tags: Array.from({ length: 20 }, (_, at) => `${at}${"🔥".repeat(48)}`) }],
    ["many lines", { title: "a\nb", requester: "Rob\nRob", description: "\n".repeat(3_000) }],
    ["no tags", { tags: [], description: "" }],
    ["long names", { requester: "Rob ".repeat(900), assignee: "<&>".repeat(900) }],
    [
      "all of it at once",
      {
        title: "🔥".repeat(150),
        description: "🔥".repeat(10_000),
        resolution: "🔥".repeat(10_000),
        tags: Array.from({ length: 20 }, (_, at) => `${at}${"🔥".repeat(48)}`),
        requester: "*`".repeat(100),
        assignee: "*`".repeat(100),
      },
    ],
  ])("Slack takes it with %s, and no one is called", async (_, more) => {
    const { seen } = await atTheCard(cardOf(more));
    expect(seen().pings).toEqual([]);
    expect(seen().text.length).toBeLessThan(4_000);
  });

  test("what is cut in it says so", async () => {
    const long = "fire and smoke ".repeat(600).trim();
    const { words } = (await atTheCard(cardOf({ description: long, resolution: long }))).seen();
    expect(words.match(/(?:fire|smoke|and)…$/gm)).toHaveLength(2);
  });
});

describe("what is pressed", () => {
  test("on the notice of a failed delivery names the delivery", () => {
    const value = JSON.stringify({ id, delivery: "d-1" });
    expect(readAction({ action_id: "retry", block_id: "b", value })).toEqual({
      ticket: id,
      press: "retry",
      value: "d-1",
    });
  });

  test("on a menu names any ticket, whatever is in its id", () => {
    const odd = "a:b\n.c";
    const actions = records(renderCard(cardOf({ id: odd })).blocks).find(
      ({ type }) => type === "actions",
    );
    const chosen = { selected_option: { value: "low" }, block_id: actions?.block_id };
    expect(readAction({ action_id: "priority", ...chosen })).toMatchObject({ ticket: odd });
  });

  test.each<[string, Json]>([
    ["another app's", { action_id: "approve", block_id: "b", value: "x" }],
    ["no value", { action_id: "claim", block_id: `ticket:open.low:${id}` }],
    ["another block", { action_id: "status", block_id: "b", selected_option: { value: "open" } }],
    [
      "no such status",
      { action_id: "status", block_id: `ticket:open.low:${id}`, selected_option: { value: "x" } },
    ],
    ["nothing chosen", { action_id: "priority", block_id: "b", selected_option: null }],
    ["broken JSON", { action_id: "retry", block_id: "b", value: "{" }],
    ["JSON of something else", { action_id: "retry", block_id: "b", value: "{}" }],
  ])("is left alone when it is %s", (_, action) => {
    expect(readAction(action)).toBeUndefined();
  });
});
