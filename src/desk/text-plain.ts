import type { Block, DateStyle, RichText, Run } from "./text.ts";
import { type Notation, writeMarks } from "./text-marks.ts";

/**
 * A text for where there is no formatting: an entry's `message` over HTTP, a log, an email. It is
 * Markdown as far as that reads well (bold, italic, struck, code, links, lists, quotes); underline
 * is left out, a spoiler says that it is one, and names, emoji and dates are plain words. Nothing
 * is escaped: it is for reading, and typed text comes out as it was typed.
 */
export function plainText(text: RichText): string {
  return text.map((block) => quoted(plainBlock(block), block.quote)).join("\n");
}

const notation: Notation = {
  delimiters: {
    spoiler: ["[spoiler: ", "]"],
    bold: ["**", "**"],
    italic: ["_", "_"],
    strike: ["~~", "~~"],
    code: ["`", "`"],
  },
};

function plainBlock(block: Block): string {
  switch (block.type) {
    case "paragraph":
      return plainRuns(block.content);
    case "item": {
      const marker = block.number === undefined ? "- " : `${block.number}. `;
      const indent = "  ".repeat(block.depth);
      const below = indent + " ".repeat(marker.length);
      const lines = plainRuns(block.content).replaceAll("\n", `\n${below}`);
      return (block.continued ? below : indent + marker) + lines;
    }
    case "code": {
      const end = block.text.endsWith("\n") ? "" : "\n";
      const fence = fenceFor(block.text);
      return `${fence}${block.language ?? ""}\n${block.text}${end}${fence}`;
    }
  }
}

/** Longer than any row of backticks within. */
function fenceFor(code: string): string {
  let longest = 2;
  for (const [ticks] of code.matchAll(/`{3,}/g)) longest = Math.max(longest, ticks.length);
  return "`".repeat(longest + 1);
}

const quoted = (lines: string, depth = 0) =>
  depth === 0 ? lines : lines.replaceAll(/^/gm, "> ".repeat(depth));

const plainRuns = (content: readonly Run[]) =>
  writeMarks(
    content.map((run) => ({ text: plainRun(run), marks: run.marks ?? [] })),
    notation,
  );

function plainRun(run: Run): string {
  return run.type === "link" && run.label !== undefined && run.label !== run.url
    ? `[${run.label}](${run.url})`
    : words(run);
}

/** A run as plain words, without its marks; of a link, its label. */
export function words(run: Run): string {
  switch (run.type) {
    case "text":
      return run.text;
    case "link":
      return run.label ?? run.url;
    case "mention":
      return `${run.kind === "channel" ? "#" : "@"}${run.name}`;
    case "emoji":
      return `:${run.name}:`;
    case "date":
      return dateWords(run.at, run.style);
  }
}

/** `2026-05-01 14:30 UTC`, or as much of it as the style shows. */
export function dateWords(at: number, style: DateStyle): string {
  const [day = "", time = ""] = new Date(at * 1000).toISOString().split("T");
  switch (style) {
    case "date":
    case "short_date":
    case "long_date":
      return day;
    case "time":
      return `${time.slice(0, 5)} UTC`;
    case "exact_time":
      return `${time.slice(0, 8)} UTC`;
    case "date_time":
    case "long_date_time":
    case "relative":
      return `${day} ${time.slice(0, 5)} UTC`;
  }
}
