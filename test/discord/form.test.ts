import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { check, readTyped, ticketModal } from "../../adapters/discord/form.ts";
import { readInteraction } from "../../adapters/discord/interactions.ts";
import { keeping, readKept } from "../../adapters/discord/kept.ts";
import type { OfferedFile } from "../../src/desk/chat.ts";
import { categories, priorities } from "../../src/tickets/ticket.ts";
import { wrongInBody } from "../fakes/discord/body-check.ts";
import { type Json, record, records } from "../fakes/json.ts";

const answering = "POST /interactions/:id/:token/callback";

/** What Discord finds wrong with a modal. */
const wrongInModal = (modal: object) => wrongInBody(answering, { type: 9, data: modal });

const fieldsOf = (modal: object): Json[] =>
  records(record(modal).components).map(({ component }) => record(component));

const presetsOf = (modal: object) =>
  Object.fromEntries(
    fieldsOf(modal).map(({ custom_id, value, options }) => {
      const chosen = records(options).find((option) => option.default === true);
      return [custom_id, value ?? chosen?.value];
    }),
  );

describe("the ticket form", () => {
  test("has its fields and choices in one modal, and most tickets' priority is chosen", () => {
    const modal = ticketModal("form:1::", {});
    expect(wrongInModal(modal)).toEqual([]);
    expect(presetsOf(modal)).toEqual({ priority: "medium" });
    expect(records(modal.components).map(({ label }) => label)).toEqual([
      "Title",
      "Description",
      "Priority",
      "Category",
      "Attachments",
    ]);
    const choices = fieldsOf(modal).map(({ options }) =>
      records(options).map(({ value }) => value),
    );
    expect(choices.filter(({ length }) => length > 0)).toEqual([[...priorities], [...categories]]);
  });

  test("has in it what is known already", () => {
    const start = { title: "Printer", description: "Fire", priority: "low", category: "billing" };
    expect(presetsOf(ticketModal("form:1::", start))).toEqual(start);
  });

  test("a title that is too long is cut where it can be seen, and stands whole below", () => {
    const title = "the printer is on fire again ".repeat(10).trim();
    const start = presetsOf(ticketModal("form:1::", { title, description: "Come quick." }));
    expect(start.title).toMatch(/^the printer .*…$/);
    expect(start.description).toBe(`${title}\n\nCome quick.`);
  });

  test("a description that is too long is cut, and the form says so", () => {
    const modal = ticketModal("form:1::", { description: "fire ".repeat(1_000) });
    expect(JSON.stringify(modal)).toContain("Only the beginning fits in here");
    expect(JSON.stringify(ticketModal("form:1::", { description: "fire" }))).not.toContain("fits");
  });

  test.each<[string, Parameters<typeof ticketModal>[1]]>([
    ["emoji", { title: "🔥".repeat(150), description: "🔥".repeat(10_000) }],
    ["one endless word", { title: "x".repeat(9_000), description: "x".repeat(40_000) }],
    ["blank space", { title: "\n \n", description: "\n".repeat(20_000) }],
    ["markup", { title: "@everyone **now**", description: "<@&1> ||x||" }],
    ["long hints", { hints: { title: "a hint ".repeat(40), attachments: "x".repeat(400) } }],
    ["choices that there are not", { priority: "none", category: "none" }],
  ])("Discord takes it with %s", (_, start) => {
    expect(wrongInModal(ticketModal("form:1::", start))).toEqual([]);
  });
});

const upload = (number: number, more: Partial<OfferedFile> = {}): OfferedFile => ({
  file: `90${number} https://cdn.discordapp.com/ephemeral-attachments/7/90${number}/fire%20${number}.png?ex=6650&hm=ab`,
  name: `fire ${number}.png`,
  sizeBytes: 12_345,
  type: "image/png",
  ...more,
});

/** The message as it is when someone presses the button in it. */
function seen(said: object) {
  const press = readInteraction({
    ...{ id: "1", token: "t", type: 3, user: { id: "2", username: "rob" } },
    data: { custom_id: "again:1::" },
    message: { id: "3", flags: 64, ...said },
  });
  if (press.type !== "press") throw new Error(press.type);
  return press.message;
}

