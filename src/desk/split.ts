import type { Block, RichText, Run } from "./text.ts";
import { tidy } from "./text.ts";
import { words } from "./text-plain.ts";

/** Whether a part, as its platform writes it and without white space around it, may be sent. */
export type Fits = (part: RichText) => boolean;

/**
 * Cuts a text into parts that fit, in order; one that fits is one part. Cuts stand between
 * paragraphs where that fills a third of the part, else so between lines, else between words, and
 * within a word only if it is longer than a part; then between characters as people see them.
 * Formatting, code blocks and lists go on in the next part. Nothing is lost or doubled:
 * `tidy(parts.flat())` is `tidy(text)`, unless a link or a name alone is longer than a part; that
 * becomes words, to be cut like others.
 *
 * White space at a cut stays at the end of the part before, so `fits` and who sends the part must
 * leave out white space around it. `fits` is asked of a part about a dozen times. A part with a
 * single character is handed out even if it does not fit.
 */
export function split(text: RichText, fits: Fits): RichText[] {
  const whole = tidy(text);
  if (fits(whole)) return [whole];
  const line = layOut(whole.map((block) => withoutGiants(block, fits)));
  const parts: RichText[] = [];
  let from = 0;
  let guess = 1024;
  while (from < line.flat.length) {
    const to = nextCut(line, from, guess, fits);
    parts.push(slice(line, from, to));
    guess = to - from;
    from = to;
  }
  return parts;
}

/** A text laid out as one line of positions, each of which may be a cut. */
interface Line {
  blocks: readonly LaidOut[];
  /** Each character of text, one character for any other run, one after each block. */
  flat: string;
  graphemes: Intl.Segments;
}

interface LaidOut {
  block: Block;
  start: number;
  /** Where its closing character is. */
  end: number;
  /** Where each of its runs starts. */
  runs: readonly number[];
}

const standIn = "\uFFFC";
const betweenBlocks = "\u2029";
const betweenItems = "\n";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

function layOut(text: RichText): Line {
  const flat: string[] = [];
  const blocks: LaidOut[] = [];
  let position = 0;
  for (const [index, block] of text.entries()) {
    const start = position;
    const runs: number[] = [];
    for (const piece of flatten(block)) {
      runs.push(position);
      flat.push(piece);
      position += piece.length;
    }
    blocks.push({ block, start, end: position, runs });
    const inList = block.type === "item" && text[index + 1]?.type === "item";
    flat.push(inList ? betweenItems : betweenBlocks);
    position += 1;
  }
  const joined = flat.join("");
  return { blocks, flat: joined, graphemes: segmenter.segment(joined) };
}

const flatten = (block: Block): string[] =>
  block.type === "code"
    ? [block.text]
    : block.content.map((run) => (run.type === "text" ? run.text : standIn));

/** What cannot be cut and does not fit, as words. */
function withoutGiants(block: Block, fits: Fits): Block {
  if (block.type === "code") return block;
  const content = block.content.map((run): Run => {
    if (run.type === "text" || fits([{ ...block, content: [run] }])) return run;
    const text =
      run.type === "link" && run.label !== undefined ? `${run.label} ${run.url}` : words(run);
    return { type: "text", text, ...(run.marks && { marks: run.marks }) };
  });
  return { ...block, content };
}

/** Of ascending numbers, the index of the last that is at most this; 0 if none is. */
function lastAtMost<T>(values: readonly T[], numberOf: (value: T) => number, most: number): number {
  let low = 0;
  let high = values.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const value = values[middle];
    if (value !== undefined && numberOf(value) <= most) low = middle;
    else high = middle;
  }
  return low;
}

const blockAt = ({ blocks }: Line, position: number) =>
  lastAtMost(blocks, (block) => block.start, position);

function slice(line: Line, from: number, to: number): RichText {
  const part: Block[] = [];
  for (let index = blockAt(line, from); index < line.blocks.length; index += 1) {
    const laidOut = line.blocks[index];
    if (!laidOut || laidOut.start >= to) break;
    part.push(sliceBlock(laidOut, Math.max(from, laidOut.start), Math.min(to, laidOut.end)));
  }
  return part;
}

