import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readMarkdown } from "../../adapters/discord/text.ts";
import { type RichText, type Run, richTextSchema } from "../../src/desk/text.ts";
import { plainText } from "../../src/desk/text-plain.ts";

const people: Record<string, string> = { "1": "Ada", "2": "Grace Hopper" };
const names = {
  person: (id: string) => people[id],
  role: (id: string) => (id === "5" ? "support" : undefined),
  channel: (id: string) => (id === "7" ? "help" : undefined),
};

const read = (content: string) => readMarkdown(content, { names });
const readsAs = (content: string) => plainText(read(content));
const say = (text: string): Run => ({ type: "text", text });
const marked = (text: string, ...marks: NonNullable<Run["marks"]>): Run => ({
  ...say(text),
  marks,
});
const paragraph = (...content: Run[]): RichText => [{ type: "paragraph", content }];

describe("nothing of Discord's syntax is left over", () => {
  test.each([
    ["Hi <@1>, ask <@!2>", "Hi @Ada, ask @Grace Hopper"],
    [
      "<@99> in <#7> or <#99>, <@&5> or <@&99>",
      "@someone in #help or #unknown-channel, @support or @a role",
    ],
    ["@everyone and @here", "@everyone and @here"],
    ["<:party_parrot:123> <a:wave:456> 👋🏽", ":party_parrot: :wave: 👋🏽"],
    ["</ticket:123> </ticket list:123>", "/ticket /ticket list"],
    [
      "<id:customize> <id:browse> <id:linked-roles:12>",
      "Channels & Roles Browse Channels Linked Roles",
    ],
    ["playing <@$12>", "playing a game"],
    ["https://e.com/a_b_c*d*.", "https://e.com/a_b_c*d*."],
    ["(see https://e.com/(a)) <https://e.com>", "(see https://e.com/(a)) https://e.com"],
    [
      "[the docs](https://e.com/?a=1) [b](<https://e.com>)",
      "[the docs](https://e.com/?a=1) [b](https://e.com)",
    ],
    ['[a](https://e.com "A title")', "[a](https://e.com)"],
    ["[**bold**](https://e.com)", "**[bold](https://e.com)**"],
    ["[a](mailto:x) [a] (b)", "[a](mailto:x) [a] (b)"],
    [String.raw`\*a\* \<@1> \# 1\. \\ \@here`, String.raw`*a* <@1> # 1. \ @here`],
    [String.raw`C:\dir ¯\_(ツ)_/¯`, String.raw`C:\dir ¯\_(ツ)_/¯`],
    ["a < b <x> <>", "a < b <x> <>"],
  ])("%s", (content, shown) => {
    expect(readsAs(content)).toBe(shown);
  });

  test("a label that is an address cannot pose as one: both are read", () => {
    expect(readsAs("[https://bank.com](https://evil.com)")).toBe(
      "https://bank.com (https://evil.com)",
    );
    expect(read("[https://e.com](https://e.com)")).toEqual(
      paragraph({ type: "link", url: "https://e.com" }),
    );
  });
});

describe("timestamps are dates", () => {
  test.each([
    ["", "date_time"],
    [":t", "time"],
    [":T", "exact_time"],
    [":d", "short_date"],
    [":D", "date"],
    [":f", "date_time"],
    [":F", "long_date_time"],
    [":s", "date_time"],
    [":S", "date_time"],
    [":R", "relative"],
  ] as const)("<t:1777645800%s>", (letter, style) => {
    expect(read(`<t:1777645800${letter}>`)).toEqual(
      paragraph({ type: "date", at: 1_777_645_800, style }),
    );
  });

  test("those that no one can show are words", () => {
    expect(readsAs("<t:8640000000000> <t:-99999999999:R> <t:1:x>")).toBe("a date a date <t:1:x>");
  });
});

describe("formatting is what Discord makes of it", () => {
  test.each([
    [
      "**bold** *italic* _italic_ ~~strike~~ ||no|| `code`",
      "**bold** _italic_ _italic_ ~~strike~~ [spoiler: no] `code`",
    ],
    ["***both*** **_both_**", "**_both_** **_both_**"],
    ["*foo **bar* baz**", "_foo **bar_ baz**"],
    ["**foo *bar** baz*", "**foo *bar** baz*"],
    ["***foo* bar** ***foo** bar*", "**_foo_ bar** **_foo_** _bar_"],
    ["snake_case_name 2 * 3 * 4 _a_b", "snake_case_name 2 * 3 * 4 _a_b"],
    ["test_test_ a*b*c", "test_test_ a_b_c"],
    ["*a   *b*   c*", "*a   _b_   c*"],
    ["**two\nlines**", "**two**\n**lines**"],
    ["`*a* <@1> \\` ``a ` b`` `` `c` ``", "`*a* <@1> \\` `a ` b` ``c``"],
    ["`open *b*", "`open _b_"],
    ["**https://e.com/a_b** *https://e.com.*", "**https://e.com/a_b** _https://e.com._"],
    ["**<@1>** *:x:*", "**@Ada** _:x:_"],
    ["~~~~ |||| ****", "~~~~ |||| ****"],
    ["", ""],
  ])("%s", (content, shown) => {
    expect(readsAs(content)).toBe(shown);
  });

  test("__underline__, also with other formatting", () => {
    expect(read("__a__ __**b**__ ___c___")).toEqual(
      paragraph(
        marked("a", "underline"),
        say(" "),
        marked("b", "bold", "underline"),
        say(" "),
        marked("c", "italic", "underline"),
      ),
    );
  });

  test("100,000 delimiters, brackets or fences without a partner are text", () => {
    const signs = ["*a ", "**", "_", "__a", "~~", "||", "*_~~||", "`", "``a`", "\\", "\u2060*"];
    const brackets = ["<", "<@", "<t:", "[", "[a](", "[[a]", "[a]( ", "[a](b\n", "([", ")"];
    const lines = [
      "```\n",
      "> ```\n",
      "> ",
      "- a\n",
      "  - a\n",
      "# a\n",
      "-# ",
      "\n",
      "http://.",
      "**http://a",
    ];
    for (const sign of [...signs, ...brackets, ...lines])
      expect(read(sign.repeat(100_000)).length).toBeGreaterThan(0);
  });
});

