import type { Block, Mark, Run } from "../../src/desk/text.ts";
import { words } from "../../src/desk/text-plain.ts";
import { readAngle } from "./text-angles.ts";
import { bareAddress, hasAddress, withoutParenthesis } from "./text-links.ts";
import type { Names } from "./text-names.ts";
import { type Delimiters, Pairing, type SignRow } from "./text-read-marks.ts";
import { wordJoiner } from "./text-signs.ts";

/** A block as it was found, its content still as source. */
export interface Passage {
  block: Block;
  source: string;
  /** Formatting begins and ends in the same scope. */
  scope: number;
  /** All of it, as in a heading. */
  bold?: boolean;
  /** In a link's label, a backslash is only that. */
  isLabel?: boolean;
}

type Token =
  | { type: "passage"; passage: Passage }
  | { type: "run"; run: Run }
  | { type: "signs"; row: SignRow };

/** Passages as blocks. Takes time linear in their length, whatever is in them. */
export function readPassages(passages: readonly Passage[], names: Names): Block[] {
  const reading: Reading = { names, tokens: [], pairing: new Pairing() };
  for (const passage of passages) readPassage(passage, reading);
  const writing: Writing = { blocks: [], runs: [], bold: false, active: [] };
  for (const [index, token] of reading.tokens.entries())
    write(token, reading.pairing.at(index), writing);
  return writing.blocks;
}

interface Reading {
  names: Names;
  tokens: Token[];
  /** By the tokens' index. */
  pairing: Pairing;
}

interface Writing {
  blocks: Block[];
  /** The content of the last of them. */
  runs: Run[];
  bold: boolean;
  /** The same mark may be in it twice. */
  active: Mark[];
}

function write(token: Token, { closed, opened, left }: Delimiters, writing: Writing) {
  switch (token.type) {
    case "passage": {
      const block = visible(token.passage.block, writing.active);
      writing.blocks.push(block);
      writing.runs = block.type === "code" ? [] : block.content;
      writing.bold = token.passage.bold ?? false;
      break;
    }
    case "run":
      writing.runs.push(marked(token.run, writing));
      break;
    case "signs":
      if (left > 0)
        writing.runs.push(marked({ type: "text", text: token.row.sign.repeat(left) }, writing));
      for (const mark of closed) writing.active.splice(writing.active.indexOf(mark), 1);
      writing.active.push(...opened);
  }
}

function marked(run: Run, { active, bold }: Writing): Run {
  const all = new Set([...(bold ? (["bold"] as const) : []), ...active, ...(run.marks ?? [])]);
  return all.size > 0 ? { ...run, marks: [...all] } : run;
}

/** A code block cannot be a spoiler; code in its lines can. */
function visible(block: Block, active: readonly Mark[]): Block {
  if (block.type !== "code") return { ...block, content: [] };
  if (!active.includes("spoiler") || block.text === "") return block;
  const content: Run[] = [{ type: "text", text: block.text, marks: ["spoiler", "code"] }];
  return { type: "paragraph", content, ...(block.quote && { quote: block.quote }) };
}

/**
 * Verbatim: the shrug, and what is escaped. Then backticks, angle brackets, an address, a link with
 * its label, a call, a row of signs.
 */
