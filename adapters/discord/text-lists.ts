/**
 * How Discord nests lists: a line belongs to the item above it if it is indented by two spaces or
 * more; then as much of its indent as the item's marker is wide is the item's, and what is left
 * counts within it. In an ordered list only the first number is read, and the first marker says
 * what kind of list it is.
 */

/** A list that can go on; those in which it is nested stand before it. */
interface Level {
  ordered: boolean;
  /** The number that an item would have that goes on here. */
  next: number;
  /** Of its last item's marker, with the spaces behind it. */
  width: number;
}

export type Levels = Level[];

/** In how many of the lists a line is that is so far indented, and what of its indent is left. */
export function placeInLists(levels: Levels, indent: number): { depth: number; rest: number } {
  let rest = indent;
  let depth = 0;
  for (const { width } of levels) {
    if (rest < 2) break;
    rest -= Math.min(rest, width);
    depth += 1;
  }
  return { depth, rest };
}

const largestNumber = 1_000_000_000;
const asShown = (number: number) => Math.min(Math.max(number, 1), largestNumber);

/** Reads an item: `number` is that of its marker, if it has one. */
export function readItem(
  levels: Levels,
  { indent, width, number }: { indent: number; width: number; number: number | undefined },
): { depth: number; number: number | undefined } {
  const { depth } = placeInLists(levels, indent);
  const list = levels[depth];
  const ordered = list ? list.ordered : number !== undefined;
  const shown = list ? list.next : asShown(number ?? 1);
  levels.splice(depth, levels.length, { ordered, next: shown + 1, width });
  return { depth, number: ordered ? shown : undefined };
}

/** Where to write an item; `breaks` if it would go on in a list that it does not belong to. */
export function placeItem(
  levels: Levels,
  item: { depth: number; number?: number },
): { indent: string; marker: string; breaks: boolean } {
  const depth = Math.min(item.depth, levels.length);
  const list = levels[depth];
  const ordered = item.number !== undefined;
  const number = asShown(item.number ?? 1);
  const goesOn = list?.ordered === ordered && (!ordered || list.next === number);
  const marker = ordered ? `${number}. ` : "- ";
  levels.splice(depth, levels.length, { ordered, next: number + 1, width: marker.length });
  const indent = levels.slice(0, depth).reduce((sum, { width }) => sum + width, 0);
  return { indent: " ".repeat(indent), marker, breaks: list !== undefined && !goesOn };
}
