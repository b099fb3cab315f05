/** Which of the signs in a text begin and end a formatting, as the client has it. */
import type { Mark } from "../../src/desk/text.ts";

/** A row of one sign: it may be one delimiter, two (`***`), or text. */
export interface SignRow {
  sign: string;
  length: number;
  before: string;
  after: string;
  /** Formatting begins and ends in the same scope: within one list item, one quote, or outside. */
  scope: number;
}

/** What a row came to be; what is left of its signs is text, and stands before. */
export interface Delimiters {
  closed: Mark[];
  opened: Mark[];
  left: number;
}

const marksOf: Readonly<Record<string, Readonly<Record<number, Mark>>>> = {
  "*": { 1: "italic", 2: "bold" },
  _: { 1: "italic", 2: "underline" },
  "~": { 2: "strike" },
  "|": { 2: "spoiler" },
};

/** What is open in a scope: by sign and width, the index of the row that opened it. */
type Open = Map<string, number>;

/** Pairs rows as they come. Takes time linear in their number. */
export class Pairing {
  readonly #found = new Map<number, Delimiters>();
  readonly #scopes = new Map<number, Open>();

  /** What a row came to be, once all have been added. */
  at(index: number): Delimiters {
    return this.#found.get(index) ?? { closed: [], opened: [], left: 0 };
  }

  /** Whether a row would end anything here. */
  closes(row: SignRow): boolean {
    const open = this.#openIn(row.scope);
    return innermostFirst(row, open).length > 0;
  }

  /** Rows with nothing between them have an index that is one more. */
  add(index: number, row: SignRow) {
    const open = this.#openIn(row.scope);
    const own: Delimiters = { closed: [], opened: [], left: row.length };
    this.#found.set(index, own);
    for (const { width, opener } of innermostFirst(row, open)) {
      if (isEmpty(opener, index, row)) continue;
      pair(this.at(opener), own, { mark: marksOf[row.sign]?.[width], width });
      open.delete(row.sign + width);
      forget(open, opener);
    }
    if (own.closed.length === 0) begin(row, index, open);
  }

  #openIn(scope: number): Open {
    const open = this.#scopes.get(scope) ?? new Map<string, number>();
    this.#scopes.set(scope, open);
    return open;
  }
}

function pair(
  from: Delimiters,
  to: Delimiters,
  { mark, width }: { mark: Mark | undefined; width: number },
) {
  if (!mark) return;
  from.opened.push(mark);
  from.left -= width;
  to.closed.push(mark);
  to.left -= width;
}

/** Two rows side by side have nothing between them; only signs that stand in pairs can be so. */
const isEmpty = (opener: number, index: number, { sign, before }: SignRow) =>
  opener === index - 1 && before.endsWith(sign);

/**
 * Of two signs, both are needed; of three or more, two go to the one and one to the other. Struck
 * text does not end before a `_`, unless that is the end of what it stands in.
 */
function closingWidths({ sign, length, before, after }: SignRow, open: Open): number[] {
  const widths = length === 2 ? [2] : length === 1 ? [1] : [2, 1];
  return widths.filter((width) => {
    if (width === 2) return sign !== "~" || after !== "_" || open.has("_1") || open.has("_2");
    return sign === "_" ? !/\w/.test(after) : /\S {0,2}$/.test(before);
  });
}

/** What the row can end, by how many of its signs and where it began. */
const innermostFirst = (row: SignRow, open: Open) =>
  closingWidths(row, open)
    .map((width) => ({ width, opener: open.get(row.sign + width) ?? -1 }))
    .filter(({ opener }) => opener !== -1)
    .sort((one, other) => other.opener - one.opener);

/** One sign alone that ends nothing also keeps what an earlier one began from ever ending. */
function begin({ sign, length, after }: SignRow, index: number, open: Open) {
  if (length > 3) return;
  if (length !== 1) open.set(`${sign}2`, index);
  if (length === 2) return;
  const opens = sign === "_" ? after !== "" : /\S/.test(after);
  if (opens) open.set(`${sign}1`, index);
  else open.delete(`${sign}1`);
}

/** What was opened within a pair cannot be closed outside of it. */
function forget(open: Open, since: number) {
  for (const [key, at] of open) if (at > since) open.delete(key);
}
