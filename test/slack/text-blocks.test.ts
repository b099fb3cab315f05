import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readMessage } from "../../adapters/slack/text.ts";
import { type RichText, type Run, richTextSchema } from "../../src/desk/text.ts";
import { plainText } from "../../src/desk/text-plain.ts";

const emoji = (name: string) => (name === "thumbsup" ? "👍" : undefined);
const names = {
  person: async () => "Ada",
  channel: async () => "help",
  group: async () => "support",
};

const say = (text: string): Run => ({ type: "text", text });
const paragraph = (...content: Run[]): RichText => [{ type: "paragraph", content }];
const richText = (...elements: unknown[]) =>
  readMessage({ text: "not read", blocks: [{ type: "rich_text", elements }] }, { names, emoji });
const section = (...elements: unknown[]) => ({ type: "rich_text_section", elements });

describe("rich text", () => {
  test("every kind of element", async () => {
    const blocks = await richText(
      section(
        { type: "text", text: "Hi ", style: { bold: true, underline: true } },
        { type: "user", user_id: "U1", style: { italic: true } },
        { type: "text", text: " in " },
        { type: "channel", channel_id: "C1" },
        { type: "text", text: " " },
        { type: "usergroup", usergroup_id: "S1" },
        { type: "text", text: " " },
        { type: "broadcast", range: "here" },
        { type: "text", text: " " },
        { type: "emoji", name: "+1", unicode: "1f44d-1f3fc", skin_tone: 3 },
        { type: "emoji", name: "thumbsup", skin_tone: 3 },
        { type: "emoji", name: "parrot" },
        { type: "text", text: " " },
        { type: "link", url: "https://e.com", text: "docs", style: { strike: true } },
        { type: "text", text: " " },
        { type: "link", url: "https://e.com" },
        { type: "text", text: " *_`@channel <!here> &amp;", style: { code: true } },
        { type: "date", timestamp: 1_777_645_800, format: " {date_num}", fallback: "?" },
        { type: "color", value: "#ff0000" },
        { type: "canvas", file_id: "F1" },
        { type: "message_mention", url: "https://e.com/m", text: "a message" },
      ),
    );
    expect(plainText(blocks)).toBe(
      "**Hi** _@Ada_ in #help @support @here 👍🏼👍🏼:parrot: ~~[docs](https://e.com)~~ https://e.com " +
        "`*_`@channel <!here> &amp;` 2026-05-01#ff0000[a message](https://e.com/m)",
    );
    expect(blocks[0]).toHaveProperty("content.0.marks", ["bold", "underline"]);
  });

  test("paragraphs, lists that go on after a nested one, quotes and code", async () => {
    expect(
      await richText(
        section({ type: "text", text: "First:\n" }),
        {
          type: "rich_text_list",
          style: "ordered",
          elements: [section({ type: "text", text: "one" })],
        },
        {
          type: "rich_text_list",
          style: "bullet",
          indent: 1,
          border: 0,
          elements: [section({ type: "text", text: "below" })],
        },
        {
          type: "rich_text_list",
          style: "ordered",
          offset: 1,
          elements: [section({ type: "text", text: "two" })],
        },
        { type: "rich_text_quote", elements: [{ type: "text", text: "said" }] },
        { type: "rich_text_quote", elements: [section({ type: "text", text: "in a section" })] },
        {
          type: "rich_text_preformatted",
          language: "js",
          elements: [{ type: "text", text: "a\n" }],
        },
        {
          type: "rich_text_preformatted",
          border: 1,
          elements: [{ type: "link", url: "https://e.com" }],
        },
        section({ type: "text", text: "Last" }),
      ),
    ).toEqual([
      ...paragraph(say("First:")),
      { type: "item", depth: 0, number: 1, content: [say("one")] },
      { type: "item", depth: 1, content: [say("below")] },
      { type: "item", depth: 0, number: 2, content: [say("two")] },
      { type: "paragraph", quote: 1, content: [say("said\nin a section")] },
      { type: "code", text: "a", language: "js" },
      { type: "code", text: "https://e.com", quote: 1 },
      ...paragraph(say("Last")),
    ]);
  });

  test("of an app's other blocks, the text beside them is read", async () => {
    const blocks = [{ type: "section", text: { type: "mrkdwn", text: "other" } }];
    expect(plainText(await readMessage({ text: "*text*", blocks }, { names, emoji }))).toBe(
      "**text**",
    );
    expect(await readMessage({}, { names, emoji })).toEqual([]);
  });

  test("whatever is in it, becomes a text that can be kept", async () => {
    const word = fc.constantFrom(
      "",
      "a",
      "\n",
      " *",
      "U1",
      "http://e.com",
      "1f44d-1f3fc",
      "zz",
      "110000",
    );
    const number = fc.constantFrom(-1, 0, 3, 99, 1.5, 1e15);
    const style = fc.option(fc.record({ bold: fc.boolean(), code: fc.boolean() }), {
      nil: undefined,
    });
    const types = [
      "text",
      "link",
      "user",
      "channel",
      "usergroup",
      "broadcast",
      "emoji",
      "date",
      "file",
    ];
    const element = fc
      .record({ word, number, style, type: fc.constantFrom(...types) })
      .map(({ word: w, number: n, style: own, type }) => ({
        ...{ type, text: w, url: w, user_id: w, channel_id: w, usergroup_id: w, range: w, name: w },
        ...{ unicode: w, skin_tone: n, timestamp: n, format: `${w}{date}`, style: own },
      }));
    const elements = fc.array(element, { maxLength: 4 });
    const sections = fc.array(
      elements.map((all) => section(...all)),
      { maxLength: 3 },
    );
    const part = fc.oneof(
      elements.map((all) => section(...all)),
      elements.map((all) => ({ type: "rich_text_quote", elements: all })),
      elements.map((all) => ({ type: "rich_text_preformatted", elements: all, language: "" })),
      fc.tuple(sections, fc.integer(), fc.integer()).map(([all, indent, offset]) => ({
        ...{ type: "rich_text_list", style: "ordered", elements: all, indent, offset },
      })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 4 }), async (parts) => {
        expect(richTextSchema.safeParse(await richText(...parts)).error).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });
});
