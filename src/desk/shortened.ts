/** Typed text, made to fit where there is little room. */
import { split } from "./split.ts";
import { typedText } from "./text.ts";
import { plainText } from "./text-plain.ts";

export const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

/** The text, or as many of its words as fit and a `…` to show that there is more. */
export function shortened(text: string, mostCharacters: number): string {
  if (text.length <= mostCharacters) return text;
  return `${beginning(text, (part) => part.length < mostCharacters)}…`;
}

/** As many of its words as fit. */
export function beginning(text: string, fits: (part: string) => boolean): string {
  const [first = []] = split(typedText(text), (part) => fits(plainText(part).trim()));
  return plainText(first).trim();
}
