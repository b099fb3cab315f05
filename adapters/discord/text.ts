/**
 * What people write in Discord, as the desk keeps it, and back. A text over the limit is cut by
 * `splitForDiscord`; each part is then a message of `writeMarkdown`.
 */
import { split } from "../../src/desk/split.ts";
import type { RichText } from "../../src/desk/text.ts";
import { limits } from "./limits.ts";
import { writeMarkdown } from "./text-write.ts";

export { readMarkdown } from "./text-read.ts";
export { writeMarkdown };

/** The parts of a text, each a message that is no longer than it may be. */
export const splitForDiscord = (text: RichText, maxLength: number = limits.content): RichText[] =>
  split(text, (part) => writeMarkdown(part).length <= maxLength);
