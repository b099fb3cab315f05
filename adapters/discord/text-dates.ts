/** Discord's timestamps. https://docs.discord.com/developers/reference#message-formatting-timestamp-styles */
import type { DateStyle, Run } from "../../src/desk/text.ts";

/** By what is shown: of a date alone, Discord has none with its weekday. */
export const timestampStyles: Readonly<Record<DateStyle, string>> = {
  date: "D",
  short_date: "d",
  long_date: "D",
  time: "t",
  exact_time: "T",
  date_time: "f",
  long_date_time: "F",
  relative: "R",
};

const dateStyles: Readonly<Record<string, DateStyle>> = {
  t: "time",
  T: "exact_time",
  d: "short_date",
  D: "date",
  f: "date_time",
  F: "long_date_time",
  s: "date_time",
  S: "date_time",
  R: "relative",
};

/** A timestamp with its style's letter; a moment outside of the years 1 to 9999 is only words. */
export function dateRun(at: number, letter = "f"): Run {
  const isKept = at >= -62_135_596_800 && at <= 253_402_300_799;
  return isKept
    ? { type: "date", at, style: dateStyles[letter] ?? "date_time" }
    : { type: "text", text: "a date" };
}
