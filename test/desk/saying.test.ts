import { describe, expect, test } from "vitest";
import { saying } from "../../src/desk/saying.ts";
import { type RichText, type Run, typedText } from "../../src/desk/text.ts";
import { plainText } from "../../src/desk/text-plain.ts";

const said = (text: RichText, replies: "thread" | "explicit") => {
  const { kind, text: rest } = saying(text, { replies });
  return [kind, plainText(rest)];
};

describe("what agents write in a thread is", () => {
  test.each([
    ["a reply as it is", "hello", "reply", "hello", undefined, "hello"],
    ["a note after //", "// hello", "note", "hello", "note", "hello"],
    ["a note with a space before the mark", " //hello", "note", "hello", "note", "hello"],
    ["a note with nothing in it", "//", "note", "", "note", ""],
    [
      "no note with the mark inside",
      "see http://x",
      "reply",
      "see http://x",
      undefined,
      "see http://x",
    ],
    ["a note after full-width slashes", "／／ hello", "note", "hello", "note", "hello"],
    ["a note after mixed slashes", "/／hello", "note", "hello", "note", "hello"],
    ["a note after a zero-width space", "\u200b// hello", "note", "hello", "note", "hello"],
    ["a note after a word joiner and a soft hyphen", "\u2060\u00ad//x", "note", "x", "note", "x"],
    ["a note after a byte order mark", "\ufeff//\ufeff hello", "note", "hello", "note", "hello"],
    ["a note with what cannot be seen in its mark", "/\u200d/ x", "note", "x", "note", "x"],
    ["a note after empty lines", "\n \n// hello", "note", "hello", "note", "hello"],
    ["no note after a single slash", "/ hello", "reply", "/ hello", undefined, "/ hello"],
    ["no note with a space in the mark", "/ / hello", "reply", "/ / hello", undefined, "/ / hello"],
    ["for the requester after >>", ">> hello", "reply", ">> hello", "reply", "hello"],
  ])("%s", (_, typed, kind, text, explicitKind, explicitText) => {
    expect(said(typedText(typed), "thread")).toEqual([kind, text]);
    expect(said(typedText(typed), "explicit")).toEqual([explicitKind, explicitText]);
  });

  const hello = { type: "paragraph" as const, content: [{ type: "text" as const, text: "hello" }] };
  const marked = {
    type: "paragraph" as const,
    content: [{ type: "text" as const, text: "> hello" }],
  };

  test.each([
    ["a composer made two quotes of the mark", { ...hello, quote: 2 }, "reply", "hello"],
    ["a composer made one quote of it", { ...marked, quote: 1 }, "reply", "hello"],
    ["it is a quote of someone", { ...hello, quote: 1 }, undefined, "> hello"],
  ])("read rightly when %s", (_, block, kind, text) => {
    expect(said([block], "explicit")).toEqual([kind, text]);
  });

  test("no note when the mark stands in code or in a quote", () => {
    const code: RichText = [{ type: "code", text: "// hello" }];
    const inline: RichText = [
      { type: "paragraph", content: [{ type: "text", text: "// x", marks: ["code"] }] },
    ];
    const quote: RichText = [
      { type: "paragraph", quote: 1, content: [{ type: "text", text: "// x" }] },
    ];
    for (const text of [code, inline, quote])
      expect(saying(text, { replies: "thread" })).toEqual({ kind: "reply", text });
  });

  const runs = (...content: Run[]): RichText => [{ type: "paragraph", content }];

  test.each<[string, RichText, RichText]>([
    [
      "is in bold",
      runs({ type: "text", text: "//", marks: ["bold"] }, { type: "text", text: " hello" }),
      runs({ type: "text", text: "hello" }),
    ],
    [
      "is in two pieces",
      runs(
        { type: "text", text: " /" },
        { type: "text", text: "/ he", marks: ["italic"] },
        { type: "text", text: "llo " },
      ),
      runs({ type: "text", text: "he", marks: ["italic"] }, { type: "text", text: "llo " }),
    ],
    [
      "stands before a name",
      runs({ type: "text", text: "// " }, { type: "mention", kind: "person", name: "Bea" }),
      runs({ type: "mention", kind: "person", name: "Bea" }),
    ],
    [
      "stands below an empty line",
      [...runs({ type: "text", text: "\u200b" }), ...runs({ type: "text", text: "// hello" })],
      runs({ type: "text", text: "hello" }),
    ],
  ])("a note when its mark %s", (_, text, left) => {
    for (const replies of ["thread", "explicit"] as const)
      expect(saying(text, { replies })).toEqual({ kind: "note", text: left });
  });

  test.each([1, 2])("not for the requester when it is below a quote, %i deep", (quote) => {
    const text: RichText = [
      { type: "paragraph", quote, content: [{ type: "text", text: "> It burns" }] },
      { type: "paragraph", content: [{ type: "text", text: "He is lying." }] },
    ];
    expect(saying(text, { replies: "explicit" })).toEqual({ kind: undefined, text });
  });

  test("a note with all that stands below its mark", () => {
    const text: RichText = [
      { type: "paragraph", content: [{ type: "text", text: "//" }] },
      { type: "code", text: "x" },
    ];
    expect(saying(text, { replies: "thread" })).toEqual({
      ...{ kind: "note", text: [{ type: "code", text: "x" }] },
    });
  });
});
