/**
 * Neutral text as Discord's Markdown.
 * https://docs.discord.com/developers/reference#message-formatting and
 * https://support.discord.com/hc/en-us/articles/210298617
 */
import { type Block, type Mark, type RichText, type Run, tidy } from "../../src/desk/text.ts";
import { type Notation, writeMarks } from "../../src/desk/text-marks.ts";
import { words } from "../../src/desk/text-plain.ts";
import { timestampStyles } from "./text-dates.ts";
import { addresses, isWebAddress, withoutParentheses } from "./text-links.ts";
import { type Levels, placeItem } from "./text-lists.ts";
import { listBreak, unpinged, wordJoiner } from "./text-signs.ts";
import { typed } from "./text-typed.ts";
import { plainLink, writeLink } from "./text-write-links.ts";

/**
 * A text as Markdown, without white space around it. What people typed shows as they typed it: it
 * makes no formatting, list or link, and calls no one; an address can be clicked. A quote in a
 * quote is a quote, and a custom emoji its name.
 */
export function writeMarkdown(text: RichText): string {
  const levels: Levels = [];
  const written: string[] = [];
  let last: Block | undefined;
  for (const block of tidy(text.map(withWords))) {
    if (!block.quote !== !last?.quote) levels.length = 0;
    const lines = writeBlock(block, levels);
    const wouldGoOn = last?.type === "item" && block.type === "paragraph" && /^ {2}/.test(lines);
    written.push(quoted(wouldGoOn ? wordJoiner + lines : lines, block.quote));
    last = block;
  }
  return written.join("\n").trim();
}

/** What has no syntax of its own is one text with the words beside it: none is a call in parts. */
const withWords = (block: Block): Block =>
  block.type === "code" ? block : { ...block, content: block.content.flatMap(asWords) };

function asWords(run: Run): Run[] {
  if (run.type === "link") return plainLink(run);
  if (run.type !== "mention" && run.type !== "emoji") return [run];
  return [{ type: "text", text: words(run), ...(run.marks && { marks: run.marks }) }];
}

function writeBlock(block: Block, levels: Levels): string {
  if (block.type === "item" && !block.continued) return writeItem(block, levels);
  levels.length = 0;
  return block.type === "code" ? writeCodeBlock(block) : writeRuns(block.content);
}

function writeItem(item: Extract<Block, { type: "item" }>, levels: Levels): string {
  const { indent, marker, breaks } = placeItem(levels, item);
  const [first = "", ...others] = writeRuns(item.content).split("\n");
  const start = /^\S/.test(first) ? first : wordJoiner + first;
  const below = indent + " ".repeat(marker.length);
  const before = breaks ? [indent + listBreak] : [];
  return [...before, indent + marker + start, ...others.map((line) => below + line)].join("\n");
}

/** Line breaks at its ends are not shown, if nothing holds them. */
function writeCodeBlock({ text, language }: Extract<Block, { type: "code" }>): string {
  const inert = unpinged(text.replaceAll(/`{3,}/g, (ticks) => [...ticks].join(wordJoiner)));
  const start = text === "" || text.startsWith("\n") ? wordJoiner : "";
  const end = text.endsWith("\n") ? wordJoiner : "";
  const known = language && /^[\w+.-]+$/.test(language) ? language : "";
  return `\`\`\`${known}\n${start}${inert}${end}\n\`\`\``;
}

/** An empty line is one with a sign that is not seen: at a message's end, white space is cut off. */
const quoted = (lines: string, depth = 0) =>
  depth === 0
    ? lines
    : lines.replaceAll(/^.*$/gm, (line) => `> ${line}${line.trim() === "" ? wordJoiner : ""}`);

const notation: Notation = {
  delimiters: {
    spoiler: ["||", "||"],
    bold: ["**", "**"],
    italic: ["*", "*"],
    underline: ["__", "__"],
    strike: ["~~", "~~"],
  },
  between: (left, right) => (/[*_~|]$/.test(left) && /^[*_~|]/.test(right) ? wordJoiner : ""),
};

function writeRuns(content: readonly Run[]): string {
  const runs = content.flatMap(addressesApart);
  return writeMarks(
    runs.map((run, at) => ({
      text: writeRun(run, beginsAddress(runs[at - 1]) && endsAddress(runs.slice(at + 1, at + 3))),
      marks: bearable(run),
    })),
    notation,
  );
}

/** Typed addresses as links, since nothing in them can be escaped. */
function addressesApart(run: Run): Run[] {
  if (run.type !== "text" || run.marks?.includes("code")) return [run];
  const marks = run.marks && { marks: run.marks };
  const runs: Run[] = [];
  let end = 0;
  for (const match of run.text.matchAll(addresses)) {
    const url = withoutParentheses(match[0]);
    if (!isWebAddress(url)) continue;
    if (match.index > end)
      runs.push({ type: "text", text: run.text.slice(end, match.index), ...marks });
    runs.push({ type: "link", url, ...marks });
    end = match.index + url.length;
  }
  const text = run.text.slice(end);
  return text === "" ? runs : [...runs, { type: "text", text, ...marks }];
}

/** Behind a colon, `https:` could be an emoji's name. */
const beginsAddress = (last: Run | undefined) => last?.type !== "text" || !last.text.endsWith(":");

/** Whether a bare address before this ends where it should. */
function endsAddress([next, other]: readonly Run[]): boolean {
  if (!next) return true;
  if (next.type !== "text" || next.marks?.includes("code")) return false;
  return (other ? /^[.,:;"'\]]*\s/ : /^[.,:;"'\]]*(?:\s|$)/).test(next.text);
}

const signOf: Readonly<Partial<Record<Mark, string>>> = {
  bold: "*",
  italic: "*",
  underline: "_",
  strike: "~",
};

/**
 * Formatting ends at the first of its signs that is not escaped, and in code and in an address
 * none can be. There, the words are worth more than how they look; a spoiler stays one.
 */
function bearable(run: Run): Mark[] {
  const marks = (run.marks ?? []).filter((mark) => mark !== "code");
  const raw = rawOf(run);
  return marks.filter((mark) => !raw.includes(signOf[mark] ?? "\0"));
}

function rawOf(run: Run): string {
  if (run.type === "link") return run.url + (run.label ?? "");
  return run.type === "text" && run.marks?.includes("code") ? run.text : "";
}

function writeRun(run: Run, canBeBare: boolean): string {
  switch (run.type) {
    case "link":
      return writeLink(run, canBeBare);
    case "date":
      return `<t:${run.at}:${timestampStyles[run.style]}>`;
    case "text":
    case "emoji":
    case "mention":
      return run.marks?.includes("code")
        ? writeCode(words(run), run.marks)
        : typed(words(run), run.marks);
  }
}

/** Line by line: other formatting ends with each. In a spoiler, what would end it is held apart. */
function writeCode(text: string, marks: readonly Mark[]): string {
  const apart = marks.includes("spoiler") ? /([`|])(?=\1)/g : /(`)(?=`)/g;
  return unpinged(text.replaceAll(apart, `$1${wordJoiner}`)).replaceAll(/.+/g, (line) => {
    const ticks = line.includes("`") ? "``" : "`";
    const [start, end] = [/^ *`/.test(line) ? " " : "", /` *$/.test(line) ? " " : ""];
    return ticks + start + line + end + ticks;
  });
}
