/** What operators read of a platform that does not answer. Times are in ms since 1970. */
import { capitalised } from "./giving-up.ts";

export const silenceOf = (platform: string): string =>
  `${capitalised(platform)} does not answer: what is owed there waits`;

export const silenceSince = (platform: string, since: number, now: number): string =>
  `${silenceOf(platform)}, since ${timeOf(since, now)}`;

/** The day is told when it was another one. */
function timeOf(ms: number, now: number): string {
  const [day, time = ""] = new Date(ms).toISOString().split("T");
  const [today] = new Date(now).toISOString().split("T");
  return `${day === today ? "" : `${day} `}${time.slice(0, 5)} UTC`;
}
