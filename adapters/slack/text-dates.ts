/** Slack's dates. https://docs.slack.dev/messaging/formatting-message-text#date-formatting */
import type { DateStyle, Mark, Run } from "../../src/desk/text.ts";
import { dateWords } from "../../src/desk/text-plain.ts";

export const dateFormats: Readonly<Record<DateStyle, string>> = {
  date: "{date}",
  short_date: "{date_num}",
  long_date: "{date_long}",
  time: "{time}",
  exact_time: "{time_secs}",
  date_time: "{date} at {time}",
  long_date_time: "{date_long} at {time}",
  relative: "{ago}",
};

/** What a format's tokens show, or undefined if it has none that we know. */
function styleOf(format: string): DateStyle | undefined {
  if (format.includes("{ago}")) return "relative";
  const time = /\{(time(?:_secs)?)\}/.exec(format)?.[1];
  const date = dateStyleOf(format);
  if (date && time) return date === "long_date" ? "long_date_time" : "date_time";
  return time === "time_secs" ? "exact_time" : (time && "time") || date;
}

function dateStyleOf(format: string): "date" | "short_date" | "long_date" | undefined {
  const token = /\{(?:date(_long|_num|_slash|_short)?\w*|day_divider_pretty)\}/.exec(format);
  if (!token) return undefined;
  const [, length] = token;
  if (length === undefined) return "date";
  return length === "_long" ? "long_date" : "short_date";
}

export interface SlackDate {
  /** Seconds since 1970. */
  at: number;
  format: string;
  url?: string | null | undefined;
  fallback?: string | null | undefined;
}

/** A date as runs: words of its format around it stay words; one that leads somewhere is a link. */
export function dateRuns(date: SlackDate, marks: { marks?: Mark[] }): Run[] {
  const style = styleOf(date.format);
  if (!style || !isMoment(date.at)) return textRuns(date.fallback ?? date.format, marks);
  const before = date.format.slice(0, date.format.indexOf("{"));
  const after = date.format.slice(date.format.lastIndexOf("}") + 1);
  if (date.url) {
    const label = before + dateWords(date.at, style) + after;
    return [{ type: "link", url: date.url, label, ...marks }];
  }
  return [
    ...textRuns(before, marks),
    { type: "date", at: date.at, style, ...marks },
    ...textRuns(after, marks),
  ];
}

const isMoment = (at: number) => Number.isInteger(at) && Math.abs(at) < 62_135_596_800;

const textRuns = (text: string, marks: { marks?: Mark[] }): Run[] =>
  text === "" ? [] : [{ type: "text", text, ...marks }];
