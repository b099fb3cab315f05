import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readMessage, splitForSlack } from "../../adapters/slack/text.ts";
import { richTextBlock } from "../../adapters/slack/text-blocks-write.ts";
import { mrkdwn } from "../../adapters/slack/text-write.ts";
import { type Block, type RichText, type Run, tidy, typedText } from "../../src/desk/text.ts";

const nameless = {
  person: async () => undefined,
  channel: async () => undefined,
  group: async () => undefined,
};
const reading = { names: nameless, emoji: () => undefined };
const readBack = async (text: RichText) => tidy(await readMessage({ text: mrkdwn(text) }, reading));

const say = (text: string): Run => ({ type: "text", text });
const paragraph = (...content: Run[]): RichText => [{ type: "paragraph", content }];
const typedAs = (text: string) => mrkdwn(typedText(text));

/** What Slack would act on: all in angle brackets but characters that are shown as they are. */
const alive = (written: string) =>
  written
    .replaceAll(/<!date\^00000000\^\{_\}\|[^<>]*>/g, "")
    .match(/[<>]|@(?:channel|here|everyone)\b/gi);

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom("*", "_", "~", "`", "```", "<", ">", "&", "|", "!", "@", "#", ":", "\n", " "),
      fc.constantFrom(
        "<!channel>",
        "<@U123>",
        "@here",
        "@everyone",
        "@Channel",
        "&lt;",
        "> ",
        ">>>",
      ),
      fc.constantFrom(":smile:", "<!date^0^{_}|x>", "(", ")", "a", "B", "1", "ü", "漢", "😀", "مر"),
      fc.string({ unit: "grapheme", maxLength: 8 }),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.join(""));

/** Without what a reader must take for a list, a line's end, or our own invisible signs. */
const readable = (text: string) =>
  !/[\u00AD\u200B\u2060\u2007\r]|^ *(?:[•◦▪]|\d{1,9}\.) /m.test(text) && text.trim() === text;

describe("what people typed", () => {
  test("calls no one and links nothing, whatever it is", () => {
    fc.assert(
      fc.property(hostile, (typed) => {
        expect(alive(typedAs(typed))).toBeNull();
      }),
      { numRuns: 3_000 },
    );
  });

  test("shows as it was typed: it reads back the same, without formatting", async () => {
    await fc.assert(
      fc.asyncProperty(hostile.filter(readable), async (typed) => {
        const text = tidy(typedText(typed));
        const asWords = (await readBack(text)).map((block) => ({
          ...block,
          ...("content" in block && { content: block.content.map(asText) }),
        }));
        expect(tidy(asWords)).toEqual(text);
      }),
      { numRuns: 3_000 },
    );
  });

  test.each([
    ["snake_case 2 * 3 * 4", "snake_case 2 * 3 * 4"],
    ["*now*", "<!date^00000000^{_}|*>now<!date^00000000^{_}|*>"],
    ["> no quote", "\u00AD&gt; no quote"],
    ["a > b & c", "a &gt; b &amp; c"],
    ["@channel @channels", "@\u2060channel @\u2060channels"],
    ["at 10:30:45", "at 10:30:45"],
    [":+1:", "<!date^00000000^{_}|:>+1:"],
  ])("%s", (typed, written) => {
    expect(typedAs(typed)).toBe(written);
  });
});

/** A mere custom emoji or a date that came of typed characters would be no mere text. */
const asText = (run: Run): Run => (run.type === "emoji" ? say(`:${run.name}:`) : run);

