/**
 * Neutral text as Slack's rich text: nothing in it is syntax, so it says exactly what was typed,
 * underline and all, and can call no one. The message's `text` beside it is its mrkdwn, for
 * notifications. https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
 */
import { type Block, type Mark, type RichText, type Run, tidy } from "../../src/desk/text.ts";
import { dateWords, words } from "../../src/desk/text-plain.ts";
import { dateFormats } from "./text-dates.ts";
import { isAddress } from "./text-write.ts";

interface Style {
  bold?: true;
  italic?: true;
  underline?: true;
  strike?: true;
  code?: true;
}

type Element = { style?: Style } & (
  | { type: "text"; text: string }
  | { type: "link"; url: string; text?: string }
  | { type: "emoji"; name: string }
  | { type: "date"; timestamp: number; format: string; fallback: string }
);

type Section = { type: "rich_text_section"; elements: Element[] };

type Item = Extract<Block, { type: "item" }>;

interface List {
  type: "rich_text_list";
  style: "bullet" | "ordered";
  elements: Section[];
  indent: number;
  /** How many numbers come before its first. */
  offset?: number;
  border?: 1;
}

type Part =
  | Section
  | List
  | { type: "rich_text_quote"; elements: Element[] }
  | { type: "rich_text_preformatted"; elements: Element[]; border?: 1; language?: string };

export interface WrittenRichText {
  type: "rich_text";
  elements: Part[];
}

/** Spoilers are shown, and said to be one; a quote in a quote is a quote. */
export function richTextBlock(text: RichText): WrittenRichText {
  const elements: Part[] = [];
  for (const block of tidy(text)) {
    const last = elements.at(-1);
    if (block.type === "item" && last?.type === "rich_text_list" && goesOn(last, block))
      last.elements.push(section(block.content));
    else elements.push(writeBlock(block));
  }
  return { type: "rich_text", elements };
}

const section = (content: readonly Run[]): Section => ({
  type: "rich_text_section",
  elements: writeRuns(content),
});

const border = ({ quote }: Block) => (quote ? { border: 1 as const } : {});

function goesOn(list: List, item: Item): boolean {
  const next = list.style === "ordered" ? (list.offset ?? 0) + list.elements.length + 1 : undefined;
  return list.indent === item.depth && item.number === next && !list.border === !item.quote;
}

function writeBlock(block: Block): Part {
  switch (block.type) {
    case "paragraph":
      return block.quote
        ? { type: "rich_text_quote", elements: writeRuns(block.content) }
        : section(block.content);
    case "item":
      return {
        type: "rich_text_list",
        style: block.number === undefined ? "bullet" : "ordered",
        indent: block.depth,
        ...(block.number !== undefined && { offset: Math.max(block.number - 1, 0) }),
        elements: [section(block.content)],
        ...border(block),
      };
    case "code":
      return {
        type: "rich_text_preformatted",
        elements: [{ type: "text", text: block.text || "\n" }],
        ...border(block),
        ...languageOf(block),
      };
  }
}

/**
 * The languages that Slack names as examples, with what people call them. It does not say what becomes
 * of a message with one that it does not know, so all the others are left out.
 * https://docs.slack.dev/reference/block-kit/block-elements/rich-text-preformatted-element
 */
const languages: ReadonlyMap<string, string> = new Map([
  ["javascript", "javascript"],
  ["js", "javascript"],
  ["json", "json"],
  ["py", "python"],
  ["python", "python"],
]);

function languageOf({ language = "" }: Extract<Block, { type: "code" }>): { language?: string } {
  const known = languages.get(language.toLowerCase());
  return known === undefined ? {} : { language: known };
}

const writeRuns = (content: readonly Run[]): Element[] =>
  content.length === 0
    ? [{ type: "text", text: "\n" }]
    : content.flatMap((run) => {
        const element = { ...writeRun(run), ...styleOf(run.marks) };
        if (!run.marks?.includes("spoiler")) return [element];
        return [{ type: "text", text: "[spoiler: " }, element, { type: "text", text: "]" }];
      });

function styleOf(marks: readonly Mark[] = []): { style?: Style } {
  const known = marks.filter((mark) => mark !== "spoiler");
  return known.length === 0
    ? {}
    : { style: Object.fromEntries(known.map((mark) => [mark, true as const])) };
}

function writeRun(run: Run): Element {
  switch (run.type) {
    case "link": {
      const { url, label } = run;
      if (!isAddress(url)) return { type: "text", text: label ? `${label} (${url})` : url };
      return label ? { type: "link", url, text: label } : { type: "link", url };
    }
    case "emoji":
      return { type: "emoji", name: run.name };
    case "date": {
      const fallback = dateWords(run.at, run.style);
      return { type: "date", timestamp: run.at, format: dateFormats[run.style], fallback };
    }
    case "text":
    case "mention":
      return { type: "text", text: words(run) };
  }
}