describe("blocks", () => {
  test("a heading is a bold line, and small text a plain one", () => {
    expect(readsAs("# One *two*\n## Three ##\n### Four\n#### five #\n-# six\nseven #8")).toBe(
      "**One _two_**\n**Three**\n**Four**\n#### five #\nsix\nseven #8",
    );
    expect(readsAs("**# Loud**\n||-# low||\n#no")).toBe("**Loud**\n[spoiler: low]\n#no");
  });

  test("a quote, its lines, and what comes after", () => {
    expect(read("> one\n> two\nthree\n>four")).toEqual([
      { type: "paragraph", quote: 1, content: [say("one\ntwo")] },
      ...paragraph(say("three\n>four")),
    ]);
    expect(readsAs("a\n>>> b\n\n> c")).toBe("a\n> b\n> \n> > c");
  });

  test("formatting goes on from line to line, but not out of a quote or an item", () => {
    expect(readsAs("**a\n> b\nc** d")).toBe("**a**\n> **b**\n**c** d");
    expect(readsAs("> **a\n> b**\n> *c\nd*")).toBe("> **a**\n> **b**\n> *c\nd*");
    expect(readsAs("- **a\n- b**")).toBe("- **a\n- b**");
  });

  test("code keeps its lines, signs and indent, and reads no formatting", () => {
    expect(read("see:\n```py\nif a < b:\n  *x* <@1> \\_\n> c\n```\nok")).toEqual([
      ...paragraph(say("see:")),
      { type: "code", language: "py", text: "if a < b:\n  *x* <@1> \\_\n> c" },
      ...paragraph(say("ok")),
    ]);
  });

  test("code within a line, several of them, and one without an end", () => {
    expect(read("a ```b``` c ```d``` e \\``` ```f")).toEqual([
      ...paragraph(say("a ")),
      { type: "code", text: "b" },
      ...paragraph(say(" c ")),
      { type: "code", text: "d" },
      ...paragraph(say(" e ``` ```f")),
    ]);
  });

  test("code in a quote", () => {
    expect(read("> ```\n> a\n> > b\n> ```\n> c")).toEqual([
      { type: "code", text: "a\n> b", quote: 1 },
      { type: "paragraph", content: [say("c")], quote: 1 },
    ]);
  });

  test("code in a spoiler is still hidden", () => {
    expect(read("it is ||```py\nsecret\n```||!")).toEqual(
      paragraph(say("it is \n"), marked("secret", "spoiler", "code"), say("\n!")),
    );
  });

  test("lists, nested by their indent, numbered from their first number", () => {
    expect(readsAs("- a\n  - b\n    - c\n  more\n* d\n5. e")).toBe(
      "- a\n  - b\n    - c\n      more\n- d\n- e",
    );
    expect(readsAs("3. a\n3. b\n   - c\n   - d\n1. e\n\n7. f")).toBe(
      "3. a\n4. b\n  - c\n  - d\n5. e\n\n7. f",
    );
    expect(readsAs("-a\n- \n1.b\n1.")).toBe("-a\n- \n1.b\n1.");
    expect(readsAs("> - a\n>   b\n> c")).toBe("> - a\n>   b\n> c");
  });
});

describe("whatever Discord sends", () => {
  const tokens = [
    ...["<@1>", "<@>", "<@!2>", "<@&5>", "<#7>", "<#>", "@here", "<:a:1>", "<a:b:2>", "<t:1:R>"],
    ...["<t:1e9>", "<t:99999999999999>", "</a b:1>", "<id:guide>", "<https://e.com>", "< >", "<>"],
    ...[
      "[a](https://e.com)",
      "[",
      "](",
      ")",
      "[](https://e.com)",
      "[ ](<https://e.com>)",
      "https://",
    ],
    ...[
      "*",
      "**",
      "_",
      "__",
      "~~",
      "||",
      "`",
      "``",
      "```",
      "\\",
      "> ",
      ">>> ",
      "# ",
      "-# ",
      "- ",
      "1. ",
    ],
    ...["\n", " ", "  ", "word", "漢", "😀", "\r", "\u2060", "0. ", "99999999999. "],
  ];
  const source = fc.array(fc.constantFrom(...tokens), { maxLength: 30 }).map((all) => all.join(""));

  test("is a text that can be kept, without names that no one can read", () => {
    fc.assert(
      fc.property(source, (content) => {
        const text = read(content.replaceAll("\\", ""));
        expect(richTextSchema.safeParse(text).error).toBeUndefined();
        expect(richTextSchema.safeParse(read(content)).error).toBeUndefined();
        const seen = JSON.stringify(text.map((block) => (block.type === "code" ? [] : block)));
        if (!seen.includes('"code"')) expect(seen).not.toMatch(/<[@#]\d|<a?:\w+:\d|<t:\d+>|<\/a b/);
      }),
      { numRuns: 3_000 },
    );
  });
});
