import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { split } from "../../src/desk/split.ts";
import {
  type Block,
  marks,
  type RichText,
  type Run,
  tidy,
  typedText,
} from "../../src/desk/text.ts";
import { plainText } from "../../src/desk/text-plain.ts";

const written = (part: RichText) => plainText(part).trim();
const upTo = (limit: number) => (part: RichText) => written(part).length <= limit;
const splitTyped = (text: string, limit: number) =>
  split(typedText(text), upTo(limit)).map(written);

const someMarks = fc.subarray([...marks], { minLength: 1 });
const words = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }),
  fc.lorem({ maxCount: 20 }),
  fc.string({
    unit: fc.constantFrom("a", " ", "\n", "👩‍👩‍👧‍👦", "🇩🇪", "e\u0301"),
    minLength: 1,
    maxLength: 200,
  }),
);
const unmarked: fc.Arbitrary<Run> = fc.oneof(
  { weight: 4, arbitrary: words.map((text): Run => ({ type: "text", text })) },
  fc
    .webUrl({ size: "xsmall" })
    .map((url): Run => ({ type: "link", url: url.slice(0, 40), label: "here" })),
  fc.constant<Run>({ type: "mention", kind: "person", name: "Ada" }),
  fc.constant<Run>({ type: "emoji", name: "parrot" }),
  fc.constant<Run>({ type: "date", at: 1_777_645_800, style: "date_time" }),
);
const run = fc
  .tuple(unmarked, fc.option(someMarks))
  .map(([one, own]): Run => (own ? { ...one, marks: own } : one));
const content = fc.array(run, { minLength: 1, maxLength: 6 });
const quote = fc
  .option(fc.integer({ min: 1, max: 2 }))
  .map((depth) => (depth ? { quote: depth } : {}));
const block: fc.Arbitrary<Block> = fc
  .tuple(
    fc.oneof(
      content.map((all): Block => ({ type: "paragraph", content: all })),
      fc
        .tuple(content, fc.nat(3), fc.nat(20))
        .map(([all, depth, number]): Block => ({ type: "item", depth, number, content: all })),
      words.map((text): Block => ({ type: "code", text, language: "ts" })),
    ),
    quote,
  )
  .map(([one, depth]) => ({ ...one, ...depth }));
const richText = fc.array(block, { minLength: 1, maxLength: 8 });

describe("a long text arrives in parts", () => {
  test("each within the limit, and together the whole, whatever is in it", () => {
    fc.assert(
      fc.property(richText, fc.integer({ min: 150, max: 400 }), (text, limit) => {
        const parts = split(text, upTo(limit));
        for (const part of parts) expect(written(part).length).toBeLessThanOrEqual(limit);
        expect(tidy(parts.flat())).toEqual(tidy(text));
        if (parts.length > 1) expect(parts.map(written)).not.toContain("");
      }),
      { numRuns: 3000 },
    );
  });

  test("a short one in one, unchanged", () => {
    expect(splitTyped("Hello", 5)).toEqual(["Hello"]);
    expect(split([], upTo(5))).toEqual([[]]);
  });

  test("between paragraphs, where that fills a third of the part", () => {
    expect(splitTyped("One line.\nTwo.\n\nThree words here.\nFour.", 30)).toEqual([
      "One line.\nTwo.",
      "Three words here.\nFour.",
    ]);
  });

  test("otherwise between lines, otherwise between words", () => {
    expect(splitTyped("a\n\nb b b b b\nc c c c c", 16)).toEqual(["a\n\nb b b b b", "c c c c c"]);
    expect(splitTyped("one two three four", 10)).toEqual(["one two", "three four"]);
  });

  test("within a word only if it alone is too long", () => {
    expect(splitTyped("see abcdefghijklmnop", 10)).toEqual(["see", "abcdefghij", "klmnop"]);
  });

  test("with no part that is only white space", () => {
    const parts = splitTyped(`${" \n".repeat(500)}a${"\n".repeat(1000)}b${" ".repeat(999)}`, 100);
    expect(parts).toEqual(["a", "b"]);
  });

  test("with no surrogate pair, and no emoji made of several, cut in two", () => {
    const family = "👩‍👩‍👧‍👦";
    const parts = splitTyped(family.repeat(2_000), 100);
    expect(parts.join("")).toBe(family.repeat(2_000));
    expect(new Set(parts.map((part) => part.length % family.length))).toEqual(new Set([0]));
    expect(splitTyped("🦊".repeat(50), 7).every((part) => part.isWellFormed())).toBe(true);
  });

  test("even if one character as people see it is longer than a part", () => {
    const parts = splitTyped(`a${"\u0301".repeat(300)}`, 100);
    expect(parts.map((part) => part.length)).toEqual([100, 100, 100, 1]);
  });

  test("100,000 characters without a space, each once", () => {
    const text = Array.from({ length: 100_000 }, (_, n) => (n % 36).toString(36)).join("");
    const parts = splitTyped(text, 2_000);
    expect(parts).toHaveLength(50);
    expect(parts.join("")).toBe(text);
  });

  test("thousands of short lines, between the lines", () => {
    const lines = Array.from({ length: 5_000 }, (_, n) => `line ${n}`);
    const parts = splitTyped(lines.join("\n"), 2_000);
    expect(parts.join("\n").split("\n")).toEqual(lines);
    expect(parts.length).toBeLessThan(40);
  });
});

describe("formatting goes on in the next part", () => {
  test("code is closed and opened again, in its language and with its indent", () => {
    const text: RichText = [{ type: "code", language: "py", text: "if x:\n    go()\n    stop()" }];
    expect(split(text, upTo(27)).map(written)).toEqual([
      "```py\nif x:\n    go()\n```",
      "```py\n    stop()\n```",
    ]);
  });

  test("marks are closed and opened again", () => {
    const text: RichText = [
      {
        type: "paragraph",
        content: [{ type: "text", text: "bold words go on", marks: ["bold", "italic"] }],
      },
    ];
    expect(split(text, upTo(16)).map(written)).toEqual(["**_bold words_**", "**_go on_**"]);
  });

  test("a numbered list keeps its numbers, and an item's rest has none", () => {
    const text: RichText = ["one", "two", "three and more of it"].map((words, index) => ({
      type: "item",
      depth: 0,
      number: index + 1,
      content: [{ type: "text", text: words }],
    }));
    expect(split(text, upTo(16)).map(written)).toEqual([
      "1. one\n2. two",
      "3. three and",
      "more of it",
    ]);
  });

  test("a link is never cut, and one longer than a part becomes its words", () => {
    const link: Run = { type: "link", url: "https://example.com/a", label: "a page" };
    const text: RichText = [
      { type: "paragraph", content: [{ type: "text", text: "Please read all of " }, link] },
    ];
    expect(split(text, upTo(40)).map(written)).toEqual([
      "Please read all of",
      "[a page](https://example.com/a)",
    ]);
    expect(split(text, upTo(24)).map(written)).toEqual([
      "Please read all of a",
      "page",
      "https://example.com/a",
    ]);
  });
});
