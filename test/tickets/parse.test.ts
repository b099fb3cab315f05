import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { errors } from "../../src/tickets/errors.ts";
import { ticketForm } from "../../src/tickets/form.ts";
import { parse } from "../../src/tickets/problems.ts";
import {
  categories,
  newEntrySchema,
  newTicketSchema,
  ticketChangeSchema,
  ticketSchema,
} from "../../src/tickets/ticket.ts";

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../fixtures/contract/${name}`, import.meta.url), "utf8"));

const good = { title: "T", description: "D", priority: "low", category: "general" };
const codes = (input: unknown, schema: Parameters<typeof parse>[0] = newTicketSchema) => {
  const parsed = parse(schema, input);
  return "problems" in parsed ? parsed.problems.map((problem) => problem.message) : [];
};
const long = (length: number) => "x".repeat(length);

describe("what a create takes", () => {
  test("the contract's request, and the contract's tickets", () => {
    expect(codes(fixture("create.request.json"))).toEqual([]);
    expect(ticketSchema.safeParse(fixture("ticket.in_progress.json")).success).toBe(true);
  });

  test("every wrong field is told once, in the order of the contract's table", () => {
    expect(codes({ color: 1, tags: "x", category: null, title: " ", priority: "!" })).toEqual([
      "TITLE_REQUIRED",
      "DESCRIPTION_REQUIRED",
      "INVALID_PRIORITY",
      "CATEGORY_REQUIRED",
      "INVALID_TAGS",
      "UNKNOWN_FIELD",
    ]);
  });

  test("the sentences are the contract's", () => {
    const told = fixture("errors.json") as Record<string, { error: string; message?: string }>;
    const parsed = parse(newTicketSchema, { ...good, title: "", priority: "!" });
    expect(parsed).toMatchObject({ problems: [told.titleMissing, told.priorityInvalid] });
  });

  test.each([
    ["title", long(150), undefined],
    ["title", long(151), "INVALID_TITLE"],
    ["title", "👩‍🚀".repeat(50), undefined],
    ["title", `  ${long(150)}  `, undefined],
    ["title", 7, "INVALID_TITLE"],
    ["title", "\u00a0\t\n", "TITLE_REQUIRED"],
    ["description", long(10_000), undefined],
    ["description", long(10_001), "INVALID_DESCRIPTION"],
    ["priority", "", "PRIORITY_REQUIRED"],
    ["priority", "Low", "INVALID_PRIORITY"],
    ["priority", "constructor", "INVALID_PRIORITY"],
    ["category", ["general"], "INVALID_CATEGORY"],
    ["tags", null, "INVALID_TAGS"],
    ["tags", [long(51)], "INVALID_TAGS"],
    ["tags", ["a", " "], "INVALID_TAGS"],
    ["tags", Array.from({ length: 21 }, (_, n) => `t${n}`), "INVALID_TAGS"],
    ["tags", Array.from({ length: 40 }, () => "same"), undefined],
    ["attachments", [{}], "INVALID_ATTACHMENTS"],
    ["status", "open", "UNKNOWN_FIELD"],
    ["_id", "x", "UNKNOWN_FIELD"],
    ["constructor", {}, "UNKNOWN_FIELD"],
  ])("%s %j: %s", (field, value, code) => {
    expect(codes({ ...good, [field]: value })).toEqual(code ? [code] : []);
  });

  const file = { filename: "a.txt", url: "https://e.com/a", size: 0, type: "text/plain" };
  test.each([
    [file, true],
    [{ ...file, type: "text/plain; charset=utf-8" }, true],
    [{ ...file, url: "javascript:alert(1)" }, false],
    [{ ...file, url: "ftp://e.com/a" }, false],
    [{ ...file, url: "/a" }, false],
    [{ ...file, size: -1 }, false],
    [{ ...file, size: 1.5 }, false],
    [{ ...file, size: "1" }, false],
    [{ ...file, type: "text" }, false],
    [{ ...file, filename: "" }, false],
    [{ ...file, extra: 1 }, false],
  ])("attachment %j: %s", (attachment, taken) => {
    expect(codes({ ...good, attachments: [attachment] })).toEqual(
      taken ? [] : ["INVALID_ATTACHMENTS"],
    );
  });

  test("a prototype key is a field like any other, and unknown", () => {
    const input: unknown = JSON.parse(`{"__proto__": {"role": "agent"}, "title": "T"}`);
    expect(codes(input)).toContain("UNKNOWN_FIELD");
  });

  test("what is no text becomes the replacement character, and tags lose their doubles", () => {
    const parsed = parse(newTicketSchema, {
      ...good,
      title: " a\ud800\0b ",
      tags: [" api", "api ", "API"],
    });
    expect(parsed).toMatchObject({ value: { title: "a\ufffd\ufffdb", tags: ["api", "API"] } });
  });

  test.each([[null], [[]], ["text"], [7], [undefined]])("%j is not an object", (input) => {
    expect(codes(input)).toEqual(["INVALID_JSON"]);
  });
});

describe("what an update takes", () => {
  test("only what is given, and nothing that is not a person's to give", () => {
    expect(parse(ticketChangeSchema, {})).toEqual({ value: {} });
    expect(codes({ title: null }, ticketChangeSchema)).toEqual(["TITLE_REQUIRED"]);
    expect(codes({ assignedTo: null, resolution: null }, ticketChangeSchema)).toEqual([]);
    expect(codes({ assignedTo: "", resolution: " " }, ticketChangeSchema)).toEqual([
      "INVALID_ASSIGNEE",
      "INVALID_RESOLUTION",
    ]);
    expect(codes({ threads: [], resolvedAt: null }, ticketChangeSchema)).toEqual([
      "UNKNOWN_FIELD",
      "UNKNOWN_FIELD",
    ]);
  });
});

describe("what a reply takes", () => {
  test("a message, and a type that exists", () => {
    expect(codes({ message: "m", type: "agent" }, newEntrySchema)).toEqual([]);
    expect(codes({ type: "note" }, newEntrySchema)).toEqual(["MESSAGE_REQUIRED", "INVALID_TYPE"]);
  });
});

describe("the form", () => {
  test("asks for what a create takes, with its limits and options", () => {
    expect(ticketForm.map(({ name, kind, required }) => [name, kind, required])).toEqual([
      ["title", "line", true],
      ["description", "text", true],
      ["priority", "choice", true],
      ["category", "choice", true],
      ["attachments", "files", false],
      ["tags", "tags", false],
    ]);
    const [title, , , category, , tags] = ticketForm;
    expect(title).toMatchObject({ label: "Title", maxLength: 150 });
    expect(tags).toMatchObject({ maxItems: 20, maxLength: 50 });
    expect(category?.options?.map((option) => option.value)).toEqual([...categories]);
    expect(category?.options).toContainEqual({
      value: "feature_request",
      label: "Feature request",
    });
  });
});

test("every code names its status once, in the range of refusals", () => {
  for (const { status, sentence } of Object.values(errors)) {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(sentence).not.toBe("");
  }
});
