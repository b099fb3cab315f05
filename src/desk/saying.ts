/** How agents say whether what they write in a thread is for the requester. */
import type { CardRules } from "./card.ts";
import type { RichText } from "./text.ts";

/** Begins a note: it reaches no one but agents. */
const noteMark = "//";
/** Begins a reply, where replies have to be said to be one. */
const replyMark = ">>";

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
function without(text: RichText, mark: string): RichText | undefined {
  const [first, ...rest] = text;
  if (!first || first.type === "code" || first.quote) return undefined;
  const [run, ...runs] = first.content;
  if (run?.type !== "text" || run.marks?.includes("code")) return undefined;
  const begun = run.text.trimStart();
  if (!begun.startsWith(mark)) return undefined;
  const left = begun.slice(mark.length).trimStart();
  const content = left === "" ? runs : [{ ...run, text: left }, ...runs];
  return content.length === 0 ? rest : [{ ...first, content }, ...rest];
}

/** Some composers make a quote of `>>` as it is typed: of the mark, one or both are left. */
function withoutQuote(text: RichText): RichText | undefined {
  const [first, ...rest] = text;
  if (first?.type !== "paragraph" || !first.quote) return undefined;
  const { quote, ...unquoted } = first;
  if (quote >= 2) return [unquoted, ...rest];
  const begun = without([unquoted], ">");
  return begun && [...begun, ...rest];
}
