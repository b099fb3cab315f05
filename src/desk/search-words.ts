import { sound } from "./service-fields.ts";

const between = /[\s\p{Z}\p{P}]+/u;

/** A word is known by its beginning: an item of an index may have little room. In UTF-16 units. */
const longestWord = 200;

/**
 * The words that a text is found by, each once, in lower case. Every store tells words apart by this, so
 * that the same are found in each, and under every locale.
 */
export const searchWords = (...texts: string[]): string[] => [
  ...new Set(
    texts.flatMap((text) =>
      sound(text)
        .toLowerCase()
        .split(between)
        .filter((word) => word !== "")
        .map((word) => word.slice(0, longestWord).toWellFormed()),
    ),
  ),
];
