import { describe, expect, test } from "vitest";
import { untyped } from "../../adapters/discord/components.ts";
import {
  listMessage,
  noSuchTicket,
  offer,
  openButton,
  readOffer,
} from "../../adapters/discord/offers.ts";
import { readMarkdown } from "../../adapters/discord/text.ts";
import type { TicketLine } from "../../src/desk/chat.ts";
import { wrongInBody } from "../fakes/discord/body-check.ts";
import { record, records, string } from "../fakes/json.ts";

const lineOf = (number: number, more: Partial<TicketLine> = {}): TicketLine => ({
  id: `support_ticket_${String(number).padStart(32, "0")}`,
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

const posting = "POST /channels/:id/messages";

/** What stands in a message that Discord takes: its words, and its buttons by their labels. */
function read(said: ReturnType<typeof offer>) {
  expect(wrongInBody(posting, said)).toEqual([]);
  const words = [said.content, ...(said.embeds ?? []).map(({ description }) => description)];
  const buttons = (said.components ?? []).flatMap((row) => records(record(row).components));
  const pressed = (label: string) =>
    readOffer(string(buttons.find((button) => string(button.label).startsWith(label))?.custom_id));
  return { words: words.join("\n"), labels: buttons.map(({ label }) => string(label)), pressed };
}

const hostile = "@everyone <@&1> **bold** `code` ||x|| <t:1:R> [a](https://b.example)";

describe("lists", () => {
  test("have a line or two for each ticket", () => {
    const { words, labels } = read(listMessage(lines(2, { status: "in_progress" })));
    expect(words).toContain("You have 2 open tickets");
    expect(words).toContain(
      "**T-000001** Printer 1 on fire\n🔧 In progress · 🟠 High · Feature request · <t:1777645800:d>",
    );
    expect(words).toContain("Printer 2 on fire");
    expect(words).not.toContain("more");
    expect(labels).toEqual([]);
  });

  test("that are long say how many more there are", () => {
    const { words } = read(listMessage(lines(23)));
    expect(words).toContain("Printer 20 on fire");
    expect(words).not.toContain("Printer 21 on fire");
    expect(words).toContain("and 3 more");
  });

  test("who has no open tickets is told so, and offered to open one", () => {
    const { words, pressed } = read(listMessage([]));
    expect(words).toContain("You have no open tickets");
    expect(pressed("Open a ticket")).toEqual({ offer: "open" });
    expect(read(listMessage(lines(1))).words).toContain("You have 1 open ticket");
  });

  test.each([
    ["T-4F7K2M", "You have no ticket T-4F7K2M."],
    [hostile, "You have no ticket "],
    ["x".repeat(9_000), "You have no ticket xxx"],
  ])("a ticket that is not theirs, or not there, is not found: %s", (reference, start) => {
    const { words } = read(noSuchTicket(reference));
    expect(words.startsWith(start)).toBe(true);
    expect(words).not.toContain("@everyone");
  });

  test.each([
    ["markup", hostile],
    ["emoji", "🔥".repeat(150)],
    ["formatting", "*`".repeat(75)],
    ["links", "https://a.example/".repeat(8)],
    ["lines", "a\n\nb"],
  ])("Discord takes a full list of titles with %s", (_, title) => {
    read(listMessage(lines(25, { title, category: "feature_request" })));
  });
});

const noOne = () => undefined;
const nameless = { person: noOne, role: noOne, channel: noOne };

describe("words written to the bot outside of a thread", () => {
  const source = "18446744073709551615/18446744073709551614";
  const to = "18446744073709551613";

  test("are said to have reached no one, and can go to an open ticket or a new one", () => {
    const words = "It **burns** again";
    const said = offer({ words, tickets: lines(2), source, to });
    const { words: shown, pressed } = read(said);
    expect(shown).toContain("This has not been sent to anyone yet");
    expect(said.embeds).toEqual([{ description: "It \\*\\*burns\\*\\* again" }]);
    const { id: ticket } = lineOf(2);
    expect(pressed("Add to T-000002: Printer 2")).toEqual({ offer: "carry", ticket, source });
    expect(pressed("Open a new ticket")).toEqual({ offer: "open", source, to });
  });

  test.each([
    hostile,
    "[your bank](https://evil.example) <https://evil.example> https://evil.example",
    "# big\n> quoted\n- item\n1. one\n```js\ncode\n```\n~~x~~ __y__ :fire: <t:1:R> @here",
  ])("are shown as they were typed, and read back so: %s", (words) => {
    const [{ description = "" } = {}] = offer({ words, tickets: [], source, to }).embeds ?? [];
    expect(untyped(description)).toBe(words);
    const text = JSON.stringify(readMarkdown(description, { names: nameless }));
    const kinds = [...text.matchAll(/"(?:type":"\w+|label|marks|quote)"/g)].map(([kind]) => kind);
    // An address that stands for itself deceives no one.
    expect(["paragraph", "text", "link"].map((kind) => `"type":"${kind}"`)).toEqual(
      expect.arrayContaining(kinds),
    );
  });

  test("can go to ten tickets; for more, the threads are named", () => {
    const { words, labels } = read(offer({ words: "fire", tickets: lines(12), source, to }));
    expect(labels).toHaveLength(11);
    expect(words).toContain("You have 2 more open tickets");
  });

  test("say why they could not be taken where they were written", () => {
    const { words } = read(
      offer({ words: "fire", tickets: [], source, to, because: "It is closed." }),
    );
    expect(words).toBe("It is closed.\nfire");
  });

  test.each([
    ["markup", hostile, hostile],
    ["emoji", "🔥".repeat(10_000), "🔥".repeat(150)],
    ["no words", "", "Printer"],
    ["one endless word", "x".repeat(20_000), "x".repeat(150)],
  ])("Discord takes them with %s", (_, words, title) => {
    read(offer({ words, tickets: lines(12, { title }), source, to }));
  });
});

describe("a button", () => {
  test("opens a ticket of a category", () => {
    const { custom_id } = openButton("Billing", { category: "billing" });
    expect(readOffer(custom_id)).toEqual({ offer: "open", category: "billing" });
  });

  test.each(["claim:1", "carry:", "carry:1", ""])(
    "that is something else is left alone: %s",
    (id) => {
      expect(readOffer(id)).toBeUndefined();
    },
  );
});
