import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type DateStyle,
  type RichText,
  type Run,
  richTextSchema,
  tidy,
  typedText,
} from "../../src/desk/text.ts";
import { plainText } from "../../src/desk/text-plain.ts";

const paragraph = (...content: Run[]): RichText => [{ type: "paragraph", content }];
const say = (text: string): Run => ({ type: "text", text });

describe("text as typed over HTTP", () => {
  test("reads back as it was typed, whatever is in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (typed) => {
        expect(plainText(typedText(typed))).toBe(typed.replace(/\r\n?/g, "\n"));
      }),
    );
  });

  test("is words and nothing else", () => {
    const typed = "@everyone **now** <@U1> https://example.com";
    expect(typedText(typed)).toEqual(paragraph(say(typed)));
    expect(typedText("a\r\nb\rc")).toEqual(paragraph(say("a\nb\nc")));
    expect(typedText("")).toEqual([]);
  });
});

describe("what the HTTP API shows of a formatted message", () => {
  test("marks in Markdown, at the words and not at the spaces beside them", () => {
    expect(
      plainText(
        paragraph(
          { type: "text", text: "never ", marks: ["bold"] },
          { type: "text", text: "ever", marks: ["italic", "bold"] },
          say(" "),
          { type: "text", text: "old\nnews", marks: ["strike"] },
          say(" "),
          { type: "text", text: "x = 1", marks: ["code"] },
          say(" "),
          { type: "text", text: "he dies", marks: ["spoiler"] },
          { type: "text", text: "!", marks: ["underline"] },
        ),
      ),
    ).toBe("**never _ever_** ~~old~~\n~~news~~ `x = 1` [spoiler: he dies]!");
  });

  test("names, emoji, links and dates in words", () => {
    expect(
      plainText(
        paragraph(
          { type: "mention", kind: "person", name: "Ada" },
          say(" "),
          { type: "mention", kind: "channel", name: "help" },
          say(" "),
          { type: "mention", kind: "broadcast", name: "here" },
          say(" "),
          { type: "emoji", name: "parrot" },
          say(" "),
          { type: "link", url: "https://e.com", label: "docs" },
          say(" "),
          { type: "link", url: "https://e.com" },
          say(" "),
          { type: "date", at: 1_777_645_800, style: "date_time" },
        ),
      ),
    ).toBe("@Ada #help @here :parrot: [docs](https://e.com) https://e.com 2026-05-01 14:30 UTC");
  });

  test.each<[DateStyle, string]>([
    ["date", "2026-05-01"],
    ["short_date", "2026-05-01"],
    ["long_date", "2026-05-01"],
    ["time", "14:30 UTC"],
    ["exact_time", "14:30:00 UTC"],
    ["long_date_time", "2026-05-01 14:30 UTC"],
    ["relative", "2026-05-01 14:30 UTC"],
  ])("a date as %s: %s", (style, shown) => {
    expect(plainText(paragraph({ type: "date", at: 1_777_645_800, style }))).toBe(shown);
  });

  test("lists, quotes and code as blocks", () => {
    expect(
      plainText([
        { type: "item", depth: 0, number: 9, content: [say("nine\nlines")] },
        { type: "item", depth: 1, content: [say("below")] },
        { type: "paragraph", quote: 1, content: [say("they said\nthis")] },
        { type: "code", quote: 2, text: "a > b", language: "js" },
        { type: "code", text: "```\nfenced\n```\n" },
      ]),
    ).toBe(
      [
        "9. nine",
        "   lines",
        "  - below",
        "> they said",
        "> this",
        "> > ```js",
        "> > a > b",
        "> > ```",
        "````",
        "```",
        "fenced",
        "```",
        "````",
      ].join("\n"),
    );
  });
});

describe("a text is kept", () => {
  test("as JSON that its schema knows", () => {
    const text: RichText = [
      { type: "item", depth: 0, number: 1, content: [{ ...say("x"), marks: ["bold"] }] },
      { type: "code", text: "", language: "ts", quote: 1, continued: true },
    ];
    expect(richTextSchema.parse(JSON.parse(JSON.stringify(text)))).toEqual(text);
    expect(richTextSchema.safeParse([{ type: "html", text: "<b>" }]).success).toBe(false);
  });

  test("tidied, with nothing said twice", () => {
    const text: RichText = [
      ...paragraph(
        { ...say("a"), marks: ["italic", "bold"] },
        { ...say("b"), marks: ["bold", "italic"] },
      ),
      ...paragraph(say("c"), say("")),
      { type: "code", text: "d" },
      { type: "code", text: "e", continued: true },
      { type: "code", text: "f" },
    ];
    const tidied: RichText = [
      ...paragraph({ ...say("ab"), marks: ["bold", "italic"] }, say("\nc")),
      { type: "code", text: "de" },
      { type: "code", text: "f" },
    ];
    expect(tidy(text)).toEqual(tidied);
    expect(tidy(tidied)).toEqual(tidied);
  });
});
