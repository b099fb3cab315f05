import type { Mark } from "../../src/desk/text.ts";
import { unpinged, wordJoiner } from "./text-signs.ts";

/**
 * All that could be more than itself: anywhere, as an emoji's name, as what would become an address
 * with what is escaped behind it, at a line's start, and as an item's number there.
 */
const special =
  /[\\*_~`|<[]|:(?=[\w+-]+:)(?!\d{1,2}:)|:(?<=https?:)(?=\/\/)|(?:#(?=#{0,2}(?:\s|$))|>(?=[\s>]|$)|-(?=[\s#]|$))(?<=^ *.)|\.(?<=^ *\d{1,10}\.)(?=\s|$)/gm;

/**
 * Typed text, in which nothing is formatting. A struck text or a spoiler ends at its sign even
 * where that is escaped, so it is kept from the one that ends it.
 */
export function typed(text: string, marks: readonly Mark[] = []): string {
  const held: Readonly<Record<string, boolean>> = {
    "~": marks.includes("strike"),
    "|": marks.includes("spoiler"),
  };
  return unpinged(text).replaceAll(special, (sign) => `\\${sign}${held[sign] ? wordJoiner : ""}`);
}
