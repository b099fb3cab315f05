/** What PostgreSQL takes as text. */

/** PostgreSQL keeps neither NUL nor half a surrogate pair: as in a ticket's fields, they become U+FFFD. */
export const storable = (text: string): string => text.toWellFormed().replaceAll("\0", "\uFFFD");

/** As JSON writes what is not storable; the same letters, should someone have typed them, do no harm. */
const suspicious = /\\u(?:0000|d[89a-f])/;

/** The JSON of a value, as `jsonb` takes it; and whether it says what was given to the letter. */
export function storableJson(value: unknown): { json: string; isAsGiven: boolean } {
  const json = JSON.stringify(value);
  if (!suspicious.test(json)) return { json, isAsGiven: true };
  const replaced = JSON.stringify(value, (_, part) =>
    typeof part === "string" ? storable(part) : part,
  );
  return { json: replaced, isAsGiven: replaced === json };
}

const between = /[\s\p{Z}\p{P}]+/u;

/** A word is known by its beginning: an item of an index has little room. */
const longestWord = 200;

/**
 * The words that a text is found by, each once. They are told apart here and not by PostgreSQL, so
 * that the same words are found in every store and under every locale of a server.
 */
export const wordsOf = (...texts: string[]): string[] => [
  ...new Set(
    texts.flatMap((text) =>
      storable(text)
        .toLowerCase()
        .split(between)
        .filter((word) => word !== "")
        .map((word) => word.slice(0, longestWord).toWellFormed()),
    ),
  ),
];

/** A tag as it stands among words, whole. */
export const searchedTag = (tag: string): string => `tag:${storable(tag)}`;
