import type { Mark, Run } from "../../src/desk/text.ts";
import { words } from "../../src/desk/text-plain.ts";
import { dateRuns } from "./text-dates.ts";
import { toned } from "./text-emoji.ts";
import { nameOf, type Reading } from "./text-names.ts";

type Token =
  | { type: "run"; run: Run }
  | { type: "delimiter"; sign: string; source: string; opens: boolean; closes: boolean };

/** `<…>`, `:emoji:`, code, a row of one sign (which is no delimiter), a delimiter. */
const syntax =
  /<(?<angle>[^<>\n]+)>|:(?<emoji>[^\s:<>`*@#!()$%]+):(?::skin-tone-(?<tone>\d)(?:-\d)?:)?|\u200B?`(?<code>[^`\n]+)`\u200B?|([*_~])\5+|\u200B?(?<sign>[*_~])\u200B?/gu;

const signs: Readonly<Record<string, Mark>> = { "*": "bold", _: "italic", "~": "strike" };

/** One line of mrkdwn as runs. Takes time linear in its length, whatever is in it. */
export function readRuns(line: string, reading: Reading): Run[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of line.matchAll(syntax)) {
    const read = readToken(match, line, reading);
    if (!read) continue;
    addText(tokens, line.slice(end, match.index));
    tokens.push(...read);
    end = match.index + match[0].length;
  }
  addText(tokens, line.slice(end));
  return withMarks(tokens);
}

/** Mrkdwn in which formatting is not looked for, as in code: names for ids, no entities. */
export const readWords = (source: string, reading: Reading): string =>
  source
    .split(/(<[^<>\n]+>)/)
    .map((piece, index) =>
      index % 2 === 1
        ? readAngle(piece.slice(1, -1), reading).map(words).join("")
        : unescaped(piece),
    )
    .join("");

function addText(tokens: Token[], source: string) {
  const text = unescaped(source);
  if (text !== "") tokens.push({ type: "run", run: { type: "text", text } });
}

const characters: Readonly<Record<string, string>> = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

const unescaped = (source: string) =>
  source
    .replaceAll(/\u00AD(?=&gt;|＞)/g, "")
    .replaceAll(/&(?:amp|lt|gt);/g, (entity) => characters[entity] ?? entity)
    .replaceAll(/@\u2060(?=channel|here|everyone)/gi, "@");

/** What was found, or undefined if it is only text. */
function readToken(match: RegExpExecArray, line: string, reading: Reading): Token[] | undefined {
  const { angle, emoji, tone, code, sign } = match.groups ?? {};
  if (angle !== undefined) return readAngle(angle, reading).map((run) => ({ type: "run", run }));
  if (emoji !== undefined) return readEmoji(emoji, Number(tone ?? 0), reading);
  if (code !== undefined) {
    const text = readWords(code, reading);
    return [{ type: "run", run: { type: "text", text, marks: ["code"] } }];
  }
  return sign === undefined ? undefined : [readDelimiter(sign, match[0], match.index, line)];
}

/** https://docs.slack.dev/messaging/formatting-message-text: it opens before and closes behind a word. */
function readDelimiter(sign: string, source: string, at: number, line: string): Token {
  const before = lastCharacter(line.slice(Math.max(0, at - 2), at));
  const after = firstCharacter(line.slice(at + source.length, at + source.length + 2));
  return {
    type: "delimiter",
    sign,
    source,
    opens: /^\S/.test(after) && (source.startsWith("\u200B") || !isInWord(before)),
    closes: /^\S/.test(before) && (source.endsWith("\u200B") || !isInWord(after)),
  };
}

const firstCharacter = (text: string) => [...text][0] ?? "";
const lastCharacter = (text: string) => [...text].at(-1) ?? "";
const isInWord = (character: string) => /[\p{L}\p{N}]/u.test(character);

function readEmoji(name: string, tone: number, { emoji }: Reading): Token[] | undefined {
  const known = emoji(name);
  if (known) return [{ type: "run", run: { type: "text", text: toned(known, tone) } }];
  return /^[\p{L}\p{N}_+'-]*\p{L}[\p{L}\p{N}_+'-]*$/u.test(name)
    ? [{ type: "run", run: { type: "emoji", name } }]
    : undefined;
}

function readAngle(inner: string, reading: Reading): Run[] {
  const bar = inner.indexOf("|");
  const target = bar === -1 ? inner : inner.slice(0, bar);
  const label = bar === -1 ? undefined : unescaped(inner.slice(bar + 1));
  const id = target.slice(1);
  const { names } = reading;
  switch (target[0]) {
    case "@":
      return [{ type: "mention", kind: "person", name: nameOf.person(id, names, label) }];
    case "#":
      return [{ type: "mention", kind: "channel", name: nameOf.channel(id, names) }];
    case "!":
      return readCommand(id.split("^"), label, reading);
    default:
      return [readLink(unescaped(target), label)];
  }
}

function readCommand(command: string[], label: string | undefined, { names }: Reading): Run[] {
  const [name = "", first = "", second = "", third] = command;
  switch (name) {
    case "channel":
    case "here":
    case "everyone":
      return [{ type: "mention", kind: "broadcast", name }];
    case "subteam": {
      const known = nameOf.group(first, names, label?.replace(/^@/, ""));
      return [{ type: "mention", kind: "group", name: known }];
    }
    case "date": {
      const date = { at: Number(first), format: unescaped(second), url: third, fallback: label };
      return dateRuns(date, {});
    }
    default:
      return [{ type: "text", text: label || name || "!" }];
  }
}

/** An address of mail or telephone that was made a link only by Slack is text again. */
export function readLink(url: string, label: string | undefined): Run {
  if (url === "") return { type: "text", text: label ?? "" };
  const [, address] = /^(?:mailto|tel):(.+)$/i.exec(url) ?? [];
  if (address !== undefined && (label === undefined || label === address))
    return { type: "text", text: address };
  return label ? { type: "link", url, label } : { type: "link", url };
}

/** Delimiters are paired each with the nearest before it; those without a pair are text. */
function withMarks(tokens: readonly Token[]): Run[] {
  const paired = pairs(tokens);
  const active = new Set<Mark>();
  const runs: Run[] = [];
  for (const [index, token] of tokens.entries()) {
    const mark = paired.get(index);
    if (mark) {
      if (!active.delete(mark)) active.add(mark);
    } else runs.push(withActive(token, active));
  }
  return runs;
}

function withActive(token: Token, active: ReadonlySet<Mark>): Run {
  const run: Run = token.type === "run" ? token.run : { type: "text", text: token.source };
  const all = [...active, ...(run.marks ?? [])];
  return all.length > 0 ? { ...run, marks: all } : run;
}

/** The mark that a token begins or ends, by its index. */
function pairs(tokens: readonly Token[]): Map<number, Mark> {
  const paired = new Map<number, Mark>();
  const open = new Map<string, number>();
  for (const [index, token] of tokens.entries()) {
    const mark = token.type === "delimiter" && signs[token.sign];
    if (!mark) continue;
    const opener = open.get(token.sign);
    if (opener === undefined && token.opens) open.set(token.sign, index);
    if (opener === undefined || !token.closes) continue;
    paired.set(opener, mark).set(index, mark);
    forget(open, opener);
  }
  return paired;
}

/** What was opened within a pair cannot be closed outside of it. */
function forget(open: Map<string, number>, since: number) {
  for (const [sign, at] of open) if (at >= since) open.delete(sign);
}