const syntax =
  /(?<shrug>¯\\_\(ツ\)_\/¯)|\\(?<escaped>[^0-9A-Za-z\s])|(?<ticks>`+)|<(?<angle>[^<>\n]+)>|(?<url>https?:\/\/[^\s<]{1,4000}[^\s<.,:;"'\]])|\[(?<label>(?:[^[\]]|\[[^[\]]*\])+)\]\(\s*<?(?<target>(?:[^\s()<>\\]|\([^\s()<>\\]*\))+)>?(?:\s+(?:"[^"\n]*"|'[^'\n]*'))?\s*\)|@(?<call>everyone|here)|(?<signs>\*+|_+|~~|\|\|)/gu;

/** What is known on the way through a passage. */
interface Place extends Reading {
  passage: Passage;
  /** Where in the source rows of so many backticks are. */
  ticks: Map<number, number[]>;
}

interface Found {
  tokens: Token[];
  end: number;
}

function readPassage(passage: Passage, reading: Reading) {
  const { source } = passage;
  const place: Place = { ...reading, passage, ticks: tickRows(source) };
  const pattern = new RegExp(syntax);
  add([{ type: "passage", passage }], reading);
  let end = 0;
  for (let match = pattern.exec(source); match; match = pattern.exec(source)) {
    const before = textTokens(source.slice(end, match.index));
    const found = readMatch(match, place);
    if (found) {
      add([...before, ...found.tokens], reading);
      end = found.end;
    }
    pattern.lastIndex = found?.end ?? match.index + 1;
  }
  add(textTokens(source.slice(end)), reading);
}

function add(found: readonly Token[], { tokens, pairing }: Reading) {
  for (const token of found) {
    if (token.type === "signs") pairing.add(tokens.length, token.row);
    tokens.push(token);
  }
}

const asTokens = (runs: readonly Run[]) => runs.map((run): Token => ({ type: "run", run }));

function textTokens(source: string): Token[] {
  const text = source.replaceAll(wordJoiner, "");
  return text === "" ? [] : asTokens([{ type: "text", text }]);
}

type Reader = (source: string, match: RegExpExecArray, place: Place) => Found | undefined;

const asFound = (match: RegExpExecArray, runs: readonly Run[] | undefined) =>
  runs && { tokens: asTokens(runs), end: match.index + match[0].length };

/** By the group of `syntax` that matched: what was found, or undefined if it is only text. */
const readers: Readonly<Record<string, Reader>> = {
  shrug: (text, match) => asFound(match, [{ type: "text", text }]),
  escaped: (sign, match, { passage }) => ({
    tokens: textTokens(passage.isLabel ? match[0] : sign),
    end: match.index + match[0].length,
  }),
  ticks: ({ length }, { index }, place) => readCode(length, index, place),
  angle: (inner, match, { names }) => {
    const run = readAngle(inner, names);
    return run && asFound(match, [run]);
  },
  url: (url, { index }, place) => readAddress(url, index, place),
  label: (label, match, { names }) =>
    asFound(match, readLink(label, match.groups?.target ?? "", names)),
  call: (name, match) => asFound(match, [{ type: "mention", kind: "broadcast", name }]),
  signs: (signs, { index }, place) => ({
    tokens: [{ type: "signs", row: signRow(signs, index, place) }],
    end: index + signs.length,
  }),
};

function readMatch(match: RegExpExecArray, place: Place): Found | undefined {
  for (const [group, read] of Object.entries(readers)) {
    const source = match.groups?.[group];
    if (source !== undefined) return read(source, match, place);
  }
  return undefined;
}

function signRow(signs: string, index: number, { passage }: Place): SignRow {
  const { source, scope } = passage;
  const end = index + signs.length;
  const [before, after] = [source.slice(Math.max(0, index - 3), index), source.slice(end, end + 1)];
  return { sign: signs.slice(0, 1), length: signs.length, before, after, scope };
}

/** An address ends where formatting does: in `**https://e.com**`, no sign is of it. */
function readAddress(found: string, index: number, place: Place): Found {
  const within = found.slice(0, endOfFormatting(found, index, place));
  const url = withoutParenthesis(bareAddress.exec(within)?.[0] ?? within);
  const run: Run = URL.canParse(url) ? { type: "link", url } : { type: "text", text: url };
  return { tokens: asTokens([run]), end: index + url.length };
}

function endOfFormatting(found: string, index: number, place: Place): number | undefined {
  for (const row of found.matchAll(/\*+|_+|~~|\|\|/g))
    if (place.pairing.closes(signRow(row[0], index + row.index, place))) return row.index;
  return undefined;
}

/** Where rows of so many backticks are, the last first. */
function tickRows(source: string): Map<number, number[]> {
  const rows = new Map<number, number[]>();
  for (const match of [...source.matchAll(/`+/g)].reverse()) {
    const { length } = match[0];
    const known = rows.get(length);
    if (known) known.push(match.index);
    else rows.set(length, [match.index]);
  }
  return rows;
}

/** Code goes on to the next row of as many backticks. */
function readCode(length: number, index: number, { passage, ticks }: Place): Found | undefined {
  const start = index + length;
  const rows = ticks.get(length) ?? [];
  while ((rows.at(-1) ?? start) < start) rows.pop();
  const close = rows.at(-1);
  if (close === undefined || close === start)
    return { tokens: textTokens("`".repeat(length)), end: start };
  const text = unpadded(passage.source.slice(start, close)).replaceAll(wordJoiner, "");
  const run: Run = { type: "text", text, marks: ["code"] };
  return { tokens: text === "" ? [] : asTokens([run]), end: close + length };
}

/** A space that only sets off a backtick from those around the code is none of it. */
const unpadded = (code: string) =>
  code.replaceAll(/^ +(?=`)|(?<=`) +$/g, (spaces) => spaces.slice(1));

/**
 * A link with a label. Discord refuses one whose label is an address: both are read, so that no
 * other platform lets the one pose as the other.
 */
function readLink(label: string, url: string, names: Names): Run[] | undefined {
  if (!/^(?:https?|discord):\/\//i.test(url) || !URL.canParse(url)) return undefined;
  if (label === url) return [{ type: "link", url }];
  const block: Block = { type: "paragraph", content: [] };
  const [read] = readPassages([{ block, source: label, scope: 0, isLabel: true }], names);
  const runs = read?.type === "paragraph" ? read.content : [];
  if (hasAddress(label))
    return [
      ...runs,
      { type: "text", text: " (" },
      { type: "link", url },
      { type: "text", text: ")" },
    ];
  const shown = runs.map(words).join("");
  if (shown.trim() === "") return [{ type: "link", url }];
  const [first, ...others] = runs;
  const common = (first?.marks ?? []).filter((mark) =>
    others.every((run) => run.marks?.includes(mark)),
  );
  return [{ type: "link", url, label: shown, ...(common.length > 0 && { marks: common }) }];
}
