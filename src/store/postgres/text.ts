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

/** A tag as it stands among words, whole. */
export const searchedTag = (tag: string): string => `tag:${storable(tag)}`;
