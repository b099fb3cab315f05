/**
 * Neutral text as Slack's mrkdwn, which has no way to escape its own characters but `& < >`.
 * https://docs.slack.dev/messaging/formatting-message-text
 */
import type { Block, Mark, RichText, Run } from "../../src/desk/text.ts";
import { type Notation, writeMarks } from "../../src/desk/text-marks.ts";
import { dateWords, words } from "../../src/desk/text-plain.ts";
import { dateFormats } from "./text-dates.ts";

/** Beside a delimiter it makes a word's edge where there is none: `un*believ*able`. */
const zeroWidthSpace = "\u200B";
/** Within `@here` it makes three characters of it. */
const wordJoiner = "\u2060";
/** Before a line's first `>` it makes it no quote. */
const softHyphen = "\u00AD";
/** How a list item's further lines begin, after their indent. */
export const hanging = "\u2007\u2007";
const bullets = ["•", "◦", "▪"] as const;

/**
 * Characters that are to be just themselves: of a date that cannot be one, Slack shows the fallback
 * as plain text. https://github.com/yhatt/jsx-slack/blob/main/docs/about-escape-and-exact-mode.md,
 * where it is also seen that zero-width characters beside a delimiter do not disarm it.
 */
const literally = (characters: string) => `<!date^00000000^{_}|${characters}>`;

/**
 * A text as mrkdwn, without white space around it but a list's indent. What people typed shows as
 * they typed it: it makes no formatting and no quote, and calls no one. Slack has no underline
 * here, and no spoilers: those are shown, and said to be one. Of a code block, the language is
 * lost; a backtick in code is a lookalike.
 */
export function mrkdwn(text: RichText): string {
  const written = text.map((block) => quoted(writeBlock(block), block.quote)).join("\n");
  return text[0]?.type === "item" ? written.trimEnd() : written.trim();
}

function writeBlock(block: Block): string {
  switch (block.type) {
    case "paragraph":
      return writeRuns(block.content);
    case "item": {
      const indent = "    ".repeat(block.depth);
      const bullet = bullets[Math.min(block.depth, bullets.length - 1)];
      const marker = block.number === undefined ? `${bullet} ` : `${block.number}. `;
      const lines = writeRuns(block.content).replaceAll("\n", `\n${indent}${hanging}`);
      return indent + (block.continued ? hanging : marker) + lines;
    }
    case "code": {
      const text = block.text.replaceAll(/`(?=`)/g, `\`${zeroWidthSpace}`);
      return `\`\`\`\n${inert(text)}${text.endsWith("\n") ? "" : "\n"}\`\`\``;
    }
  }
}

const quoted = (lines: string, depth = 0) =>
  depth === 0 ? lines : lines.replaceAll(/^/gm, "> ".repeat(depth));

const notation: Notation = {
  delimiters: {
    spoiler: ["[spoiler: ", "]"],
    bold: ["*", "*"],
    italic: ["_", "_"],
    strike: ["~", "~"],
    code: ["`", "`"],
  },
  between: (left, right, { closes, opens }) => {
    const afterClose = closes && /[*_~`]$/.test(left) && !/^[\s.,;:!?)\]]/.test(right);
    const beforeOpen = opens && /^[*_~`]/.test(right) && !/[\s([]$/.test(left);
    return afterClose || beforeOpen ? zeroWidthSpace : "";
  },
};

const writeRuns = (content: readonly Run[]) =>
  writeMarks(
    content.map((run) => ({ text: writeRun(run), marks: run.marks ?? [] })),
    notation,
  );

function writeRun(run: Run): string {
  switch (run.type) {
    case "text":
      return typed(run.text, run.marks);
    case "link":
      return writeLink(run.url, run.label, run.marks);
    case "emoji":
      return /^[\w+'-]+$/.test(run.name) ? `:${run.name}:` : typed(words(run), run.marks);
    case "date":
      return `<!date^${run.at}^${dateFormats[run.style]}|${dateWords(run.at, run.style)}>`;
    case "mention":
      return typed(words(run), run.marks);
  }
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** Text in which formatting is not looked for: only entities, and calls disarmed. */
const inert = (text: string) =>
  text
    .replaceAll(/[&<>]/g, (character) => entities[character] ?? character)
    .replaceAll(/@(?=channel|here|everyone)/gi, `@${wordJoiner}`);

/** All that could be more than itself, full-width forms too: some keyboards type them. */
const special =
  /[&<>＞]|[*_~＊＿]+|[`｀]{1,2}|@(?=channel|here|everyone)|:(?=[\w+'-]+:)(?!\d{1,2}:)/gi;

function typed(text: string, marks: readonly Mark[] = []): string {
  if (marks.includes("code")) return inert(text.replaceAll("`", "\u02CB"));
  return text.replaceAll(special, (found: string, at: number) => {
    const before = text[at - 1] ?? "";
    const after = text[at + found.length] ?? "";
    const harmless = marks.length === 0 && isHarmless(found, before, after);
    return harmless ? found : disarmed(found, before);
  });
}

function disarmed(found: string, before: string): string {
  const isFirst = before === "" || before === "\n";
  switch (found) {
    case ">":
    case "＞":
      return (isFirst ? softHyphen : "") + (entities[found] ?? found);
    case "@":
      return found + wordJoiner;
    default:
      return entities[found] ?? literally(found);
  }
}

/** Within a word, as in `snake_case`, or alone, as in `2 * 3`, a delimiter does nothing. */
const isHarmless = (found: string, before: string, after: string) =>
  /^[*_~]+$/.test(found) &&
  ((/\w/.test(before) && /\w/.test(after)) || (/\s/.test(before) && /\s/.test(after)));

const lookalikes: Readonly<Record<string, string>> = { "*": "∗", _: "ˍ", "~": "∼", "`": "ˋ" };

/** Any other could be read as a mention. */
export const isAddress = (url: string) => /^(?:https?|mailto|tel):/i.test(url);

/** In a label nothing can be escaped: what would be live there is a lookalike. */
function writeLink(url: string, label: string | undefined, marks?: readonly Mark[]): string {
  if (!isAddress(url))
    return typed(label === undefined || label === url ? url : `${label} (${url})`, marks);
  const address = url
    .replaceAll(/[\s|<>]|@(?=channel|here|everyone)/gi, encodeURIComponent)
    .replaceAll("&", "&amp;");
  if (label === undefined || label.trim() === "") return `<${address}>`;
  const shown = label
    .replaceAll(/\s+/g, " ")
    .replaceAll(
      /(?<=[a-z\d])[*_~]+(?=[a-z\d])|([*_~`])/gi,
      (found, live) => lookalikes[live] ?? found,
    );
  return `<${address}|${inert(shown)}>`;
}
