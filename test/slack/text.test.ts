import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readMessage } from "../../adapters/slack/text.ts";
import { emojiLookup } from "../../adapters/slack/text-emoji.ts";
import { type RichText, type Run, richTextSchema } from "../../src/desk/text.ts";
import { plainText } from "../../src/desk/text-plain.ts";

const emoji = emojiLookup({
  "1F44D": ["+1", "thumbsup"],
  "1F642": "slightly_smiling_face",
  "1F1E9-1F1EA": ["flag-de", "de"],
  "1F4A9": ["hankey", "poop"],
  "2764": "heart",
  "1F4AF": "100",
});

const people: Record<string, string> = { U1: "Ada", U2: "Grace Hopper" };
const names = {
  person: async (id: string) => people[id],
  channel: async (id: string) => (id === "C1" ? "help" : undefined),
  group: async (id: string) => (id === "S1" ? "support" : undefined),
};

const read = (text: string) => readMessage({ text }, { names, emoji });
const readsAs = async (text: string) => plainText(await read(text));
const say = (text: string): Run => ({ type: "text", text });
const paragraph = (...content: Run[]): RichText => [{ type: "paragraph", content }];

describe("mrkdwn: nothing of Slack's syntax is left over", () => {
  test.each([
    ["Hi <@U1>, ask <@U2|grace>", "Hi @Ada, ask @Grace Hopper"],
    ["<@U9> <@U9|zoe>", "@someone @zoe"],
    [
      "in <#C1|help> or <#C2|secret-merger> or <#C3> or <#C4|>",
      "in #help or #private-channel or #private-channel or #private-channel",
    ],
    ["<!subteam^S1> <!subteam^S2|@ops> <!subteam^S3>", "@support @ops @a group"],
    ["<!here> <!channel|channel> <!everyone>", "@here @channel @everyone"],
    ["<https://e.com>", "https://e.com"],
    ["<https://e.com/?a=1&amp;b=2|the docs>", "[the docs](https://e.com/?a=1&b=2)"],
    ["<http://example.com|example.com>", "[example.com](http://example.com)"],
    ["<https://e.com/%7C%3E|a|b &gt; c>", "[a|b > c](https://e.com/%7C%3E)"],
    ["<mailto:a@e.com|a@e.com> <tel:+49123|+49123>", "a@e.com +49123"],
    ["<mailto:a@e.com|write us>", "[write us](mailto:a@e.com)"],
    ["&lt;b&gt; &amp;amp; &amp;lt;", "<b> &amp; &lt;"],
    ["<!date^1777645800^{date_short} at {time}|May 1>", "2026-05-01 14:30 UTC"],
    ["<!date^1777645800^Due {date_num}!|May 1>", "Due 2026-05-01!"],
    ["<!date^1777645800^{date}^https://e.com|May 1>", "[2026-05-01](https://e.com)"],
    ["<!date^x^{date}|May 1>", "May 1"],
    ["<!unknown^x|shown>", "shown"],
    ["a <> b < c", "a <> b < c"],
  ])("%s", async (text, shown) => {
    expect(await readsAs(text)).toBe(shown);
  });
});

describe("mrkdwn: emoji are characters", () => {
  test.each([
    [":thumbsup:", "👍"],
    [":+1::skin-tone-3:", "👍🏼"],
    [":flag-de::hankey::simple_smile:", "🇩🇪💩🙂"],
    [":heart:", "❤️"],
    [":100: at 10:30:45", "💯 at 10:30:45"],
    [":party-parrot: :not an emoji:", ":party-parrot: :not an emoji:"],
  ])("%s", async (text, shown) => {
    expect(await readsAs(text)).toBe(shown);
  });

  test("a workspace's own keeps its name", async () => {
    expect(await read(":parrot:")).toEqual(paragraph({ type: "emoji", name: "parrot" }));
  });
});

describe("mrkdwn: formatting is what Slack makes of it", () => {
  test.each([
    ["*bold* _italic_ ~strike~ `code`", "**bold** _italic_ ~~strike~~ `code`"],
    ["*_~all~_*", "**_~~all~~_**"],
    ["*one _two* three_", "**one _two** three_"],
    ["snake_case_name 2*3*4 a~b~c", "snake_case_name 2*3*4 a~b~c"],
    ["(*bold*), *bold*!", "(**bold**), **bold**!"],
    ["* not bold * *open", "* not bold * *open"],
    ["*a\nb*", "*a\nb*"],
    ["**twice** __twice__", "**twice** __twice__"],
    ["`*a* <https://e.com> &lt;`", "`*a* https://e.com <`"],
    ["`open *b*", "`open **b**"],
    ["*<@U1>* _:+1:_", "**@Ada** _👍_"],
    ["*مرحبا* _שלום_", "**مرحبا** _שלום_"],
    ["un\u200B*believ*\u200Bable", "un**believ**able"],
    ["", ""],
  ])("%s", async (text, shown) => {
    expect(await readsAs(text)).toBe(shown);
  });

  test("100,000 delimiters, brackets or colons without a partner are text", async () => {
    for (const sign of ["*a ", "_", "<", ":", "`", "```\n", "&gt;", "> ", "*_~", " \u200B*"]) {
      const text = sign.repeat(100_000);
      expect((await readsAs(text)).length).toBeGreaterThan(1_000);
    }
  });
});

