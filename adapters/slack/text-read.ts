/**
 * Slack's mrkdwn as neutral text: commands' words, messages of apps, and whatever comes without
 * rich text. https://docs.slack.dev/messaging/formatting-message-text
 */
import { type Block, type RichText, tidy } from "../../src/desk/text.ts";
import type { Reading } from "./text-names.ts";
import { readRuns, readWords } from "./text-read-runs.ts";
import { hanging } from "./text-write.ts";

const fence = "```";

/** What is known on the way down the lines. */
interface Progress {
  reading: Reading;
  blocks: Block[];
  /** How many fences are still to come; without a partner, a fence is text. */
  fences: number;
  /** The code it is in, and how deep in quotes that began. */
  code: { lines: string[]; quote: number } | undefined;
  /** After `>>>` all is quote. */
  restIsQuote: boolean;
}

export function readMrkdwn(source: string, reading: Reading): RichText {
  if (source === "") return [];
  const fences = source.split(fence).length - 1;
  const progress: Progress = {
    reading,
    blocks: [],
    fences: fences - (fences % 2),
    code: undefined,
    restIsQuote: false,
  };
  for (const line of source.replaceAll(/\r\n?/g, "\n").split("\n")) readLine(line, progress);
  return tidy(progress.blocks);
}

function readLine(line: string, progress: Progress) {
  const { depth, rest, toTheEnd } = progress.code ? within(line, progress.code) : unquoted(line);
  progress.restIsQuote ||= toTheEnd;
  const quote = progress.restIsQuote ? Math.max(depth, 1) : depth;
  const pieces = betweenFences(rest, progress);
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) passFence(quote, progress);
    if (progress.code) progress.code.lines.push(piece);
    else if (pieces.length === 1 || piece.trim() !== "") readTextLine(piece, quote, progress);
  }
}

function passFence(quote: number, progress: Progress) {
  const { code, blocks, reading } = progress;
  progress.code = code ? undefined : { lines: [], quote };
  if (code) blocks.push(codeBlock(code.lines, code.quote, reading));
}

function betweenFences(line: string, progress: Progress): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (let at = line.indexOf(fence); at !== -1; at = line.indexOf(fence, from)) {
    if (progress.fences === 0) break;
    progress.fences -= 1;
    pieces.push(line.slice(from, at));
    from = at + fence.length;
  }
  return [...pieces, line.slice(from)];
}

interface Unquoted {
  depth: number;
  rest: string;
  toTheEnd: boolean;
}

function unquoted(line: string): Unquoted {
  const [toTheEnd] = /^(?:(?:&gt;){3}|>{3}) ?/.exec(line) ?? [];
  if (toTheEnd) return { depth: 1, rest: line.slice(toTheEnd.length), toTheEnd: true };
  const [signs = ""] = /^(?:(?:&gt;|>) ?){1,8}/.exec(line) ?? [];
  const depth = signs.replaceAll("&gt;", ">").replaceAll(" ", "").length;
  return { depth, rest: line.slice(signs.length), toTheEnd: false };
}

/** A line of code keeps its own signs, but for those of the quote that the code stands in. */
function within(line: string, { quote }: { quote: number }): Unquoted {
  const [signs = ""] = new RegExp(`^(?:(?:&gt;|>) ?){0,${quote}}`).exec(line) ?? [];
  return { depth: quote, rest: line.slice(signs.length), toTheEnd: false };
}

const inQuote = (quote: number) => (quote === 0 ? {} : { quote });

function readTextLine(line: string, quote: number, { blocks, reading }: Progress) {
  const item = /^( *)(?:[•◦▪]\uFE0E?|(\d{1,9})\.) (.*)$/.exec(line);
  if (item) {
    const [, indent = "", number, content = ""] = item;
    blocks.push({
      type: "item",
      depth: Math.min(Math.floor(indent.length / 4), 8),
      ...(number !== undefined && { number: Number(number) }),
      content: readRuns(content, reading),
      ...inQuote(quote),
    });
    return;
  }
  const [hung] = hungLine.exec(line) ?? [""];
  const content = readRuns(line.slice(hung.length), reading);
  const last = blocks.at(-1);
  if (hung && last?.type === "item") last.content.push({ type: "text", text: "\n" }, ...content);
  else blocks.push({ type: "paragraph", content, ...inQuote(quote) });
}

const hungLine = new RegExp(`^ *${hanging}`);

/** Without the line breaks that only set off the fences. */
function codeBlock(lines: readonly string[], quote: number, reading: Reading): Block {
  const inner = lines.length > 1 && lines[0] === "" ? lines.slice(1) : [...lines];
  if (inner.length > 1 && inner.at(-1) === "") inner.pop();
  const text = readWords(inner.join("\n"), reading).replaceAll(/`\u200B(?=`)/g, "`");
  return { type: "code", text, ...inQuote(quote) };
}
