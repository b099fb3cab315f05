/**
 * Slack's rich text, which every message typed in Slack carries as a block, and neutral text.
 * Nothing in it is syntax, so nothing has to be escaped.
 * https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
 */
import { z } from "zod";
import { type Block, type Mark, type RichText, type Run, tidy } from "../../src/desk/text.ts";
import { words } from "../../src/desk/text-plain.ts";
import { dateRuns } from "./text-dates.ts";
import { emojiCharacters, toned } from "./text-emoji.ts";
import { nameOf, type Reading } from "./text-names.ts";
import { readLink } from "./text-read-runs.ts";

const style = z
  .object({
    bold: z.boolean().optional(),
    italic: z.boolean().optional(),
    underline: z.boolean().optional(),
    strike: z.boolean().optional(),
    code: z.boolean().optional(),
  })
  .optional();

/** What else there is (files, canvases, citations …) comes with its words, or without any. */
const unknownElement = z.object({
  type: z.string().transform(() => "unsupported" as const),
  text: z.string().optional(),
  url: z.string().optional(),
  style,
});

const element = z.union([
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("text"), text: z.string(), style }),
    z.object({ type: z.literal("link"), url: z.string(), text: z.string().optional(), style }),
    z.object({ type: z.literal("user"), user_id: z.string(), style }),
    z.object({ type: z.literal("channel"), channel_id: z.string(), style }),
    z.object({ type: z.literal("usergroup"), usergroup_id: z.string(), style }),
    z.object({ type: z.literal("broadcast"), range: z.string(), style }),
    z.object({ type: z.literal("color"), value: z.string(), style }),
    z.object({
      type: z.literal("emoji"),
      name: z.string(),
      unicode: z.string().optional(),
      skin_tone: z.number().optional(),
      style,
    }),
    z.object({
      type: z.literal("date"),
      timestamp: z.number(),
      format: z.string(),
      url: z.string().nullish(),
      fallback: z.string().nullish(),
      style,
    }),
  ]),
  unknownElement,
]);

type Element = z.infer<typeof element>;

const section = z.object({ type: z.literal("rich_text_section"), elements: z.array(element) });

/** Quotes have been seen with sections in them. */
const quoted = z
  .array(z.union([section, element]))
  .transform((all) => all.flatMap((one) => ("elements" in one ? one.elements : [one])));

const part = z.discriminatedUnion("type", [
  section,
  z.object({
    type: z.literal("rich_text_list"),
    style: z.enum(["bullet", "ordered"]),
    elements: z.array(section),
    indent: z.int().optional(),
    offset: z.int().optional(),
    border: z.int().optional(),
  }),
  z.object({ type: z.literal("rich_text_quote"), elements: quoted }),
  z.object({
    type: z.literal("rich_text_preformatted"),
    elements: z.array(element),
    language: z.string().optional(),
    border: z.int().optional(),
  }),
]);

type Part = z.infer<typeof part>;

export const richTextBlockSchema = z.object({
  type: z.literal("rich_text"),
  elements: z.array(part),
});

export type RichTextBlock = z.infer<typeof richTextBlockSchema>;

export function readRichText(blocks: readonly RichTextBlock[], reading: Reading): RichText {
  const parts = blocks.flatMap((block) => block.elements);
  return tidy(parts.flatMap((one, index) => readPart(one, index < parts.length - 1, reading)));
}

function readPart(one: Part, isFollowed: boolean, reading: Reading): Block[] {
  switch (one.type) {
    case "rich_text_section": {
      const content = readElements(one.elements, reading);
      return [{ type: "paragraph", content: isFollowed ? withoutBreak(content) : content }];
    }
    case "rich_text_quote": {
      const content = withoutBreak(readElements(one.elements, reading));
      return [{ type: "paragraph", content, quote: 1 }];
    }
    case "rich_text_list":
      return one.elements.map((item, index) => ({
        type: "item",
        depth: Math.min(Math.max(one.indent ?? 0, 0), 8),
        ...(one.style === "ordered" && { number: Math.max((one.offset ?? 0) + index + 1, 0) }),
        content: withoutBreak(readElements(item.elements, reading)),
        ...(one.border ? { quote: 1 } : {}),
      }));
    case "rich_text_preformatted":
      return [
        {
          type: "code",
          text: readElements(one.elements, reading).map(words).join("").replace(/\n$/, ""),
          ...(one.language ? { language: one.language } : {}),
          ...(one.border ? { quote: 1 } : {}),
        },
      ];
  }
}

/**
 * The line break before the next block goes without saying; Slack's composer says it.
 * https://github.com/slack-go/slack/pull/1155
 */
function withoutBreak(content: readonly Run[]): Run[] {
  const last = content.at(-1);
  if (last?.type !== "text" || !last.text.endsWith("\n")) return [...content];
  return [...content.slice(0, -1), { ...last, text: last.text.slice(0, -1) }];
}

const readElements = (elements: readonly Element[], reading: Reading): Run[] =>
  elements.flatMap((one) => readElement(one, marksOf(one.style), reading));

function marksOf(own: z.infer<typeof style>): { marks?: Mark[] } {
  const names = ["bold", "italic", "underline", "strike", "code"] as const;
  const found = names.filter((name) => own?.[name]);
  return found.length > 0 ? { marks: found } : {};
}

const text = (words: string, marks: { marks?: Mark[] }): Run[] =>
  words === "" ? [] : [{ type: "text", text: words, ...marks }];

function readElement(one: Element, marks: { marks?: Mark[] }, reading: Reading): Run[] {
  const { names } = reading;
  switch (one.type) {
    case "text":
      return text(one.text, marks);
    case "color":
      return text(one.value, marks);
    case "link":
    case "unsupported":
      return [{ ...readLink(one.url ?? "", one.text), ...marks }];
    case "user":
      return mention("person", nameOf.person(one.user_id, names), marks);
    case "channel":
      return mention("channel", nameOf.channel(one.channel_id, names), marks);
    case "usergroup":
      return mention("group", nameOf.group(one.usergroup_id, names), marks);
    case "broadcast":
      return mention("broadcast", one.range, marks);
    case "emoji":
      return readEmoji(one, marks, reading);
    case "date":
      return dateRuns(
        { at: one.timestamp, format: one.format, url: one.url, fallback: one.fallback },
        marks,
      );
  }
}

/** Its `unicode` has the skin's tone, or has not. */
function readEmoji(
  { name, unicode, skin_tone: tone }: Extract<Element, { type: "emoji" }>,
  marks: { marks?: Mark[] },
  { emoji }: Reading,
): Run[] {
  const known = unicode ? emojiCharacters(unicode) : emoji(name);
  if (known) return text(toned(known, tone ?? 0), marks);
  return name === "" ? [] : [{ type: "emoji", name, ...marks }];
}

const mention = (
  kind: "person" | "channel" | "group" | "broadcast",
  name: string,
  marks: { marks?: Mark[] },
): Run[] => (name === "" ? [] : [{ type: "mention", kind, name, ...marks }]);
