import type { ChatActor, OfferedFile } from "../../src/desk/chat.ts";
import type { Random } from "./random.ts";

interface Channel {
  platform: string;
  where: string;
  side: "requester" | "agents";
  writer: ChatActor;
}

const person = (id: string, isAgent = false): ChatActor => ({
  ...{ id, name: id.slice(id.indexOf(":") + 1), isAgent },
});

/** Where people are, and who writes there. */
export const channels: readonly Channel[] = [
  { platform: "one", where: "rob", side: "requester", writer: person("one:rob") },
  { platform: "two", where: "sue", side: "requester", writer: person("two:sue") },
  { platform: "one", where: "triage", side: "agents", writer: person("one:ann", true) },
  { platform: "two", where: "desk", side: "agents", writer: person("two:amy", true) },
];

export const requestersChannels = channels.filter(({ side }) => side === "requester");
export const agentsChannels = channels.filter(({ side }) => side === "agents");

/** Neither a requester nor an agent. */
export const stranger = person("one:zoe");

/** One thing that someone does. `of` picks one of those there are. */
export type Act =
  | { do: "open"; of: number; twice: boolean; files: number }
  | { do: "write"; of: number; isNote: boolean; words: number; files: number; byStranger: boolean }
  | { do: "edit"; of: number; isNote: boolean; words: number; files: "same" | "other" }
  | { do: "delete" | "tell again"; of: number }
  | { do: "form"; of: number; isNote: boolean; twice: boolean }
  | { do: "api"; of: number; twice: boolean }
  | { do: "carry"; of: number; twice: boolean }
  | { do: "press"; of: number; what: "claim" | "release" | "resolve" | "reopen" | "close" }
  | { do: "press retry"; of: number }
  | { do: "delete thread" | "delete card"; of: number }
  | { do: "outage" | "disconnect"; platform: string; ms: number }
  | { do: "restart" };

export interface Planned {
  /** How long after the act before it, in ms. */
  afterMs: number;
  act: Act;
}

const gaps = [
  [10, 0],
  [3, 10],
  [3, 1_500],
  [2, 7_000],
  [1, 60_000],
] as const;

const longGaps = [
  [9, 0],
  [1, 20 * 60_000],
] as const;

/** What people are going to do. */
export function plan(random: Random, most: number): Planned[] {
  const count = 3 + random.below(most);
  const opening: Planned = { afterMs: 0, act: openingBy(random) };
  const others = Array.from({ length: count }, () => ({
    afterMs: random.weighed(gaps) + random.weighed(longGaps),
    act: random.weighed(kinds)(random),
  }));
  return [opening, ...others];
}

const openingBy = (random: Random): Act => ({
  do: "open",
  of: random.below(100),
  twice: random.chance(0.3),
  files: random.chance(0.2) ? 1 : 0,
});

const mostWords = 4;

type Kind = (random: Random) => Act;

