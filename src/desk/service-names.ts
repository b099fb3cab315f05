/**
 * What of a ticket service is known under another name by now. An entry is named by who said it as what
 * and when: a service that puts its own time or author on it gives it another name. Then it is known
 * by its words. Times are in ms.
 */
import type { EntryType } from "../tickets/ticket.ts";
import { textOf } from "./copies.ts";
import { fileId, messageId } from "./delivery.ts";
import { digest } from "./digest.ts";
import type { Copy, Message, Place, TicketDocument } from "./document.ts";
import { shownName } from "./file-name.ts";
import { addAudit, addNotice } from "./messages.ts";
import type { ServiceEntry } from "./service.ts";
import { sound } from "./service-fields.ts";
import { digestOfWords, saidBy, withoutHead, wordsTaken } from "./service-place.ts";
import { plainText } from "./text-plain.ts";

/** An entry of the service's, as the document knows it. */
interface Known {
  ref: string;
  /** Undefined: that is not known any more. */
  type: EntryType | undefined;
  author: string;
  /** Digests of what it may say by now: as it does here, or as it did when it was sent. */
  words: readonly string[];
  rename(ref: string, words: string): void;
}

/** Each entry that was known under another name, by its name now. */
export type Renamed = ReadonlyMap<string, Known>;

/**
 * Pairs what is there and not known with what is known and not there: by type, words and author; then
 * by type and words; each in order.
 */
export function renamedIn(
  draft: TicketDocument,
  place: Place,
  entries: readonly ServiceEntry[],
): Renamed {
  const there = new Set(entries.map(({ ref }) => ref));
  const all = knownIn(draft, place);
  const known = new Set(all.map(({ ref }) => ref));
  const absent = all.filter(({ ref }) => !there.has(ref));
  const unknown = entries.filter(({ ref }) => !known.has(ref));
  const pairs = new Map<string, Known>();
  if (absent.length === 0 || unknown.length === 0) return pairs;
  for (const likeness of [byAuthorToo, byWords])
    pairAlike(pairs, absent, unknown, { place, likeness });
  return pairs;
}

/** What two have to have in common; of what was shown to agents only, the type is not known. */
type Likeness = (type: EntryType | undefined, words: string, author: string | null) => string;

const byAuthorToo: Likeness = (type, words, author) =>
  JSON.stringify([type ?? null, words, author]);
const byWords: Likeness = (type, words) => byAuthorToo(type, words, null);

function pairAlike(
  pairs: Map<string, Known>,
  absent: readonly Known[],
  unknown: readonly ServiceEntry[],
  { place, likeness }: { place: Place; likeness: Likeness },
): void {
  const free = new Map<string, string[]>();
  for (const entry of unknown)
    for (const like of likenessesOf(entry, place, likeness))
      free.set(like, [...(free.get(like) ?? []), entry.ref]);
  const paired = new Set(pairs.values());
  for (const known of absent.filter((each) => !paired.has(each))) {
    const alike = known.words.flatMap(
      (words) => free.get(likeness(known.type, words, known.author)) ?? [],
    );
    const ref = alike.find((each) => !pairs.has(each));
    if (ref !== undefined) pairs.set(ref, known);
  }
}

/** As ours, and as someone else's that may have been cut when it was taken in. */
function likenessesOf(entry: ServiceEntry, place: Place, likeness: Likeness): Set<string> {
  const words = [digestOfSent(entry), digestOfWords(wordsTaken(entry, place))];
  const types = [entry.type, undefined];
  return new Set(types.flatMap((type) => words.map((each) => likeness(type, each, entry.author))));
}

const digestOfSent = ({ message }: ServiceEntry): string => digestOfWords(sound(message));

/** Every entry that is known to be there, in the order in which it was heard of. */
const knownIn = (draft: TicketDocument, place: Place): Known[] =>
  draft.messages.flatMap((message, index) => {
    const { from, copies } = message;
    const theirs = from?.place === place.id && !message.deleted ? [theirsIn(draft, message)] : [];
    const ours = copies
      .filter((copy) => copy.place === place.id)
      .flatMap((copy) => oursIn(draft, place, index, message, copy));
    return [...theirs, ...ours];
  });

function theirsIn(draft: TicketDocument, message: Message): Known {
  const isForAgents = message.audience === "agents";
  return {
    ref: message.from?.message ?? "",
    type: isForAgents ? undefined : typeOf(message),
    author: message.by.id,
    words: [digestOfWords(withoutHead(message, plainText(textOf(draft, message))))],
    rename: (ref) => {
      if (message.from) message.from.message = ref;
    },
  };
}

