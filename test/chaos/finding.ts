import type { Written } from "./tickets.ts";
import type { Token } from "./words.ts";

export const kinds = [
  "lost",
  "repeated",
  "out of order",
  "leaked",
  "outdated",
  "pinged",
  "mismarked",
  "stray",
  "invalid",
  "unsettled",
] as const;

type Kind = (typeof kinds)[number];

/** Something that is not as it was promised. */
export interface Finding {
  kind: Kind;
  /** By name; undefined for what is wrong with none of them alone. */
  ticket?: string;
  says: string;
}

/** A list of one, or of none where nothing is wrong. */
export const found = (isWrong: boolean, kind: Kind, says: string): Finding[] =>
  isWrong ? [{ kind, says }] : [];

/** As it stands in what is told of it. */
export const nameOf = ({ isSecret, number, version }: Written): string =>
  `${isSecret ? "n" : "k"}${number}v${version}`;

/** What is wrong with the pieces of a message in a place that is to have all of it, and has some. */
export function wrongPieces(written: Written, there: readonly Token[], where: string): Finding[] {
  const pieces = there.map(({ piece }) => piece);
  const versions = new Set(there.map(({ version }) => version));
  const each = new Set(there.map(({ version, piece }) => `${version} ${piece}`));
  const wanted = Array.from({ length: written.pieces }, (_, piece) => piece);
  const says = (what: string) => `${nameOf(written)} ${what} in ${where}`;
  if (each.size < there.length)
    return found(true, "repeated", says(`is there more than once (pieces ${pieces})`));
  if (versions.size > 1 || !versions.has(written.version))
    return found(true, "outdated", says(`shows as version ${[...versions]}`));
  if (wanted.some((piece) => !pieces.includes(piece)))
    return found(true, "lost", says(`has only its pieces ${pieces} of ${wanted.length}`));
  const isInOrder = wanted.every((piece, n) => pieces[n] === piece);
  return found(!isInOrder, "out of order", says(`has its pieces as ${pieces}`));
}

/** Of each source, what is there stands in the order in which it was written. */
export function wrongOrder(
  written: readonly Written[],
  tokens: readonly Token[],
  where: string,
): Finding[] {
  const firstOf = (number: number) => tokens.findIndex(({ message }) => message === number);
  // What was refused and tried again comes late, and what was not sure may.
  const isInTime = ({ isSure, isRefused, isLate }: Written) => isSure && !isRefused && !isLate;
  const there = written.filter((each) => isInTime(each) && firstOf(each.number) >= 0);
  const sources = [...new Set(there.map(({ source }) => source))];
  return sources.flatMap((source) => {
    const own = there.filter((each) => each.source === source);
    const shown = own.toSorted((one, other) => firstOf(one.number) - firstOf(other.number));
    const isInOrder = own.every((each, n) => shown[n] === each);
    const says = `what ${source} wrote is there as ${shown.map(nameOf).join(", ")} in ${where}`;
    return found(!isInOrder, "out of order", says);
  });
}
