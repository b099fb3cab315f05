/** How an entry is named, recognised, and found among others. A service gives entries no id. */
import { hash } from "node:crypto";
import type { Entry } from "../../src/tickets/ticket.ts";
import type { RemoteEntry } from "./answers.ts";

const nameLength = 22;

/** A short name for something, the same each time. */
export const nameOf = (...parts: readonly unknown[]): string =>
  hash("sha256", JSON.stringify(parts), "base64url").slice(0, nameLength);

/**
 * The reference of each of a ticket's entries: who said it as what and when, and the how manieth
 * such it is. So it stays when the message is edited; of an entry without a time, it does not.
 */
export function refsOf(entries: readonly RemoteEntry[]): string[] {
  const counts = new Map<string, number>();
  return entries.map(({ type, author, timestamp, message }) => {
    const name = nameOf(type, author, timestamp ?? { message });
    const alike = counts.get(name) ?? 0;
    counts.set(name, alike + 1);
    return `${name}.${alike}`;
  });
}

/** The reference without its number: what all that are alike have in common. */
export const kindOf = (ref: string): string => ref.slice(0, ref.lastIndexOf("."));

/** Services may trim what is written. */
export const hasWords = (shown: { message: string }, { message }: { message: string }): boolean =>
  shown.message.trim() === message.trim();

/** How many of the entries say this. */
export const timesSaid = (entries: readonly RemoteEntry[], entry: { message: string }): number =>
  entries.filter((each) => hasWords(each, entry)).length;

/** The same words at the very same time: ours, as we have sent it. */
export const isExactly = (shown: RemoteEntry, entry: Entry): boolean =>
  hasWords(shown, entry) &&
  shown.timestamp !== null &&
  Date.parse(shown.timestamp) === Date.parse(entry.timestamp);

/** How far a service's clock may be off from ours. */
export const clocksApartMs = 10 * 60_000;

interface Sought {
  entry: Entry;
  /** What our token is known as there. */
  self: string | null;
  /** References that are known to be something else's. */
  others: readonly string[];
}

/**
 * The reference of an entry that was sent to a service, and may have got another author (of the
 * token) and another time there (of its arrival). Someone else's same words are none of ours.
 */
export function refOfSent(
  entries: readonly RemoteEntry[],
  { entry, self, others }: Sought,
): string | undefined {
  const refs = refsOf(entries);
  const free = entries
    .map((shown, index) => ({ shown, ref: refs[index] ?? "" }))
    .filter(({ shown, ref }) => hasWords(shown, entry) && !others.includes(ref));
  const isOurs = ({ type, author, timestamp }: RemoteEntry) => {
    const isLater =
      timestamp === null || Date.parse(timestamp) >= Date.parse(entry.timestamp) - clocksApartMs;
    const isBySelf = author === null || author === self;
    return isLater && (isBySelf || (author === entry.author && type === entry.type));
  };
  const found =
    free.find(({ shown }) => isExactly(shown, entry)) ?? free.find(({ shown }) => isOurs(shown));
  return found?.ref;
}

const aSecondMs = 1_000;

/**
 * The entry at a time that none of its kind has yet: two alike could be told apart by their order
 * only, which changes when one is taken off. Where a service keeps whole seconds, it is the next
 * free second.
 */
export function atFreeTime(entry: Entry, entries: readonly RemoteEntry[]): Entry {
  const times = entries.flatMap(({ timestamp }) => (timestamp ? [Date.parse(timestamp)] : []));
  const keepsSeconds = times.length > 0 && times.every((time) => time % aSecondMs === 0);
  const stepMs = keepsSeconds ? aSecondMs : 1;
  const stepOf = (time: number) => Math.floor(time / stepMs);
  const alike = entries.filter(({ type }) => type === entry.type);
  const taken = new Set(alike.map(({ timestamp }) => stepOf(Date.parse(timestamp ?? ""))));
  let at = Date.parse(entry.timestamp);
  while (taken.has(stepOf(at))) at += stepMs;
  return { ...entry, timestamp: new Date(at).toISOString() };
}
