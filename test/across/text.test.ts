import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readMarkdown, writeMarkdown } from "../../adapters/discord/text.ts";
import { emoji } from "../../adapters/slack/emoji.ts";
import { writeMessage } from "../../adapters/slack/messages.ts";
import { readMessage } from "../../adapters/slack/text.ts";
import type { Block, Mark, RichText, Run } from "../../src/desk/text.ts";
import { tidy } from "../../src/desk/text.ts";

const slackNames = {
  person: async (id: string) => (id === "U1" ? "Ada" : undefined),
  channel: async (id: string) => (id === "C1" ? "help" : undefined),
  group: async () => "support",
};
const discordNames = {
  person: (id: string) => (id === "1" ? "Ada" : undefined),
  role: () => "support",
  channel: (id: string) => (id === "7" ? "help" : undefined),
};

/** As it is written in Slack, and read there. */
const throughSlack = (text: RichText) =>
  readMessage(writeMessage({ kind: "reply", author: { id: "U1", name: "Ada" }, text }), {
    names: slackNames,
    emoji,
  });

const throughDiscord = (text: RichText) =>
  readMarkdown(writeMarkdown(text), { names: discordNames });

const say = (text: string): Run => ({ type: "text", text });

describe("what both can say", () => {
  const words = fc
    .array(
      fc.constantFrom(
        ...[
          "word",
          "snake_case",
          "*a*",
          "_b_",
          "~c~",
          "`",
          "|",
          "\\",
          "& < >",
          "&lt;",
          "<@1>",
          "<@U1>",
        ],
        ...[
          "<!here>",
          "@everyone",
          ":smile:",
          "😀",
          "漢",
          "# a",
          "- b",
          "1. c",
          "> d",
          "[x](y)",
          "<t:1>",
        ],
      ),
      { minLength: 1, maxLength: 5 },
    )
    .map((all) => all.join(" "));
  const marks = fc.subarray<Mark>(["bold", "italic", "underline", "strike"], { minLength: 1 });
  const run: fc.Arbitrary<Run> = fc.oneof(
    words.map(say),
    fc.tuple(words, marks).map(([text, own]): Run => ({ ...say(text), marks: own })),
    fc.constantFrom<Run>(
      { ...say("let x = a < b && '*_~`|\\';"), marks: ["code"] },
      { ...say("x"), marks: ["bold", "italic", "code"] },
      { type: "link", url: "https://e.com/?a=1&b=(2)" },
      { type: "link", url: "https://e.com/a_b*c" },
      { type: "link", url: "https://e.com/a", label: "the docs & more" },
      { type: "link", url: "https://e.com/a", label: "docs", marks: ["bold"] },
    ),
    fc
      .constantFrom(
        ...(["date", "short_date", "time", "date_time", "long_date_time", "relative"] as const),
      )
      .map((style): Run => ({ type: "date", at: 1_777_645_800, style })),
  );
  const content = fc
    .array(fc.oneof(run, fc.constantFrom(say(" "), say("\n"), say(", "))), { maxLength: 8 })
    .map((runs): Run[] => [say("w"), ...runs, say("w")]);
  const block: fc.Arbitrary<Block> = fc.oneof(
    content.map((all): Block => ({ type: "paragraph", content: all })),
    content.map((all): Block => ({ type: "paragraph", content: all, quote: 1 })),
    fc
      .tuple(content, fc.option(fc.constantFrom(1, 2, 5)), fc.boolean())
      .map(([all, number, isQuoted]): Block => {
        const numbered = number === null ? {} : { number };
        return { type: "item", depth: 0, ...numbered, content: all, ...(isQuoted && { quote: 1 }) };
      }),
    fc
      .constantFrom("a", "  if x < y:\n\n> *b*", "```", "<@1> <@U1> @here &amp;")
      .map((text): Block => ({ type: "code", text })),
  );
  const text = fc
    .array(block, { minLength: 1, maxLength: 6 })
    .map((blocks) => tidy([{ type: "paragraph", content: [say("first")] }, ...blocks]));

  test("survives Slack → Discord → Slack, and Discord → Slack → Discord, unchanged", async () => {
    await fc.assert(
      fc.asyncProperty(text, async (said) => {
        const inSlack = await throughSlack(said);
        expect(throughDiscord(inSlack)).toEqual(said);
        expect(await throughSlack(throughDiscord(said))).toEqual(said);
      }),
      { numRuns: 2_000 },
    );
  });

  test("is nested lists, also with numbers", async () => {
    const list: RichText = [
      { type: "item", depth: 0, number: 1, content: [say("a")] },
      { type: "item", depth: 1, content: [say("b\nb")] },
      { type: "item", depth: 2, number: 4, content: [say("c")] },
      { type: "item", depth: 0, number: 2, content: [say("d")] },
    ];
    expect(throughDiscord(await throughSlack(list))).toEqual(list);
    expect(await throughSlack(throughDiscord(list))).toEqual(list);
  });
});

