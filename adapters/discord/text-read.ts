/**
 * Discord's Markdown as neutral text, read as the client shows it.
 * https://docs.discord.com/developers/reference#message-formatting and
 * https://support.discord.com/hc/en-us/articles/210298617
 */
import { type Block, type RichText, tidy } from "../../src/desk/text.ts";
import { type Levels, placeInLists, readItem } from "./text-lists.ts";
import type { Names } from "./text-names.ts";
import { type Passage, readPassages } from "./text-read-runs.ts";
import { listBreak, wordJoiner } from "./text-signs.ts";

/** What is known on the way down the lines. */
interface Progress {
  passages: Passage[];
  levels: Levels;
  /** Whether the line is in a quote; after `>>>` all is. */
  inQuote: boolean;
  restIsQuote: boolean;
  /** Of the quote it is in, or that was last. */
  quoteScope: number;
  scopes: number;
}

/** May hold names that are not known; of Discord's syntax nothing is left. */
export function readMarkdown(content: string, { names }: { names: Names }): RichText {
  if (content === "") return [];
  const progress: Progress = {
    passages: [],
    levels: [],
    inQuote: false,
    restIsQuote: false,
    quoteScope: 0,
    scopes: 0,
  };
  const pieces = betweenFences(content.replaceAll(/\r\n?/g, "\n"));
  for (const [index, piece] of pieces.entries()) {
    const beside = { before: index < pieces.length - 1, behind: index > 0 };
    if (index % 2 === 1) readCodeBlock(piece, progress);
    else readLines(piece, beside, progress);
  }
  return tidy(readPassages(progress.passages, names));
}

const fence = "```";

/** Text and code in turn; a fence that is escaped, or has no partner, is text. */
function betweenFences(source: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (const match of source.matchAll(/\\[^\n]|```/g)) {
    if (match[0] !== fence || match.index < from) continue;
    const close = source.indexOf(fence, match.index + fence.length);
    if (close === -1) break;
    pieces.push(source.slice(from, match.index), source.slice(match.index + fence.length, close));
    from = close + fence.length;
  }
  return [...pieces, source.slice(from)];
}

const quoteOf = ({ inQuote }: Progress) => (inQuote ? { quote: 1 } : {});

const newScope = (progress: Progress) => {
  progress.scopes += 1;
  return progress.scopes;
};

const scopeOf = ({ inQuote, quoteScope }: Progress) => (inQuote ? quoteScope : 0);

function readCodeBlock(source: string, progress: Progress) {
  const { inQuote, restIsQuote, passages } = progress;
  const code = inQuote && !restIsQuote ? source.replaceAll(/\n> ?/g, "\n") : source;
  const [, language, body = code] = /^([\w+.#-]*)\n([\s\S]*[^\n][\s\S]*)$/.exec(code) ?? [];
  const block: Block = {
    type: "code",
    text: withoutBreaks(body).replaceAll(wordJoiner, ""),
    ...(language && { language }),
    ...quoteOf(progress),
  };
  passages.push({ block, source: "", scope: scopeOf(progress) });
  progress.levels = [];
}

/** Without the line breaks at its ends. */
function withoutBreaks(code: string): string {
  let [start, end] = [0, code.length];
  while (code[start] === "\n") start += 1;
  while (end > start && code[end - 1] === "\n") end -= 1;
  return code.slice(start, end);
}

/** Before code and behind it, on the line that its fence is on, white space is nothing. */
function readLines(
  source: string,
  beside: { before: boolean; behind: boolean },
  progress: Progress,
) {
  const [first = "", ...others] = source.split("\n");
  if (beside.behind && first.trim() !== "") addText(first, progress);
  const lines = beside.behind ? others : [first, ...others];
  for (const [index, line] of lines.entries()) {
    const text = withoutQuote(line, progress);
    const isBeside = beside.before && index === lines.length - 1;
    if (!isBeside || text.trim() !== "") readTextLine(text, progress);
  }
}

/** A quote's sign needs its space; a quote in a quote is only text. */
function withoutQuote(line: string, progress: Progress): string {
  const wasInQuote = progress.inQuote;
  const quoted = progress.restIsQuote ? null : /^ *(>>>|>) (.*)$/.exec(line);
  progress.restIsQuote ||= quoted?.[1] === ">>>";
  progress.inQuote = progress.restIsQuote || quoted !== null;
  if (progress.inQuote !== wasInQuote) {
    progress.levels = [];
    if (progress.inQuote) progress.quoteScope = newScope(progress);
  }
  return quoted?.[2] ?? line;
}

function readTextLine(line: string, progress: Progress) {
  if (readList(line, progress)) return;
  progress.levels = [];
  const heading = /^([*_~|]*)#{1,3}\s+(?!#)(.*)$/.exec(line);
  if (heading) {
    const [, signs = "", title = ""] = heading;
    const source = signs + title.trimEnd().replace(/#+$/, "").trimEnd();
    addPassage({ source, bold: true, scope: newScope(progress) }, progress);
    return;
  }
  const [, signs = "", small] = /^([*_~|]*)-# +(?!-#)(.*)$/.exec(line) ?? [];
  if (small === undefined) addText(line, progress);
  else addPassage({ source: signs + small, scope: newScope(progress) }, progress);
}

const addPassage = (found: Omit<Passage, "block">, progress: Progress) =>
  progress.passages.push({
    block: { type: "paragraph", content: [], ...quoteOf(progress) },
    ...found,
  });

/** Lines of one paragraph are one passage: formatting, code and labels go on from line to line. */
function addText(line: string, progress: Progress) {
  const last = progress.passages.at(-1);
  const scope = scopeOf(progress);
  if (last?.block.type === "paragraph" && last.scope === scope) last.source += `\n${line}`;
  else addPassage({ source: line, scope }, progress);
}

/** Reads a line that is of a list, or says false. */
function readList(line: string, progress: Progress): boolean {
  const { levels, passages } = progress;
  const item = /^( *)((?:[*-]|(\d{1,10})\.) +)(.*)$/.exec(line);
  const indent = /^ */.exec(line)?.[0].length ?? 0;
  if (item) {
    const [, , marker = "", digits, source = ""] = item;
    const number = digits === undefined ? undefined : Number(digits);
    const place = readItem(levels, { indent, width: marker.length, number });
    const block: Block = {
      type: "item",
      depth: Math.min(place.depth, 8),
      ...(place.number !== undefined && { number: place.number }),
      content: [],
      ...quoteOf(progress),
    };
    passages.push({ block, source, scope: newScope(progress) });
    return true;
  }
  return goesOn(line, indent, progress);
}

/** Whether a line is of the item above it; or breaks off its list, so that another begins. */
function goesOn(line: string, indent: number, { levels, passages }: Progress): boolean {
  const last = passages.at(-1);
  if (levels.length === 0 || last?.block.type !== "item") return false;
  const { depth, rest } = placeInLists(levels, indent);
  if (line.trim() === listBreak) levels.splice(depth);
  else if (depth === 0) return false;
  else last.source += `\n${line.slice(indent - rest)}`;
  return true;
}