function sliceBlock(laidOut: LaidOut, from: number, to: number): Block {
  const { block, start, end } = laidOut;
  if (from === start && to === end) return block;
  const cut = from > start ? { continued: true as const } : {};
  return block.type === "code"
    ? { ...block, ...cut, text: block.text.slice(from - start, to - start) }
    : { ...block, ...cut, content: sliceRuns(block.content, laidOut.runs, from, to) };
}

function sliceRuns(
  content: readonly Run[],
  starts: readonly number[],
  from: number,
  to: number,
): Run[] {
  const taken: Run[] = [];
  for (let at = lastAtMost(starts, (start) => start, from); at < content.length; at += 1) {
    const run = content[at];
    const start = starts[at] ?? to;
    if (!run || start >= to) break;
    const within = sliceRun(run, Math.max(0, from - start), to - start);
    if (within) taken.push(within);
  }
  return taken;
}

function sliceRun(run: Run, from: number, to: number): Run | undefined {
  if (run.type !== "text") return from === 0 ? run : undefined;
  const text = run.text.slice(from, to);
  return text === "" ? undefined : { ...run, text };
}

/** Where the part that starts here ends. */
function nextCut(line: Line, from: number, guess: number, fits: Fits): number {
  const fitsTo = (to: number) => fits(slice(line, from, to));
  const most = farthest(line, from, guess, fitsTo);
  if (most === line.flat.length) return most;
  for (const cut of niceCuts(line, from, most)) {
    if (!fitsTo(cut)) continue;
    const hung = hang(line, cut);
    return pastBlock(line, hung === cut || fitsTo(hung) ? hung : cut);
  }
  let cut = withinWord(line, from, most);
  while (cut > from + 2 && !fitsTo(cut)) cut = withinWord(line, from, cut - 1);
  return pastBlock(line, cut);
}

/** About the farthest position up to which it fits, found by doubling and halving. */
function farthest(
  line: Line,
  from: number,
  guess: number,
  fitsTo: (to: number) => boolean,
): number {
  const end = line.flat.length;
  let good = from;
  let bad = Math.min(from + guess, end);
  while (fitsTo(bad)) {
    if (bad === end) return end;
    good = bad;
    bad = Math.min(from + (bad - from) * 2, end);
  }
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (fitsTo(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

/** Between paragraphs, lines and words, the best first. White space just past the end is free. */
function niceCuts(line: Line, from: number, most: number): number[] {
  const window = line.flat.slice(from, most + 1);
  const firstWord = window.search(/\S/);
  const enough = window.length / 3;
  const paragraph = Math.max(window.lastIndexOf(betweenBlocks), window.lastIndexOf("\n\n") + 1);
  const row = Math.max(paragraph, window.lastIndexOf("\n"));
  const word = lastSpace(window);
  const cuts = [paragraph >= enough ? paragraph : -1, row >= enough ? row : -1, word, row];
  return cuts.filter((at) => firstWord !== -1 && at > firstWord).map((at) => from + at + 1);
}

function lastSpace(text: string): number {
  for (let at = text.length - 1; at >= 0; at -= 1) if (isSpace(text[at])) return at;
  return -1;
}

const isSpace = (character: string | undefined) => character !== undefined && /\s/.test(character);

/** A cut after the white space that follows it, up to the end of the block; in code, as it is. */
function hang(line: Line, cut: number): number {
  const laidOut = line.blocks[blockAt(line, cut)];
  if (!laidOut || laidOut.start === cut || laidOut.block.type === "code") return cut;
  let hung = cut;
  while (hung < laidOut.end && isSpace(line.flat[hung])) hung += 1;
  return hung;
}

/** A cut at the very end of a block is one after it. */
function pastBlock(line: Line, cut: number): number {
  const laidOut = line.blocks[blockAt(line, cut)];
  return laidOut && cut > laidOut.start && cut === laidOut.end ? cut + 1 : cut;
}

/** The last cut up to there that splits no character as people see it, if one is that short. */
function withinWord(line: Line, from: number, most: number): number {
  const boundary = line.graphemes.containing(most)?.index ?? most;
  if (boundary > from) return boundary;
  const cut = isPair(line.flat, most - 1) ? most - 1 : most;
  return Math.max(cut, from + (isPair(line.flat, from) ? 2 : 1));
}

const isPair = (text: string, at: number) => (text.codePointAt(at) ?? 0) > 0xffff;
