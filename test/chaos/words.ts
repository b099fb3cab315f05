/** What people write here: every piece of it can be told from every other wherever it turns up. */
import type { Draws } from "./draws.ts";

/** A piece of a text: which one it is of which version of which message. */
export interface Token {
  /** A note's: only agents may see it. */
  isSecret: boolean;
  message: number;
  version: number;
  piece: number;
  isLast: boolean;
}

const pattern = /(?<![A-Za-z0-9])([kn])(\d+)v(\d+)p(\d+)(z?)(?![A-Za-z0-9])/g;

export const tokensIn = (text: string): Token[] =>
  [...text.matchAll(pattern)].map(([, kind, message, version, piece, last]) => ({
    isSecret: kind === "n",
    message: Number(message),
    version: Number(version),
    piece: Number(piece),
    isLast: last === "z",
  }));

export const hasSecret = (text: string): boolean => /(?<![A-Za-z0-9])n\d+[vf]\d+/.test(text);

/** The name of a file, by the message that it came with. */
export const fileName = (isSecret: boolean, message: number, file: number, ending: string) =>
  `${isSecret ? "n" : "k"}${message}f${file}.${ending}`;

/** What may call someone, is written in some other way elsewhere, or needs to be escaped. */
const spices = [
  ...["@everyone", "@here", "<!channel>", "<!here>", "<@U0ADA0001>", "<@400000000000000002>"],
  ...["*bold*", "_so_", "~not~", "`a < b`", ":tada:", "&amp; &lt;b&gt;", "1. one", "> said"],
  ...["https://example.com/a?b=c&amp;d=e", "ünïcödé", "🎉", "日本語", "\n", "\n\n", "\n- "],
];

const plain = "when the lamp on the left is lit again please write down what it shows then".split(
  " ",
);

const piecesApart = 14;

/** A text of so many pieces, in its right order from `…p0` to `…z`. */
export function text(
  { isSecret, message, version }: Pick<Token, "isSecret" | "message" | "version">,
  pieces: number,
  { chance, pick }: Draws,
): string {
  const name = (piece: number) =>
    `${isSecret ? "n" : "k"}${message}v${version}p${piece}${piece === pieces - 1 ? "z" : ""}`;
  const filler = () => (chance(0.12) ? pick(spices) : pick(plain));
  return Array.from({ length: pieces }, (_, piece) => {
    if (piece === pieces - 1) return name(piece);
    const fillers = Array.from({ length: pieces > 2 ? piecesApart : 3 }, filler);
    return [name(piece), ...fillers].join(" ");
  }).join(" ");
}
