/**
 * What people write in Slack, as the desk keeps it, and back. A text over the limit is cut by
 * `splitForSlack`; each part is then a message of `mrkdwn`, and of a `richTextBlock`.
 */
import { z } from "zod";
import { split } from "../../src/desk/split.ts";
import type { RichText } from "../../src/desk/text.ts";
import { limits } from "./limits.ts";
import { readRichText, richTextBlockSchema } from "./text-blocks.ts";
import { richTextBlock } from "./text-blocks-write.ts";
import type { EmojiLookup } from "./text-emoji.ts";
import { type NameSource, withNames } from "./text-names.ts";
import { readMrkdwn } from "./text-read.ts";
import { mrkdwn } from "./text-write.ts";

/** As in an event or in history; more is in both. */
export interface SlackMessage {
  text?: string | undefined;
  blocks?: readonly unknown[] | undefined;
}

const richTextOnly = z.array(richTextBlockSchema).min(1);

/**
 * What a message says. What was typed in Slack has it as rich text; what apps send may have other
 * blocks, or none, and is read from its mrkdwn. May throw what `names` throws.
 */
export function readMessage(
  message: SlackMessage,
  { names, emoji }: { names: NameSource; emoji: EmojiLookup },
): Promise<RichText> {
  const blocks = richTextOnly.safeParse(message.blocks);
  return withNames(names, (known) => {
    const reading = { names: known, emoji };
    return blocks.success
      ? readRichText(blocks.data, reading)
      : readMrkdwn(message.text ?? "", reading);
  });
}

/** The parts of a text, each a message whose mrkdwn and whose block are no longer than they may be. */
export const splitForSlack = (text: RichText, limit: number = limits.messageText): RichText[] =>
  split(text, (part) => mrkdwn(part).length <= limit && isBlockShort(part));

const isBlockShort = (part: RichText) =>
  JSON.stringify(richTextBlock(part)).length <= limits.richTextJson;
