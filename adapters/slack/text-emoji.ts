/**
 * Emoji between Slack's shortcodes and characters. Slack's names are those of emoji-data
 * (https://github.com/iamcal/emoji-data), `:thumbsup:`, `:flag-de:`, with the tone of a skin behind:
 * `:+1::skin-tone-3:`.
 */

/** The characters of a shortcode, without colons or tone; undefined for a workspace's own. */
export type EmojiLookup = (shortcode: string) => string | undefined;

/** Every shortcode by the code points of its emoji, in hexadecimal: `{ "1F44D": ["+1", …] }`. */
export type EmojiNames = Readonly<Record<string, string | readonly string[]>>;

/** Names that Slack knows beside those of emoji-data. */
const alsoKnownAs = { simple_smile: "slightly_smiling_face" } as const;

export function emojiLookup(names: EmojiNames): EmojiLookup {
  const characters = new Map<string, string>();
  for (const [codePoints, shortcodes] of Object.entries(names))
    for (const shortcode of [shortcodes].flat())
      characters.set(shortcode, emojiCharacters(codePoints));
  for (const [alias, name] of Object.entries(alsoKnownAs)) {
    const known = characters.get(name);
    if (known) characters.set(alias, known);
  }
  return (shortcode) => characters.get(shortcode);
}

/** `1F44D-1F3FD` as characters; one that is also a text character is told to be an emoji. */
export function emojiCharacters(codePoints: string): string {
  const characters = codePoints
    .split("-")
    .map((hexadecimal) => Number.parseInt(hexadecimal, 16))
    .filter((codePoint) => codePoint <= 0x10ffff)
    .map((codePoint) => String.fromCodePoint(codePoint));
  const [first = ""] = characters;
  const needsTelling = characters.length === 1 && !/^\p{Emoji_Presentation}/u.test(first);
  return needsTelling ? `${first}\uFE0F` : characters.join("");
}

/** An emoji in the tone of Slack's `skin-tone-2` (light) to `skin-tone-6` (dark). */
export function toned(characters: string, tone: number): string {
  if (tone < 2 || tone > 6 || /\p{Emoji_Modifier}/u.test(characters)) return characters;
  const modifier = String.fromCodePoint(0x1f3fb + tone - 2);
  return characters.replace(/(\p{Emoji_Modifier_Base})\uFE0F?/gu, `$1${modifier}`);
}
