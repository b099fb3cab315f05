/** Typed text, made to fit where there is little room. */
import { split } from "./split.ts";
import { typedText } from "./text.ts";
import { plainText } from "./text-plain.ts";

/** Signs that turn around what stands behind them: https://www.unicode.org/reports/tr9/ */
const turning = /[\u202a-\u202e\u2066-\u2069]/g;

/** Fit to stand among other words: on one line, and turning none of them around. */
export const oneLine = (text: string): string =>
  text.replaceAll(turning, "").replaceAll(/\s+/g, " ").trim();

/** The text, or as much of its beginning as fits and a `…` to show that there is more. */
export function shortened(text: string, mostCharacters: number): string {
  if (text.length <= mostCharacters) return text;
  return `${beginning(text, (part) => part.length < mostCharacters)}…`;
}

/**
 * As many of its lines or words as fit. Where words are less than half of what fits, as in languages
 * without spaces, it is cut between characters as people see them.
 */
export function beginning(text: string, fits: (part: string) => boolean): string {
  const whole = text.trim();
  const most = farthest(whole, fits);
  const nearby = typedText(whole.slice(0, most + 2));
  const [first = []] = split(nearby, (part) => fits(plainText(part).trim()));
  const words = plainText(first).trim();
  const isMost = 2 * words.length >= most || /^\s*\n/.test(whole.slice(words.length, most + 2));
  return isMost ? words : whole.slice(0, boundaryBefore(whole, most)).trim();
}

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

const boundaryBefore = (text: string, at: number): number =>
  segmenter.segment(text).containing(at)?.index ?? at;

/** The length up to which the text fits, found by doubling and halving. */
function farthest(text: string, fits: (part: string) => boolean): number {
  const fitsTo = (length: number) => fits(text.slice(0, length).trim());
  let [good, bad] = [0, Math.min(1_024, text.length)];
  while (fitsTo(bad)) {
    if (bad === text.length) return bad;
    [good, bad] = [bad, Math.min(2 * bad, text.length)];
  }
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (fitsTo(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