describe("what was typed into a form that was not taken", () => {
  const typed = {
    title: "Printer on fire",
    description: "It **burns**.\n\n- @everyone\n  - <@1>",
    priority: "urgent",
    category: "feature_request",
    files: [upload(1), upload(2, { type: 'text/plain; charset="utf-8"', sizeBytes: 0 })],
  };

  test("stands in the message that says why, files too, and comes back from there", () => {
    const said = keeping("Please correct this.", typed, "again:1::");
    expect(wrongInBody(answering, { type: 4, data: said })).toEqual([]);
    expect(readKept(seen(said))).toEqual(typed);
  });

  test("comes back whole, whatever it is", () => {
    const line = fc.string({ unit: "grapheme", maxLength: 150 }).map((each) => each.trim());
    const text = fc.string({ unit: "grapheme", maxLength: 4_000 }).map((each) => each.trim());
    const files = fc
      .integer({ min: 0, max: 20 })
      .map((count) => Array.from({ length: count }, (_, at) => upload(at)));
    const short = (each: { title: string; description: string }) =>
      each.title.length <= 150 && each.description.length <= 4_000;
    const form = fc.record({
      ...{ title: line, description: text, files },
      priority: fc.constantFrom(...priorities),
      category: fc.constantFrom(...categories),
    });
    fc.assert(
      fc.property(form.filter(short), (each) => {
        const said = keeping("Please correct this.", each, "again:1::");
        expect(wrongInBody(answering, { type: 4, data: said })).toEqual([]);
        expect(readKept(seen(said))).toEqual(each);
      }),
      { numRuns: 60 },
    );
  });

  test("a file that cannot be kept is named, so that it can be added again", () => {
    const long = upload(3, { file: `903 https://cdn.discordapp.com/${"x".repeat(600)}` });
    const said = keeping(
      "Please correct this.",
      { ...typed, files: [upload(1), long] },
      "again:1::",
    );
    expect(said.content).toContain("Please add these files again: fire 3.png");
    expect(readKept(seen(said)).files).toEqual([upload(1)]);
  });

  test("nothing at all is nothing to keep", () => {
    const said = keeping(
      "Please correct this.",
      { title: "", description: "", files: [] },
      "again:1::",
    );
    expect(wrongInBody(answering, { type: 4, data: said })).toEqual([]);
    expect(readKept(seen(said))).toEqual({ title: "", description: "", files: [] });
  });

  test("files of which the address says no more are still files", () => {
    const url = "https://cdn.discordapp.com/attachments/7/901/fire.png?ex=1";
    const again = { type: 2, style: 1, custom_id: "again:1::" };
    const components = [{ components: [again, { type: 2, style: 5, label: "fire.png", url }] }];
    expect(readKept(seen({ components })).files).toEqual([
      { file: `901 ${url}`, name: "fire.png", sizeBytes: 0, type: "application/octet-stream" },
    ]);
  });
});

describe("a submitted form", () => {
  const inputs = {
    ...{ title: [" Printer on fire "], description: ["It burns.\n"] },
    ...{ priority: ["urgent"], category: ["technical"] },
  };

  test("is a ticket's fields", () => {
    const typed = readTyped({ inputs, uploads: [upload(2)] }, [upload(1)]);
    expect(typed.files).toEqual([upload(1), upload(2)]);
    expect(check(typed)).toEqual({
      form: {
        title: "Printer on fire",
        description: "It burns.",
        priority: "urgent",
        category: "technical",
        tags: [],
      },
    });
  });

  test("says of each field what is wrong with it", () => {
    const uploads = Array.from({ length: 21 }, (_, at) => upload(at));
    const typed = readTyped({ inputs: { title: [" \t "], description: ["x"] }, uploads });
    expect(check(typed)).toEqual({
      problems: [
        expect.objectContaining({ field: "title", error: "Title is required" }),
        expect.objectContaining({ field: "priority" }),
        expect.objectContaining({ field: "category" }),
        expect.objectContaining({
          field: "attachments",
          error: "At most 20 files can be added",
        }),
      ],
    });
  });
});
