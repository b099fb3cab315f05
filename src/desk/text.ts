/**
 * What people write, as no platform writes it: adapters read their own syntax into this, and write
 * this in their own syntax. It is plain JSON and is kept in the ticket's document.
 *
 * It is flat on purpose. A text is a list of blocks, one below the other; a block's content is a
 * list of runs, each with its marks. What nests elsewhere is a property here (how deep a list item
 * is, how deep a quote), so that a text can be cut anywhere and each part still says all of it.
 */
import { z } from "zod";

/** From the outermost to the innermost, which is how they are nested when written. */
export const marks = ["spoiler", "bold", "italic", "underline", "strike", "code"] as const;

export type Mark = (typeof marks)[number];

/** How a moment is shown; how exactly is up to the platform and its reader's settings. */
const dateStyles = [
  "date",
  "short_date",
  "long_date",
  "time",
  "exact_time",
  "date_time",
  "long_date_time",
  "relative",
] as const;

export type DateStyle = (typeof dateStyles)[number];

const marked = { marks: z.array(z.enum(marks)).min(1).exactOptional() };

const runSchema = z.discriminatedUnion("type", [
  /** May hold line breaks, and emoji as characters. */
  z.strictObject({ type: z.literal("text"), text: z.string().min(1), ...marked }),
  /** Without a label it shows its address. */
  z.strictObject({
    type: z.literal("link"),
    url: z.string().min(1),
    label: z.string().min(1).exactOptional(),
    ...marked,
  }),
  /** Already a name, without its `@` or `#`: written out, it calls no one. */
  z.strictObject({
    type: z.literal("mention"),
    kind: z.enum(["person", "channel", "group", "broadcast"]),
    name: z.string().min(1),
    ...marked,
  }),
  /** One that is no character, but somebody's picture. */
  z.strictObject({ type: z.literal("emoji"), name: z.string().min(1), ...marked }),
  z.strictObject({
    type: z.literal("date"),
    /** Seconds since 1970, UTC; up to the year 9999. */
    at: z.int().min(-62_135_596_800).max(253_402_300_799),
    style: z.enum(dateStyles),
    ...marked,
  }),
]);

export type Run = z.infer<typeof runSchema>;

const anywhere = {
  /** How many quotes it stands in. */
  quote: z.int().min(1).max(8).exactOptional(),
  /** It goes on where the last block of the part before was cut. */
  continued: z.literal(true).exactOptional(),
};

const blockSchema = z.discriminatedUnion("type", [
  /** Lines of text; an empty line in it is an empty line. */
  z.strictObject({ type: z.literal("paragraph"), content: z.array(runSchema), ...anywhere }),
  /** One item of a list; its neighbours are the rest of the list. */
  z.strictObject({
    type: z.literal("item"),
    depth: z.int().min(0).max(8),
    /** Its number, in an ordered list. */
    number: z.int().min(0).exactOptional(),
    content: z.array(runSchema),
    ...anywhere,
  }),
  z.strictObject({
    type: z.literal("code"),
    text: z.string(),
    language: z.string().min(1).exactOptional(),
    ...anywhere,
  }),
]);

export type Block = z.infer<typeof blockSchema>;

export const richTextSchema = z.array(blockSchema);

export type RichText = z.infer<typeof richTextSchema>;

/** Plain text as someone typed it: nothing in it is read as formatting, a link or a mention. */
export function typedText(typed: string): RichText {
  const text = typed.replace(/\r\n?/g, "\n");
  return text === "" ? [] : [{ type: "paragraph", content: [{ type: "text", text }] }];
}

/**
 * The same text with nothing said twice: neighbours that can be one are one, marks stand in order,
 * and what was cut (`continued`) is whole again. Two texts say the same when these are equal, and
 * of the parts of a split text `tidy(parts.flat())` is the whole.
 */
export function tidy(text: RichText): RichText {
  const blocks: Block[] = [];
  for (const block of text) {
    const last = blocks.at(-1);
    if (last && append(last, block)) continue;
    blocks.push(block.type === "code" ? { ...block } : { ...block, content: [...block.content] });
  }
  return blocks.map((block) =>
    block.type === "code" ? block : { ...block, content: tidyRuns(block.content) },
  );
}

/** Adds a block to the one above it, if they are one; otherwise says false. */
function append(last: Block, next: Block): boolean {
  if (last.quote !== next.quote) return false;
  if (last.type === "paragraph" && next.type === "paragraph") {
    if (!next.continued) last.content.push({ type: "text", text: "\n" });
    last.content.push(...next.content);
    return true;
  }
  if (!next.continued) return false;
  if (last.type === "code" && next.type === "code") {
    last.text += next.text;
    return true;
  }
  if (last.type !== "item" || next.type !== "item") return false;
  last.content.push(...next.content);
  return true;
}

function tidyRuns(runs: readonly Run[]): Run[] {
  const tidied: Run[] = [];
  for (const run of runs) {
    const next = { ...run, ...inOrder(run.marks) };
    const last = tidied.at(-1);
    if (next.type === "text" && last?.type === "text" && sameMarks(last, next))
      last.text += next.text;
    else if (next.type !== "text" || next.text !== "") tidied.push(next);
  }
  return tidied;
}

const inOrder = (own: readonly Mark[] | undefined) =>
  own && { marks: marks.filter((mark) => own.includes(mark)) };

const sameMarks = (one: Run, other: Run) => (one.marks ?? []).join() === (other.marks ?? []).join();
