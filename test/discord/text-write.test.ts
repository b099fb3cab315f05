import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../adapters/discord/limits.ts";
import { readMarkdown, splitForDiscord, writeMarkdown } from "../../adapters/discord/text.ts";
import {
  type Block,
  type Mark,
  marks,
  type RichText,
  type Run,
  tidy,
  typedText,
} from "../../src/desk/text.ts";

const nameless = { person: () => undefined, role: () => undefined, channel: () => undefined };
const readBack = (text: RichText) => readMarkdown(writeMarkdown(text), { names: nameless });

const say = (text: string): Run => ({ type: "text", text });
const paragraph = (...content: Run[]): RichText => [{ type: "paragraph", content }];
const typedAs = (text: string) => writeMarkdown(typedText(text));

const syntax = [
  ...["*", "**", "_", "__", "~", "~~", "|", "||", "`", "``", "```", "\\", "<", ">", "[", "]", "("],
  ...[")", "](", "#", "# ", "-# ", "- ", "* ", "1. ", "7.", "> ", ">>> ", ":", "@", "&", "\n", " "],
  ...["<@1>", "<@!1>", "<@&1>", "<#1>", "@here", "@everyone", "@Everyone", "</a:1>", "<id:guide>"],
  ...["<:a:1>", "<a:b:1>", ":smile:", "<t:1>", "<t:1:R>", "[a](https://e.com)", "https://e.com"],
  ...[
    "http://a_b*c",
    "https://e.com/(a",
    "<https://e.com>",
    "http://[",
    "¯\\_(ツ)_/¯",
    "\n\n",
    "  ",
  ],
];
const hostile = fc
  .array(
    fc.oneof(
      { arbitrary: fc.constantFrom(...syntax), weight: 4 },
      fc.constantFrom("a", "B", "1", "ü", "漢", "😀", "مر", ".", ","),
      fc.string({ unit: "grapheme", maxLength: 8 }),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.join(""));

/** Without a line's end of another kind, our own invisible sign, and white space around it. */
const readable = (text: string) => !/[\r\u2060]/.test(text) && text.trim() === text;

/** An address that was typed is one that can be clicked, and calls no one. */
function asText(run: Run): Run {
  const isAddress = run.type === "link" && run.label === undefined;
  if (run.type !== "text" && !isAddress) return run;
  const text = run.type === "text" ? run.text : run.url;
  return {
    ...say(text.replace(/%40(?=here|everyone)/gi, "@")),
    ...(run.marks && { marks: run.marks }),
  };
}

const withAddressesAsText = (text: RichText) =>
  tidy(
    text.map((block) =>
      block.type === "code" ? block : { ...block, content: block.content.map(asText) },
    ),
  );

/** All that would call someone, wherever it stands and whether it is escaped or not. */
const calls = /@(?:everyone|here)|<@[!&]?\d/i;

describe("what people typed", () => {
  test("shows as it was typed: it reads back the same, without formatting", () => {
    fc.assert(
      fc.property(hostile.filter(readable), (typed) => {
        const text = tidy(typedText(typed));
        expect(withAddressesAsText(readBack(text))).toEqual(text);
      }),
      { numRuns: 4_000 },
    );
  });

  test("calls no one, wherever in it the words are", () => {
    const runs: ((words: string) => Run)[] = [
      say,
      (words) => ({ ...say(words), marks: ["bold", "strike"] }),
      (words) => ({ ...say(words), marks: ["spoiler", "code"] }),
      (words) => ({ type: "mention", kind: "person", name: words }),
      (words) => ({ type: "emoji", name: words }),
      (words) => ({ type: "link", url: words, label: words }),
      (words) => ({ type: "link", url: `https://e.com/${words}`, label: words }),
      (words) => ({ type: "link", url: `https://e.com/${words}` }),
    ];
    const hostileRun = fc
      .tuple(
        fc.constantFrom(...runs),
        hostile.filter((words) => words !== ""),
      )
      .map(([make, words]) => make(words));
    const block: fc.Arbitrary<Block> = fc.oneof(
      fc.array(hostileRun).map((content): Block => ({ type: "paragraph", content })),
      fc.array(hostileRun).map((content): Block => ({ type: "item", depth: 1, content })),
      hostile.map((text): Block => ({ type: "code", text })),
    );
    fc.assert(
      fc.property(fc.array(block, { maxLength: 4 }), (text) => {
        expect(writeMarkdown(text)).not.toMatch(calls);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ["*now* snake_case", String.raw`\*now\* snake\_case`],
    [
      "# no heading\n-# nor small\n - a\n1. b\n> c",
      "\\# no heading\n\\-# nor small\n \\- a\n1\\. b\n\\> c",
    ],
    ["1.5 - 2 > 3 # 4", "1.5 - 2 > 3 # 4"],
    ["||no|| ~~no~~ `no` ```no```", String.raw`\|\|no\|\| \~\~no\~\~ \`no\` \`\`\`no\`\`\``],
    ["[a](https://e.com)", String.raw`\[a](<https://e.com>)`],
    ["see https://e.com/a_b_c, ok", "see https://e.com/a_b_c, ok"],
    ["<https://e.com>", String.raw`\<<https://e.com>\>`],
    ["@everyone <@1> <t:1>", "@\u2060everyone \\<@\u20601> \\<t:1>"],
    [":+1: at 10:30:45", String.raw`\:+1: at 10:30:45`],
    ["¯\\_(ツ)_/¯ C:\\dir", String.raw`¯\\\_(ツ)\_/¯ C:\\dir`],
  ])("%s", (typed, written) => {
    expect(typedAs(typed)).toBe(written);
  });
});

describe("what people formatted", () => {
  const safeWords = fc
    .array(
      fc.constantFrom(
        ...["word", "snake_case", "a*b", "x~", "|", "||", "~~", "`", "&", "<b>", "ü", "漢", "😀"],
        ...["@here", "$5.", "\\", "1.", "# a", "- b", "> c", ":smile:", "_", "**"],
      ),
      { minLength: 1, maxLength: 5 },
    )
    .map((all) => all.join(" "));
  const someMarks = fc.subarray(
    marks.filter((mark) => mark !== "code"),
    { minLength: 1 },
  );
  const code = (text: string, ...others: Mark[]): Run => ({
    ...say(text),
    marks: [...others, "code"],
  });
  const styled: fc.Arbitrary<Run> = fc.oneof(
    safeWords.map(say),
    fc.tuple(safeWords, someMarks).map(([text, own]): Run => ({ ...say(text), marks: own })),
    fc.constantFrom(
      code("let x = a < b && '*_~|\\';"),
      code("a ``b``` c"),
      code(" ` "),
      code("`"),
      code("@everyone <@1> ||"),
      code("x", "spoiler", "bold", "italic", "underline", "strike"),
      code("||", "spoiler"),
    ),
    fc.constantFrom<Run>(
      { type: "link", url: "https://e.com/?a=1&b=2", label: "see this_one (2)" },
      { type: "link", url: "https://e.com/a_(b)", label: "docs", marks: ["bold", "strike"] },
      { type: "link", url: "https://e.com/", marks: ["italic"] },
      { type: "link", url: "https://e.com/a*b_c~~d__e||f" },
      { type: "date", at: 1_777_645_800, style: "long_date_time" },
      { type: "date", at: -5, style: "relative", marks: ["spoiler", "bold"] },
    ),
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
    fc.constantFrom<Block>(
      ...[[], [say("  a")], [say("\n")]].map((content): Block => ({ type: "paragraph", content })),
    ),
    lines.map((content): Block => ({ type: "item", depth: 0, content })),
    fc.constant<Block>({ type: "item", depth: 0, content: [] }),
    fc
      .tuple(lines, fc.constantFrom(1, 2, 7))
      .map(([content, number]): Block => ({ type: "item", depth: 0, number, content })),
    fc
      .constantFrom("a", "  x < y\n\n> *b*", "```\n`````", "@everyone <@1>", "", "\n", "\n\n a\n\n")
      .map((text): Block => ({ type: "code", text })),
    fc.constant<Block>({ type: "code", text: "js\nx", language: "c++" }),
  );
  const quote = fc.constantFrom({}, { quote: 1 });
  const richText = fc
    .array(fc.tuple(block, quote), { minLength: 1, maxLength: 6 })
    .map((all) => all.map(([one, depth]): Block => ({ ...one, ...depth })));

  /** Items one below the other, none deeper by two than the one above it. */
  const nested = fc
    .array(fc.tuple(lines, fc.nat(4), fc.option(fc.constantFrom(1, 2, 3, 98))), {
      minLength: 1,
      maxLength: 7,
    })
    .map((items) => {
      let above = -1;
      return items.map(([content, wanted, number]): Block => {
        above = Math.min(wanted, above + 1);
        return { type: "item", depth: above, ...(number !== null && { number }), content };
      });
    });

  /** At its ends, white space is not sent. */
  const whole = (text: RichText): RichText => [
    ...paragraph(say("first")),
    ...text,
    ...paragraph(say("last")),
  ];

  test("means the same when it is read back", () => {
    fc.assert(
      fc.property(fc.oneof(richText, nested), (blocks) => {
        const text = whole(blocks);
        expect(withAddressesAsText(readBack(text))).toEqual(withAddressesAsText(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test("what Discord cannot say is as near as may be", () => {
    const nearly: [string, RichText, string][] = [
      ["a quote in a quote", [{ type: "paragraph", quote: 2, content: [say("a")] }], "> a"],
      ["a name", paragraph({ type: "mention", kind: "person", name: "Ada_L" }), "@Ada\\_L"],
      ["a channel", paragraph({ type: "mention", kind: "channel", name: "help" }), "#help"],
      ["an emoji", paragraph({ type: "emoji", name: "parrot" }), "\\:parrot:"],
      ["a language", [{ type: "code", language: "not known", text: "a" }], "```\na\n```"],
      ["a deep item", [{ type: "item", depth: 2, content: [say("a")] }], "- a"],
      ["a number", [{ type: "item", depth: 0, number: 0, content: [say("a")] }], "1. a"],
      [
        "a weekday",
        paragraph({ type: "date", at: 1_777_645_800, style: "long_date" }),
        "<t:1777645800:D>",
      ],
      ["a bold space", paragraph({ ...say(" a\n "), marks: ["bold"] }, say("b")), "**a**\n b"],
      [
        "a link that is none",
        paragraph({ type: "link", url: "mailto:a@e.com", label: "A" }),
        "A (mailto:a@e.com)",
      ],
      [
        "bold code with its own stars",
        paragraph({ ...say("a*b"), marks: ["bold", "code"] }),
        "`a*b`",
      ],
      ["code, to be copied", paragraph(code("a || b")), "`a || b`"],
      [
        "the rest of an item",
        [{ type: "item", depth: 1, number: 4, continued: true, content: [say("a")] }],
        "a",
      ],
    ];
    for (const [name, text, written] of nearly) expect(writeMarkdown(text), name).toBe(written);
  });

  test.each([
    ["docs", "https://e.com/a", "[docs](https://e.com/a)"],
    ["docs", "https://e.com/((a)", "[docs](https://e.com/%28%28a%29)"],
    ["a*b", "https://e.com", "a\\*b (<https://e.com>)"],
    ["party 🎉", "https://e.com", "party 🎉 (<https://e.com>)"],
    ["[x]", "https://e.com", "\\[x] (<https://e.com>)"],
    ["e.com", "https://www.e.com/a", "[e.com](https://www.e.com/a)"],
    ["bank.com", "https://evil.com", "bank.com (<https://evil.com>)"],
    ["https://bank.com", "https://evil.com", "https://bank.com (<https://evil.com>)"],
    ["https://e.com", "https://e.com", "https://e.com"],
    [" ", "https://e.com/a b", "https://e.com/a%20b"],
    ["run", "javascript:alert(1)", "run (javascript:alert(1))"],
  ])("a link: %s to %s", (label, url, written) => {
    expect(writeMarkdown(paragraph({ type: "link", url, label }))).toBe(written);
  });

  test("in parts, each within the limit, and together the whole", () => {
    fc.assert(
      fc.property(richText, hostile, fc.integer({ min: 200, max: 400 }), (text, typed, limit) => {
        const whole = [...text, ...typedText(typed), ...text];
        const parts = splitForDiscord(whole, limit);
        for (const part of parts) expect(writeMarkdown(part).length).toBeLessThanOrEqual(limit);
        expect(tidy(parts.flat())).toEqual(tidy(whole));
      }),
    );
  });

  test("in parts of 2,000 characters, if nothing else is said", () => {
    const parts = splitForDiscord(typedText("*a* ".repeat(5_000)));
    for (const part of parts)
      expect(writeMarkdown(part).length).toBeLessThanOrEqual(limits.content);
    expect(parts.length).toBe(16);
  });
});
