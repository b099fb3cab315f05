import type { EmojiLookup } from "./text-emoji.ts";

/** What is called how, by Slack's id; undefined where that cannot be known. */
export interface Names {
  person(id: string): string | undefined;
  channel(id: string): string | undefined;
  group(id: string): string | undefined;
}

/** What reading needs to know beside what is read. */
export interface Reading {
  names: Names;
  emoji: EmojiLookup;
}

/** As `Names`, where they first have to be asked for. May throw what asking throws. */
export type NameSource = {
  readonly [Kind in keyof Names]: (id: string) => Promise<string | undefined>;
};

/** Names as words, also where there is none. */
export const nameOf = {
  person: (id: string, names: Names, label?: string) => names.person(id) || label || "someone",
  /** Never a label: in a message that comes from a private channel's member, it is its name. */
  channel: (id: string, names: Names) => names.channel(id) || "private-channel",
  group: (id: string, names: Names, label?: string) => names.group(id) || label || "a group",
} as const;

/** Reads twice: once to see whose names are needed, and again with the names. */
export async function withNames<T>(source: NameSource, read: (names: Names) => T): Promise<T> {
  const asked = { person: new Set<string>(), channel: new Set<string>(), group: new Set<string>() };
  const first = read({
    person: (id) => void asked.person.add(id),
    channel: (id) => void asked.channel.add(id),
    group: (id) => void asked.group.add(id),
  });
  if (asked.person.size + asked.channel.size + asked.group.size === 0) return first;
  const [people, channels, groups] = await Promise.all([
    answers(asked.person, source.person),
    answers(asked.channel, source.channel),
    answers(asked.group, source.group),
  ]);
  return read({
    person: (id) => people.get(id),
    channel: (id) => channels.get(id),
    group: (id) => groups.get(id),
  });
}

const answers = async (ids: ReadonlySet<string>, ask: NameSource[keyof NameSource]) =>
  new Map(await Promise.all([...ids].map(async (id) => [id, await ask(id)] as const)));
