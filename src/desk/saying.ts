/** How agents say whether what they write in a thread is for the requester. */
import type { CardRules } from "./card.ts";
import type { Block, RichText, Run } from "./text.ts";

/** Shows nothing: zero-width spaces and joiners, soft hyphens, what turns text around. */
const unseen = String.raw`\p{Default_Ignorable_Code_Point}\u2800`;
const blanks = `[\\s\\p{Cc}${unseen}]*`;
const blank = new RegExp(`^${blanks}$`, "u");

/** Each of its characters, written in any of these ways, at the beginning of a text. */
const markOf = (...characters: string[]) =>
  new RegExp(
    `^${blanks}${characters.map((ways) => `[${ways}]`).join(`[${unseen}]*`)}${blanks}`,
    "u",
  );

/** Also as East Asian keyboards write them. */
const slash = "/／";
const greater = ">＞﹥";

/** Begins a note: it reaches no one but agents. */
const noteMark = markOf(slash, slash);
/** Begins a reply, where replies have to be said to be one. */
const replyMark = markOf(greater, greater);
const halfReplyMark = markOf(greater);

/** `kind` is undefined for what is neither: agents talking among themselves. */
export interface Saying {
  kind: "reply" | "note" | undefined;
  /** Without the mark. */
  text: RichText;
}

export function saying(text: RichText, { replies }: CardRules): Saying {
  const note = without(text, noteMark);
  if (note) return { kind: "note", text: note };
  if (replies === "thread") return { kind: "reply", text };
  const reply = without(text, replyMark) ?? withoutQuote(text);
  return reply ? { kind: "reply", text: reply } : { kind: undefined, text };
}

/** The text after the mark that it begins with; undefined when it does not. */
function without(text: RichText, mark: RegExp): RichText | undefined {
  const seen = text.findIndex((block) => !isBlank(block));
  const [first, ...rest] = text.slice(Math.max(seen, 0));
  if (!first || first.type === "code" || first.quote) return undefined;
  const [begun] = mark.exec(leadingText(first.content)) ?? [];
  if (begun === undefined) return undefined;
  const content = withoutStart(first.content, begun.length);
  return content.length === 0 ? rest : [{ ...first, content }, ...rest];
}

/** What is written before anything but text; what is written as code says no more than it is. */
function leadingText(runs: readonly Run[]): string {
  const isText = (run: Run) => run.type === "text" && !run.marks?.includes("code");
  const end = runs.findIndex((run) => !isText(run));
  const leading = end < 0 ? runs : runs.slice(0, end);
  return leading.map((run) => (run.type === "text" ? run.text : "")).join("");
}

function withoutStart(runs: readonly Run[], length: number): Run[] {
  let left = length;
  return runs.flatMap((run) => {
    if (left === 0 || run.type !== "text") return [run];
    const text = run.text.slice(left);
    left -= run.text.length - text.length;
    return text === "" ? [] : [{ ...run, text }];
  });
}

const isBlank = (block: Block): boolean =>
  block.type === "paragraph" &&
  block.content.every((run) => run.type === "text" && blank.test(run.text));

/** Some composers make a quote of `>>` as it is typed: of the mark, one or both are left. */
function withoutQuote(text: RichText): RichText | undefined {
  const [first, ...rest] = text;
  if (first?.type !== "paragraph" || !first.quote) return undefined;
  // What stands below a quote is about it: agents quote the requester to each other.
  if (rest.some((block) => !block.quote && !isBlank(block))) return undefined;
  const { quote, ...unquoted } = first;
  if (quote >= 2) return [unquoted, ...rest];
  const begun = without([unquoted], halfReplyMark);
  return begun && [...begun, ...rest];
}