describe("what people formatted", () => {
  const safeWords = fc
    .array(
      fc.constantFrom(
        "word",
        "snake_case",
        "a*b",
        "x~",
        "`",
        "&",
        "<b>",
        "ü",
        "漢",
        "😀",
        "@here",
        "$5.",
      ),
      {
        minLength: 1,
        maxLength: 5,
      },
    )
    .map((all) => all.join(" "));
  const someMarks = fc.subarray(["bold", "italic", "strike"] as const, { minLength: 1 });
  const styled: fc.Arbitrary<Run> = fc.oneof(
    safeWords.map(say),
    fc.tuple(safeWords, someMarks).map(([text, own]): Run => ({ ...say(text), marks: own })),
    fc.constant<Run>({ ...say("let x = a < b && '*_~';"), marks: ["code"] }),
    fc.constant<Run>({ ...say("x"), marks: ["bold", "code"] }),
    fc.constant<Run>({ type: "link", url: "https://e.com/?a=1&b=2", label: "see | this" }),
    fc.constant<Run>({ type: "link", url: "https://e.com/", marks: ["italic"] }),
    fc.constant<Run>({ type: "date", at: 1_777_645_800, style: "long_date_time" }),
    fc.constant<Run>({ type: "emoji", name: "parrot" }),
  );
  const line = fc.array(fc.oneof(styled, fc.constantFrom(say(" "), say("a"), say(", "))), {
    minLength: 1,
    maxLength: 6,
  });
  const lines = fc
    .array(line, { minLength: 1, maxLength: 3 })
    .map((all) => all.flatMap((one, index) => (index > 0 ? [say("\n"), ...one] : one)))
    .map((content): Run[] => [say("w"), ...content, say("w")]);
  const block: fc.Arbitrary<Block> = fc.oneof(
    lines.map((content): Block => ({ type: "paragraph", content })),
    fc.tuple(lines, fc.nat(3)).map(([content, depth]): Block => ({ type: "item", depth, content })),
    lines.map((content): Block => ({ type: "item", depth: 0, number: 7, content })),
    fc
      .constantFrom("a", "  x < y\n\n> *b*", "```\n`````", "@everyone <!here>", "", "\n\n a")
      .map((text): Block => ({ type: "code", text })),
  );
  const quote = fc.constantFrom({}, { quote: 1 }, { quote: 2 });
  const richText = fc.array(
    fc.tuple(block, quote).map(([one, depth]): Block => ({ ...one, ...depth })),
    { minLength: 1, maxLength: 5 },
  );

  test("means the same when it is read back", async () => {
    await fc.assert(
      fc.asyncProperty(richText, async (text) => {
        expect(await readBack(text)).toEqual(tidy(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test("calls no one, in code and in names either", () => {
    const text: RichText = [
      ...paragraph(
        { type: "mention", kind: "broadcast", name: "channel" },
        { type: "mention", kind: "person", name: "everyone" },
        { type: "mention", kind: "group", name: "<!here>" },
        { type: "link", url: "!channel", label: "x" },
        { type: "link", url: "@U1" },
        { type: "link", url: "https://e.com/|<!here>", label: "@here <!here>" },
        { ...say("@here"), marks: ["code"] },
        { type: "emoji", name: "<!here>" },
      ),
      { type: "code", text: "@everyone <@U1>" },
    ];
    const written = mrkdwn(text);
    expect(written).not.toMatch(/@(?:here|channel|everyone)\b|<[!@#]/);
    expect(written).toContain("<https://e.com/%7C%3C!here%3E|@\u2060here &lt;!here&gt;>");
  });

  test("calls no one, wherever in it the words are", () => {
    const runs: ((words: string) => Run)[] = [
      say,
      (words) => ({ ...say(words), marks: ["bold", "strike"] }),
      (words) => ({ ...say(words), marks: ["code"] }),
      (words) => ({ type: "mention", kind: "person", name: words }),
      (words) => ({ type: "emoji", name: words }),
      (words) => ({ type: "link", url: words, label: words }),
      (words) => ({ type: "link", url: `https://e.com/${words}`, label: words }),
    ];
    const hostileRun = fc
      .tuple(
        fc.constantFrom(...runs),
        hostile.filter((words) => words !== ""),
      )
      .map(([make, words]) => make(words));
    const hostileBlock: fc.Arbitrary<Block> = fc.oneof(
      fc.array(hostileRun).map((content): Block => ({ type: "paragraph", content })),
      fc.array(hostileRun).map((content): Block => ({ type: "item", depth: 1, content })),
      hostile.map((text): Block => ({ type: "code", text })),
    );
    fc.assert(
      fc.property(fc.array(hostileBlock, { maxLength: 4 }), (text) => {
        const written = mrkdwn(text);
        expect(written).not.toMatch(/@(?:channel|here|everyone)/i);
        expect(alive(written.replaceAll(/<https:[^<>]*>/g, ""))).toBeNull();
      }),
      { numRuns: 3_000 },
    );
  });

  test("has marks at words, also within one, and closed at each line's end", () => {
    const bold = (text: string): Run => ({ ...say(text), marks: ["bold"] });
    expect(mrkdwn(paragraph(say("un"), bold("believ"), say("able")))).toBe(
      "un\u200B*believ*\u200Bable",
    );
    expect(mrkdwn(paragraph(say("a"), bold(" b\nc "), say("d")))).toBe("a *b*\n*c* d");
    expect(mrkdwn(paragraph({ ...say("x"), marks: ["italic", "bold", "code"] }))).toBe("*_`x`_*");
  });

  test("has a spoiler told, and underline left out", () => {
    expect(mrkdwn(paragraph({ ...say("he dies"), marks: ["spoiler"] }))).toBe("[spoiler: he dies]");
    expect(mrkdwn(paragraph({ ...say("x"), marks: ["underline"] }))).toBe("x");
  });

  test("has its lists as lists, and quotes and code as such", () => {
    expect(
      mrkdwn([
        { type: "item", depth: 0, content: [say("a\nb")] },
        { type: "item", depth: 1, number: 2, content: [say("c")] },
        { type: "paragraph", quote: 1, content: [say("d\ne")] },
        { type: "code", quote: 1, text: "f\n", language: "js" },
      ]),
    ).toBe("• a\n\u2007\u2007b\n    2. c\n> d\n> e\n> ```\n> f\n> ```");
  });

  test.each([
    ["js", { language: "javascript" }],
    ["Python", { language: "python" }],
    ["brainfuck", {}],
    [undefined, {}],
  ])("has code in the language %s shown as that, if Slack is known to know it", (given, shown) => {
    const block: Block = { type: "code", text: "x", ...(given && { language: given }) };
    expect(richTextBlock([block]).elements).toEqual([
      { type: "rich_text_preformatted", elements: [{ type: "text", text: "x" }], ...shown },
    ]);
  });

  test("means the same as rich text, with no character changed", async () => {
    const flat = richText.map((text) =>
      tidy(
        text.map(({ quote: depth, ...one }) => ({
          ...one,
          ...(depth && { quote: 1 }),
        })),
      ),
    );
    await fc.assert(
      fc.asyncProperty(flat, hostile, async (text, typed) => {
        const whole = tidy([...text, ...typedText(typed)]);
        const message = { blocks: [richTextBlock(whole)] };
        expect(await readMessage(message, reading)).toEqual(whole);
      }),
      { numRuns: 1_000 },
    );
  });

  test("in parts whose blocks Slack takes, also where those are far longer than the words", () => {
    const list = Array.from(
      { length: 300 },
      (_, n): Block => ({
        ...{ type: "item", depth: 0, content: [say(`id-${1_000 + n}`)] },
      }),
    );
    const parts = splitForSlack(list);
    for (const part of parts)
      expect(JSON.stringify(richTextBlock(part)).length).toBeLessThanOrEqual(12_000);
    expect(tidy(parts.flat())).toEqual(tidy(list));
  });

  test("in parts, each within the limit, and together the whole", () => {
    fc.assert(
      fc.property(richText, hostile, fc.integer({ min: 200, max: 400 }), (text, typed, limit) => {
        const whole = [...text, ...typedText(typed), ...text];
        const parts = splitForSlack(whole, limit);
        for (const part of parts) expect(mrkdwn(part).length).toBeLessThanOrEqual(limit);
        expect(tidy(parts.flat())).toEqual(tidy(whole));
      }),
    );
  });
});
