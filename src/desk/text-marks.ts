import { type Mark, marks } from "./text.ts";

/** A run as it will be read, but for its marks. */
export interface Piece {
  text: string;
  marks: readonly Mark[];
}

export interface Notation {
  /** What stands before and after; a mark that is not here is not written. */
  delimiters: Readonly<Partial<Record<Mark, readonly [open: string, close: string]>>>;

  /**
   * What must stand between two neighbours so that the delimiter where they meet is one. Both
   * texts are as written, and not empty.
   */
  between?(left: string, right: string, meeting: { closes: boolean; opens: boolean }): string;
}

interface Written {
  text: string;
  /** Whether a delimiter is the first, or the last, of it. */
  opens: boolean;
  closes: boolean;
}

/**
 * Writes pieces with their marks around them, nested. Marks are closed and opened again at the end
 * of each line, and stand at words and not at the spaces beside them, as every notation wants it.
 */
export function writeMarks(pieces: readonly Piece[], notation: Notation): string {
  return write(pieces, marks, notation).text;
}

function write(pieces: readonly Piece[], order: readonly Mark[], notation: Notation): Written {
  const [mark, ...inner] = order;
  if (!mark)
    return { text: pieces.map((piece) => piece.text).join(""), opens: false, closes: false };
  const delimiters = notation.delimiters[mark];
  if (!delimiters || !pieces.some((piece) => piece.marks.includes(mark)))
    return write(pieces, inner, notation);
  const stretches: Written[] = [];
  let start = 0;
  for (let end = 1; end <= pieces.length; end += 1) {
    const on = pieces[start]?.marks.includes(mark);
    if (end < pieces.length && pieces[end]?.marks.includes(mark) === on) continue;
    const written = write(pieces.slice(start, end), inner, notation);
    stretches.push(on ? enclose(written, delimiters) : written);
    start = end;
  }
  return concatenate(stretches, notation);
}

function enclose(inner: Written, [open, close]: readonly [string, string]): Written {
  const lines = inner.text.split("\n").map((line) => {
    const core = line.trim();
    if (core === "") return line;
    const at = line.indexOf(core);
    return line.slice(0, at) + open + core + close + line.slice(at + core.length);
  });
  const text = lines.join("\n");
  return { text, opens: text.startsWith(open), closes: text.endsWith(close) };
}

function concatenate(stretches: readonly Written[], { between }: Notation): Written {
  const texts: string[] = [];
  let last: Written | undefined;
  for (const next of stretches) {
    if (next.text === "") continue;
    if (last && between && (last.closes || next.opens))
      texts.push(between(last.text, next.text, { closes: last.closes, opens: next.opens }));
    texts.push(next.text);
    last = next;
  }
  const first = stretches.find((stretch) => stretch.text !== "");
  return { text: texts.join(""), opens: !!first?.opens, closes: !!last?.closes };
}