const fromSlack = async (message: { text?: string; blocks?: readonly unknown[] }) =>
  writeMarkdown(await readMessage(message, { names: slackNames, emoji }));

const richText = (...elements: unknown[]) => ({
  blocks: [{ type: "rich_text", elements: [{ type: "rich_text_section", elements }] }],
});

describe("from Slack, nothing of its syntax reaches Discord", () => {
  test.each([
    ["<@U1> <@U9> in <#C1>, <!subteam^S1> <!here>", "@Ada @someone in #help, @support @\u2060here"],
    [":+1::skin-tone-3: :party-parrot:", "👍🏼 \\:party-parrot:"],
    ["<!date^1777645800^{date_long} at {time}|May 1>", "<t:1777645800:F>"],
    ["*b* _i_ ~s~ `c`", "**b** *i* ~~s~~ `c`"],
    [
      "<https://e.com|docs> <https://e.com> &lt;b&gt; &amp;",
      "[docs](https://e.com) https://e.com \\<b> &",
    ],
    ["<mailto:a@e.com|write us>", "write us (mailto:a@e.com)"],
    ["&gt; quoted\n• item\n```\ncode &lt;\n```", "> quoted\n- item\n```\ncode <\n```"],
  ])("%s", async (text, written) => {
    expect(await fromSlack({ text })).toBe(written);
  });

  test("as rich text, with what was typed as it was typed", async () => {
    const typed = richText(
      { type: "text", text: "**no** <@1> # " },
      { type: "text", text: "u", style: { underline: true, bold: true } },
      { type: "emoji", name: "party-parrot" },
      { type: "broadcast", range: "channel" },
    );
    expect(await fromSlack(typed)).toBe(
      "\\*\\*no\\*\\* \\<@\u20601> # **__u__**\\:party-parrot:@channel",
    );
  });
});

const fromDiscord = (content: string) =>
  writeMessage({
    kind: "reply",
    author: { id: "1", name: "Ada" },
    text: readMarkdown(content, { names: discordNames }),
  });

const section = (...elements: unknown[]) => [
  { type: "rich_text", elements: [{ type: "rich_text_section", elements }] },
];

describe("from Discord, nothing of its syntax reaches Slack", () => {
  test.each([
    ["<@1> <@!9> in <#7> or <#8>, <@&5>", "@Ada @someone in #help or #unknown-channel, @support"],
    ["@everyone @here", "@\u2060everyone @\u2060here"],
    ["<:parrot:1> <a:wave:2> 👋", ":parrot: :wave: 👋"],
    ["<t:1777645800:R>", "<!date^1777645800^{ago}|2026-05-01 14:30 UTC>"],
    ["||he dies||", "[spoiler: he dies]"],
    ["__u__ **b** *i* ~~s~~ `c`", "u *b* _i_ ~s~ `c`"],
    ["# Head\n-# small\n> quoted\n- item", "*Head*\nsmall\n> quoted\n• item"],
    [
      "[docs](https://e.com) <https://e.com> </ticket:1> <id:guide>",
      "<https://e.com|docs> <https://e.com> /ticket Server Guide",
    ],
    ["\\*a\\* a\\_b \\<@U1>", "<!date^00000000^{_}|*>a<!date^00000000^{_}|*> a_b &lt;@U1&gt;"],
    ["[https://bank.com](https://evil.com)", "<https://bank.com> (<https://evil.com>)"],
  ])("%s", (content, written) => {
    expect(fromDiscord(content).text).toBe(written);
  });

  test("as rich text", () => {
    expect(fromDiscord("<@1> __**u**__ <:parrot:1> ||no||").blocks).toEqual(
      section(
        { type: "text", text: "@Ada" },
        { type: "text", text: " " },
        { type: "text", text: "u", style: { bold: true, underline: true } },
        { type: "text", text: " " },
        { type: "emoji", name: "parrot" },
        { type: "text", text: " " },
        { type: "text", text: "[spoiler: " },
        { type: "text", text: "no" },
        { type: "text", text: "]" },
      ),
    );
  });
});