const typeOf = ({ kind, side }: Message): EntryType => {
  if (kind === "notice") return "system";
  return side === "requester" ? "user" : "agent";
};

function oursIn(
  draft: TicketDocument,
  place: Place,
  index: number,
  message: Message,
  copy: Copy,
): Known[] {
  const { side, by, text, files } = message;
  const said = { type: side === "requester" ? "user" : "agent", author: by.id } as const;
  const now = text?.length === 0 ? [] : [digestOfWords(plainText(textOf(draft, message)))];
  const parts = copy.parts.map(
    (part): Known => ({
      ...{ ref: part.message, ...said },
      words: [...saidBy(part), ...now],
      rename(ref, words) {
        part.message = ref;
        part.said = words;
        // An edit may have got there all the same.
        if (now.includes(words)) part.revision = message.revision;
        seeTo(draft, messageId(place, index), copy);
      },
    }),
  );
  const posted = copy.files.map((file): Known => {
    const name = shownName(files[file.file]?.name ?? "");
    return {
      ...{ ref: file.message, ...said, words: [digestOfWords(`[attachment: ${name}]`)] },
      rename(ref) {
        file.message = ref;
        seeTo(draft, fileId(place, index, file.file), copy);
      },
    };
  });
  return [...parts, ...posted];
}

/** What could not be done to it, as it was not found, can be now. */
function seeTo(draft: TicketDocument, id: string, copy: Copy): void {
  if (!draft.troubles.some(({ delivery }) => delivery === id)) return;
  copy.done = false;
  draft.troubles = draft.troubles.filter(({ delivery }) => delivery !== id);
}

const renamedWhat = "renamed";
const leftWhat = "no longer followed";
const followedWhat = "followed again";

/** So often in a row, and nothing else had changed there: it will not end. */
const mostRenamings = 5;

/** Puts down the names that are used now. Where they are others at every read, agents are told. */
export function rename(
  draft: TicketDocument,
  place: Place,
  renamed: Renamed,
  entries: readonly ServiceEntry[],
  now: number,
): void {
  if (renamed.size === 0) return;
  const from = signatureOf(draft, place);
  for (const entry of entries) renamed.get(entry.ref)?.rename(entry.ref, digestOfSent(entry));
  addAudit(draft, place.platform, renamedWhat, { from, to: place.id }, now);
  const ofPlace = draft.audit.filter(({ to }) => to === place.id);
  const since = ofPlace.slice(ofPlace.findLastIndex(({ what }) => what === followedWhat) + 1);
  const latest = since.filter(({ what }) => what === renamedWhat).slice(-mostRenamings);
  const isEndless = latest.length === mostRenamings && latest.every((each) => each.from === from);
  if (isEndless) leave(draft, place, now);
}

/** What is there, whatever it is named. */
function signatureOf({ messages }: TicketDocument, { id, shown }: Place): string {
  const there = messages.flatMap(({ from, revision, deleted, copies }, index) => [
    ...(from?.place === id ? [[index, revision, deleted]] : []),
    ...copies
      .filter(({ place }) => place === id)
      .map(({ parts, files }) => [index, parts.map((part) => part.revision), files.length]),
  ]);
  return digest(JSON.stringify([shown, there]));
}

const leftWords =
  "The ticket service gives the messages of this ticket another time or author each time they are read, so new ones cannot be told from old ones. What is written there does not come here any more; what is said here still goes there, and so do status, priority, assignee and resolution, both ways. Please read and answer there what is written there, and have whoever runs the service keep the time and author of a message as they were: then it goes on by itself.";

const followedWords =
  "The ticket service keeps the times and authors of its messages now: what is written there comes here again.";

function leave(draft: TicketDocument, place: Place, now: number): void {
  const isTold = draft.audit.some(({ what, to }) => what === leftWhat && to === place.id);
  addAudit(draft, place.platform, leftWhat, { to: place.id }, now);
  if (!isTold) addNotice(draft, leftWords, { audience: "agents" }, now);
}

/** Its entries keep their names from one read to the next. */
export function followAgain(draft: TicketDocument, place: Place, now: number): void {
  const isTold = draft.audit.some(({ what, to }) => what === followedWhat && to === place.id);
  addAudit(draft, place.platform, followedWhat, { to: place.id }, now);
  if (!isTold) addNotice(draft, followedWords, { audience: "agents" }, now);
}

/** Whether what is written there is taken in: not where it cannot be told from what is known. */
export function isFollowed({ audit }: TicketDocument, place: Pick<Place, "id">): boolean {
  const last = audit.findLast(
    ({ what, to }) => to === place.id && (what === leftWhat || what === followedWhat),
  );
  return last?.what !== leftWhat;
}
