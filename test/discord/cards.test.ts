import { describe, expect, test } from "vitest";
import { readPress, renderCard } from "../../adapters/discord/cards.ts";
import type { TicketCard } from "../../src/desk/chat.ts";
import { transitions } from "../../src/tickets/lifecycle.ts";
import { priorities, statuses } from "../../src/tickets/ticket.ts";
import { ticketCard } from "../contracts/adapter.ts";
import { records } from "../fakes/json.ts";
import { discordWithPlatform } from "./connected.ts";

const { id } = ticketCard();

const cardOf = (more: Partial<TicketCard> = {}): TicketCard =>
  ticketCard({
    description: "It burns in room 4.",
    tags: ["printer", "fire"],
    createdAt: "2026-05-01T14:30:00.000Z",
    offers: ["claim", "resolve", "note", "reply", "status", "priority"],
    moves: transitions.open,
    ...more,
  });

/** Ada, an agent, before a card in the triage channel. */
async function atTheCard(card: TicketCard) {
  const { platform, triage, ada } = await discordWithPlatform();
  const opened = await platform.openThread(triage, card, "key");
  const seen = () => {
    const [message] = ada.reads(triage);
    if (!message) throw new Error("there is no card");
    return message;
  };
  return { platform, seen, at: { where: triage, thread: opened.thread }, ...opened };
}

const menuOf = (card: TicketCard, what: string) =>
  renderCard(card)
    .components.flatMap(({ components }) => components)
    .find((each) => "options" in each && each.custom_id.startsWith(`card:${what}:`));

const optionsOf = (card: TicketCard, what: string) => {
  const menu = menuOf(card, what);
  return menu && "options" in menu ? menu.options : undefined;
};