const kinds: readonly (readonly [weight: number, kind: Kind])[] = [
  [2, openingBy],
  [
    24,
    (random) => ({
      do: "write",
      of: random.below(100),
      isNote: random.chance(0.25),
      words: 1 + random.below(mostWords),
      files: random.chance(0.2) ? 1 + random.below(2) : 0,
      byStranger: random.chance(0.05),
    }),
  ],
  [
    14,
    (random) => ({
      do: "edit",
      of: random.below(100),
      isNote: random.chance(0.25),
      words: 1 + random.below(mostWords),
      files: random.chance(0.8) ? "same" : "other",
    }),
  ],
  [6, (random) => ({ do: "delete", of: random.below(100) })],
  [6, (random) => ({ do: "tell again", of: random.below(100) })],
  [
    4,
    (random) => ({
      do: "form",
      of: random.below(100),
      isNote: random.chance(0.3),
      twice: random.chance(0.3),
    }),
  ],
  [2, (random) => ({ do: "api", of: random.below(100), twice: random.chance(0.3) })],
  [2, (random) => ({ do: "carry", of: random.below(100), twice: random.chance(0.3) })],
  [
    5,
    (random) => ({
      do: "press",
      of: random.below(100),
      what: random.weighed([
        [4, "claim"],
        [2, "release"],
        [3, "resolve"],
        [3, "reopen"],
        [1, "close"],
      ]),
    }),
  ],
  [2, (random) => ({ do: "press retry", of: random.below(100) })],
  [1, (random) => ({ do: "delete thread", of: random.below(100) })],
  [1, (random) => ({ do: "delete card", of: random.below(100) })],
  [
    1,
    (random) => ({
      do: "outage",
      platform: random.pick(["one", "two"]),
      ms: random.pick([3_000, 120_000, 45 * 60_000]),
    }),
  ],
  [
    2,
    (random) => ({
      do: "disconnect",
      platform: random.pick(["one", "two"]),
      ms: random.pick([100, 8_000, 90_000]),
    }),
  ],
  [1, () => ({ do: "restart" })],
];

/** A text as its writer knows it. */
export interface Version {
  words: string;
  isNote: boolean;
  files: readonly OfferedFile[];
  /** Deskhand may have heard of it; it has, for sure. */
  isTried: boolean;
  isTaken: boolean;
  /** The steps at which it was written, and at which it had been taken in. */
  writtenAt: number;
  takenAt: number | undefined;
  /** Its writer was told that it is not taken. */
  isRefused: boolean;
}

/** Something that someone said, wherever they did. */
export interface Said {
  /** By which its words are known: each of them begins with it. */
  number: number;
  /** The creation key of its ticket. */
  ticket: string;
  /** Where it stands: nothing, when it was typed into a form. */
  at: { platform: string; where: string; thread: string; message: string } | undefined;
  writer: ChatActor;
  versions: Version[];
  isDeleted: boolean;
  /** In ms, and the step. */
  deletedAt: { time: number; step: number } | undefined;
  /** Deskhand has heard that it was. */
  isDeletionTaken: boolean;
  /** When, in ms. */
  saidAt: number;
  /** The step at which Deskhand was first told of it, and that at which it had taken it in. */
  triedAt: number | undefined;
  takenAt: number | undefined;
  /** Its thread was deleted before Deskhand had heard of all of it. */
  isLost: boolean;
}

const letters = ["a", "b", "c", "d"];

/** Words that tell what they are of; those of notes begin with an s. */
export function wordsFor(said: number, version: number, isNote: boolean, count: number): string {
  const begun = `${isNote ? "s" : "r"}${said}v${version}`;
  return letters
    .slice(0, count)
    .map((letter) => begun + letter)
    .join(" ");
}

/** Which of what was said these words are of. */
export function saidIn(words: string): number | undefined {
  const found = /^[rs](\d+)v/.exec(words);
  return found ? Number(found[1]) : undefined;
}

/** How agents say what a reply is: all that they write is one, or what begins with two signs. */
export type Replies = "thread" | "explicit";

/** What someone types for it: agents begin a note with two slashes. */
export function typed(
  { words, isNote }: Pick<Version, "words" | "isNote">,
  { isAgent }: ChatActor,
  replies: Replies,
): string {
  if (isNote) return `// ${words}`;
  return isAgent && replies === "explicit" ? `>> ${words}` : words;
}

/** As it is meant to be read now; undefined when none of it was taken. */
export const lastOf = ({ versions }: Said): Version | undefined =>
  versions.findLast(({ isTaken, isRefused }) => isTaken || !isRefused);

/** By which a form, or a request of the API, is known. */
export const submittedKey = (said: Pick<Said, "number">): string => `submitted ${said.number}`;

/** The one that an act picks, if there is any. */
export const oneOf = <T>(all: readonly T[], of: number): T | undefined =>
  all[of % Math.max(1, all.length)];
