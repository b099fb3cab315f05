/** Channels in sentences for operators: by name in the log, and by id alone for everyone else. */
import { oneLine } from "./shortened.ts";

/** Names may hold anything: blanks, and brackets, which are changed so that it is known where one ends. */
export const named = (name: string, id: string): string =>
  `#${oneLine(name).replaceAll("(", "[").replaceAll(")", "]")} (${id})`;

export const withoutNames = (sentence: string): string =>
  sentence.replaceAll(/#[^()]* \((\w+)\)/g, "$1");
