/** What messages and views are made of. https://docs.slack.dev/reference/block-kit */
import type { types } from "@slack/bolt";
import { z } from "zod";
import { beginning } from "../../src/desk/shortened.ts";
import { type RichText, type Run, typedText } from "../../src/desk/text.ts";
import { richTextBlock } from "./text-blocks-write.ts";
import { mrkdwn } from "./text-write.ts";

/** A message of ours; its `text`, in mrkdwn, is what a notification shows. */
export interface Said {
  text: string;
  blocks: types.KnownBlock[];
}

/**
 * An answer to a submission, by block id. With an error at a block that the view does not have, the
 * view shows nothing at all.
 */
export interface ErrorsAnswer {
  response_action: "errors";
  errors: Record<string, string>;
}

/** Text that is shown as it is: a `:smile:` in it is no emoji; emoji as characters are. */
export const plain = (text: string): types.PlainTextElement => ({
  type: "plain_text",
  text,
  emoji: false,
});

/** `text` is as `mrkdwn` of `text-write.ts` has it. */
export const marked = (text: string): types.MrkdwnElement => ({
  type: "mrkdwn",
  text,
  verbatim: true,
});

export const paragraph = (...content: Run[]): RichText => [{ type: "paragraph", content }];

/** As typed: nothing in it is syntax. */
export const say = (text: string): Run => ({ type: "text", text });
export const bold = (text: string): Run => ({ type: "text", text, marks: ["bold"] });
export const code = (text: string): Run => ({ type: "text", text, marks: ["code"] });

/** `at` is in ISO 8601. */
export const moment = (at: string): Run => ({
  type: "date",
  at: Math.floor(Date.parse(at) / 1_000),
  style: "date_time",
});

export const quote = (text: string): RichText => [
  { type: "paragraph", quote: 1, content: [say(text)] },
];

/** A block that calls no one, and in which typed text is as long as it was typed. */
export function block(...texts: RichText[]): types.RichTextBlock {
  const { type, elements } = richTextBlock(texts.flat());
  return {
    type,
    elements: elements.map((part) =>
      part.type === "rich_text_preformatted"
        ? { ...part, elements: part.elements.filter((each) => each.type === "text") }
        : part,
    ),
  };
}

export const button = (given: {
  text: string;
  action_id: string;
  value: string;
  style?: "primary" | "danger";
}): types.Button => ({ ...given, type: "button", text: plain(given.text) });

export const option = (text: string, value: string): types.PlainTextOption => ({
  text: plain(text),
  value,
});

/** Typed text as mrkdwn of at most this length: shortened, if need be. */
export function typedWithin(text: string, mostCharacters: number): string {
  const whole = typed(text);
  if (whole.length <= mostCharacters) return whole;
  return `${typed(beginning(text, (part) => typed(part).length < mostCharacters))}…`;
}

const typed = (text: string) => mrkdwn(typedText(text));

/** JSON in a button's `value` or a view's `private_metadata`. */
export const inJson = <T extends z.ZodType>(shape: T) =>
  z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue("is not JSON");
        return z.NEVER;
      }
    })
    .pipe(shape);