describe("a card", () => {
  test("shows at a glance how the ticket stands", async () => {
    const { seen } = await atTheCard(cardOf({ assignee: "Ada", resolution: "We put it out." }));
    expect(seen().words.split("\n")).toEqual([
      "📬 Printer on fire",
      "> It burns in room 4.",
      "**Resolution**",
      "> We put it out.",
      "Opened <t:1777645800:R>",
      ...["Ticket", "T-4F7K2M", "Status", "📬 Open", "Priority", "🟠 High"],
      ...["Category", "Technical", "Requester", "Rob", "Assignee", "Ada"],
      "Tags: printer, fire",
      ...["Claim", "Reply…", "Note…", "Resolve…"],
    ]);
  });

  test("says what could not be delivered, and has all of it sent again", async () => {
    const { seen } = await atTheCard(cardOf({ undelivered: 2 }));
    expect(seen().words).toContain("⚠️ 2 messages could not be delivered");
    const [retry = ""] = seen().buttons.filter((button) => button.startsWith("retry"));
    expect(readPress(retry, [])).toEqual({ ticket: id, press: "retry", value: "*" });
    const one = await atTheCard(cardOf({ undelivered: 1, offers: [], moves: [] }));
    expect(one.seen().words).toContain("⚠️ 1 message could not be delivered");
    expect(one.seen().buttons).toEqual([retry]);
  });

  test("has no buttons and no description for the requester", async () => {
    const { description: _, ...rest } = cardOf({ side: "requester", offers: [], moves: [] });
    const { seen } = await atTheCard(rest);
    expect([...seen().buttons, ...seen().selects]).toEqual([]);
    expect(seen().words).toContain("Assignee\nNo one yet");
    expect(seen().words).not.toContain("burns");
  });

  test("each button says what is pressed, and on which ticket", async () => {
    const presses = ["claim", "release", "reply", "note", "resolve", "reopen"] as const;
    const { seen } = await atTheCard(cardOf({ offers: ["retry", ...presses] }));
    expect(seen().buttons.map((button) => readPress(button, []))).toEqual(
      presses.map((press) => ({ ticket: id, press })),
    );
  });

  test("a status and a priority can be chosen, but resolving asks for a resolution", async () => {
    const { seen } = await atTheCard(cardOf());
    const [status = "", priority = ""] = seen().selects;
    expect(readPress(status, ["in_progress"])).toEqual({
      ...{ ticket: id, press: "status" },
      value: "in_progress",
    });
    expect(readPress(priority, ["urgent"])).toEqual({
      ...{ ticket: id, press: "priority" },
      value: "urgent",
    });
    const offered = optionsOf(cardOf(), "status")?.map(({ value }) => value);
    expect(offered).not.toContain("resolved");
  });

  test.each(statuses)("a ticket that is %s can go where the status table says", (status) => {
    const options = optionsOf(cardOf({ status, moves: transitions[status] }), "status");
    const wanted = transitions[status].filter((to) => to !== "resolved");
    expect(options?.map(({ value }) => value) ?? []).toEqual(wanted);
    expect(options === undefined).toBe(wanted.length === 0);
  });

  test.each(priorities)("the menu stands at the priority, %s", (priority) => {
    const chosen = optionsOf(cardOf({ priority }), "priority")?.filter((each) => each.default);
    expect(chosen?.map(({ value }) => value)).toEqual([priority]);
  });

  test("after each change its menus are new ones, which show nothing chosen before", () => {
    const idOf = (more: Partial<TicketCard>) => {
      const menu = menuOf(cardOf(more), "status");
      return menu && "custom_id" in menu ? menu.custom_id : undefined;
    };
    const ids = [{}, { status: "pending" }, { priority: "low" }] as const;
    expect(new Set(ids.map(idOf)).size).toBe(3);
  });

  test("can take the place of the one before", async () => {
    const { platform, seen, card, at } = await atTheCard(cardOf());
    await platform.update(card, { card: cardOf({ status: "closed", offers: [], moves: [] }), at });
    expect(seen().words).toContain("🔒 Closed");
    expect([...seen().buttons, ...seen().selects]).toEqual([]);
  });

  const hostile = "@everyone <@400000000000000001> *bold* ||spoiler|| `code` # > [x](https://a.b)";

  test.each<[string, Partial<TicketCard>]>([
    ["markup", { title: hostile, description: hostile, tags: [hostile], requester: hostile }],
    ["markup by others", { assignee: hostile, resolution: hostile, side: "requester" }],
    ["formatting and nothing else", { title: "*`".repeat(75), requester: "*`".repeat(100) }],
    ["long texts", { description: "🔥 ".repeat(5_000), resolution: "fire ".repeat(2_000) }],
    ["20 long tags", { tags: Array.from({ length: 20 }, (_, at) => `${at}${"🔥".repeat(48)}`) }],
    ["many lines", { title: "a\nb", requester: "Rob\nRob", description: "\n".repeat(3_000) }],
    ["no tags", { tags: [], description: "" }],
    ["nobody's name", { requester: " ", assignee: "\n" }],
    ["long names", { requester: "Rob ".repeat(900), assignee: "<&>".repeat(900) }],
    [
      "all of it at once",
      {
        title: "*🔥".repeat(75),
        description: "*🔥\n".repeat(5_000),
        resolution: "*🔥\n".repeat(5_000),
        tags: Array.from({ length: 20 }, (_, at) => `${at}${"🔥".repeat(48)}`),
        requester: "*`".repeat(100),
        assignee: "*`".repeat(100),
        offers: ["claim", "release", "reply", "note", "resolve", "reopen", "status", "priority"],
      },
    ],
  ])("Discord takes it with %s, and no one is called", async (_, more) => {
    const { platform, seen, card, at } = await atTheCard(cardOf(more));
    await platform.update(card, { card: cardOf({ ...more, status: "in_progress" }), at });
    expect(seen().pings).toEqual([]);
    expect(records(seen().components).length).toBeLessThanOrEqual(5);
  });

  test("what is cut in it says so", () => {
    const long = "fire and smoke ".repeat(600).trim();
    const { embed } = renderCard(cardOf({ description: long, resolution: long }));
    expect(embed.description?.match(/(?:fire|smoke|and)…$/gm)).toHaveLength(2);
  });
});

describe("what is pressed", () => {
  test("on the notice of a failed delivery names the delivery", () => {
    expect(readPress(`retry:p1/m12:${id}`, [])).toEqual({
      ...{ ticket: id, press: "retry" },
      value: "p1/m12",
    });
  });

  test("on a menu names any ticket, whatever is in its id", () => {
    const menu = menuOf(cardOf({ id: "a:b\n.c" }), "priority");
    const customId = menu && "custom_id" in menu ? menu.custom_id : "";
    expect(readPress(customId, ["low"])).toMatchObject({ ticket: "a:b\n.c" });
  });

  test.each<[string, string, string[]]>([
    ["another's", "approve:x", []],
    ["without a ticket", "card:claim:", []],
    ["no press", `card:retry:${id}`, []],
    ["no such status", `card:status:open.low:${id}`, ["x"]],
    ["nothing chosen", `card:priority:open.low:${id}`, []],
    ["a menu without its state", `card:status:${id}`, ["open"]],
    ["no delivery", `retry:${id}`, []],
    ["empty", "", []],
  ])("is left alone when it is %s", (_, customId, values) => {
    expect(readPress(customId, values)).toBeUndefined();
  });
});
