import type { Run } from "../../src/desk/text.ts";
import { hasAddress, isBare, isFalseAddress, isWebAddress } from "./text-links.ts";

type Link = Extract<Run, { type: "link" }>;

/**
 * A link as it can be written: with a label that Discord shows, or its address alone. A label that
 * it would not show, or that might deceive, is words before the address; so is one of no address.
 */
export function plainLink({ url, label = "", marks }: Link): Run[] {
  const own = marks && { marks };
  const text = (words: string): Run => ({ type: "text", text: words, ...own });
  const isAlone = label.trim() === "" || label === url;
  if (!isWebAddress(url)) return [text(isAlone ? url : `${label} (${url})`)];
  const link: Run = { type: "link", url, ...own };
  if (isAlone) return [link];
  return isLabel(label, url) ? [{ ...link, label }] : [text(`${label} (`), link, text(")")];
}

/** A plain link. Its address is bare if it ends where it should, else in angle brackets. */
export function writeLink({ url, label, marks = [] }: Link, canBeBare: boolean): string {
  const address = encoded(url, marks.includes("spoiler"));
  if (label !== undefined) return `[${label}](${behindLabel(address)})`;
  return canBeBare && isBare(address) ? address : `<${address}>`;
}

/** An address that ends where it should, ends no spoiler, and calls no one. */
const encoded = (url: string, isSpoiler: boolean) =>
  url
    .replaceAll(isSpoiler ? /[\s<>`|]/g : /[\s<>`]/g, encodeURIComponent)
    .replaceAll(/@(?=everyone|here)/gi, encodeURIComponent);

/**
 * In a label nothing can be escaped, and an emoji or an address makes it none.
 * https://github.com/discord/discord-api-docs/issues/6185,
 * https://github.com/discord/discord-api-docs/issues/6810 and
 * https://github.com/discord/discord-api-docs/issues/7721
 */
const isLabel = (label: string, url: string) =>
  !notInLabel.test(label) && !hasAddress(label) && !isFalseAddress(label, url);

const notInLabel =
  /[\\*~`|<>[\]@\n\p{Extended_Pictographic}\p{Regional_Indicator}\p{Cf}\p{Zl}\p{Zp}]|(?! )[\p{Cc}\p{Zs}]|(?<![a-z\d])_|_(?![a-z\d])|:[\w+-]+:/iu;

/** Parentheses must have their partner, one within another not at all. */
const behindLabel = (address: string) =>
  /^[^()]*(?:\([^()]*\)[^()]*)*$/.test(address)
    ? address.replaceAll("\\", "%5C")
    : address.replaceAll(/[()\\]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