describe("mrkdwn: blocks", () => {
  test("a quote, its lines, and what comes after", async () => {
    expect(await read("&gt; one\n&gt;two\nthree")).toEqual([
      { type: "paragraph", quote: 1, content: [say("one\ntwo")] },
      ...paragraph(say("three")),
    ]);
  });

  test("a quote in a quote, and a quote to the end", async () => {
    expect(await read("&gt; a\n&gt; &gt; b")).toMatchObject([{ quote: 1 }, { quote: 2 }]);
    expect(await readsAs("a\n&gt;&gt;&gt; b\n\nc")).toBe("a\n> b\n> \n> c");
  });

  test("code keeps its lines, signs and indent, and reads no formatting", async () => {
    expect(
      await read("see:\n```\nif a &lt; b:\n  *x* :+1: <https://e.com|e.com>\n&gt; c\n```\nok"),
    ).toEqual([
      ...paragraph(say("see:")),
      { type: "code", text: "if a < b:\n  *x* :+1: e.com\n> c" },
      ...paragraph(say("ok")),
    ]);
  });

  test("code within a line, several of them, and one without an end", async () => {
    expect(await read("a ```b``` c ```d``` e ```f")).toEqual([
      ...paragraph(say("a ")),
      { type: "code", text: "b" },
      ...paragraph(say(" c ")),
      { type: "code", text: "d" },
      ...paragraph(say(" e ```f")),
    ]);
  });

  test("code in a quote", async () => {
    expect(await read("&gt; ```\n&gt; a\n&gt; &gt; b\n&gt; ```\n&gt; c")).toEqual([
      { type: "code", text: "a\n> b", quote: 1 },
      { type: "paragraph", content: [say("c")], quote: 1 },
    ]);
  });

  test("lists as apps write them", async () => {
    expect(await readsAs("• a\n    ◦ b\n1. c\n2. *d*")).toBe("- a\n  - b\n1. c\n2. **d**");
  });
});

describe("whatever Slack sends", () => {
  const token = fc.constantFrom(
    ...[
      "<@U1>",
      "<@>",
      "<@U9|>",
      "<#C1|help>",
      "<#>",
      "<!subteam^S1>",
      "<!subteam>",
      "<!here>",
      "<!>",
    ],
    ...[
      "<!date^1^{date}|x>",
      "<!date^1e99^{time}>",
      "<!date>",
      "<https://e.com|>",
      "<|>",
      "< >",
      "<mailto:>",
    ],
    ...[
      "*",
      "_",
      "~",
      "`",
      "```",
      "&gt;",
      "&amp;",
      ":",
      ":+1:",
      "::skin-tone-9:",
      "\n",
      " ",
      "• ",
      "1. ",
    ],
    ...["\u200B", "\u2060", "\u00AD", "\u2007\u2007", "word", "漢", "\r"],
  );
  const isKept = (text: RichText) => richTextSchema.safeParse(text).error;

  test("as mrkdwn is a text that can be kept, without Slack's syntax in it", async () => {
    const source = fc.array(token, { maxLength: 25 }).map((all) => all.join(""));
    await fc.assert(
      fc.asyncProperty(source, async (mrkdwn) => {
        const text = await read(mrkdwn);
        expect(isKept(text)).toBeUndefined();
        expect(plainText(text)).not.toMatch(/<[@#!]\w|<https?:|&(?:amp|gt|lt);/);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("names", () => {
  test("are asked for once each, and not at all where there are none", async () => {
    const asked: string[] = [];
    const counting = {
      ...names,
      person: (id: string) => {
        asked.push(id);
        return names.person(id);
      },
    };
    await readMessage({ text: "<@U1> <@U1> <@U2>" }, { names: counting, emoji });
    await readMessage({ text: "no one" }, { names: counting, emoji });
    expect(asked).toEqual(["U1", "U2"]);
  });

  test("that cannot be asked for say why", async () => {
    const failing = { ...names, person: () => Promise.reject(new Error("offline")) };
    await expect(readMessage({ text: "<@U1>" }, { names: failing, emoji })).rejects.toThrow(
      "offline",
    );
  });
});
