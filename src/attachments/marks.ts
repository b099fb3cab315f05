/**
 * Which stores have files in a place. Each leaves a small file there, its mark, that is named by what
 * is the store's own and says in words where its tickets are. So each knows of the others, whichever
 * came first: what none of its tickets names may be named by one of theirs.
 */
import { randomBytes } from "node:crypto";
import { type Log, StoreError, type TicketStore } from "../desk/ports.ts";
import { Absent, type Place, whole } from "./place.ts";

export interface Mark {
  /** Of the file in the place. */
  name: string;
  /** Where the tickets are, for people to read. */
  words: string;
}

interface Marking {
  place: Place;
  store: Pick<TicketStore, "value" | "valueOr">;
  /** Where this store's tickets are; one line, without anything secret. */
  words: string;
  log: Log;
}

/**
 * Leaves this store's mark, unless it is there, and resolves to those of other stores. Of several that
 * do so at once, each sees the others, or they see it. Throws a `StoreError`.
 */
export async function otherMarks(marking: Marking): Promise<Mark[]> {
  const { place, store } = marking;
  const own = markOf(await storeId(store));
  await leaveMark(marking, own);
  const marks = await marksIn(place);
  // Another process of this store may have drawn its id at the same moment: the later one holds. What
  // comes after this look at it leaves a mark that is nobody's, which keeps files and harms none.
  if (markOf(await storeId(store)) === own) return marks.filter(({ name }) => name !== own);
  await place.remove(own);
  return otherMarks(marking);
}

/** Throws `READ_FAILED`. */
export async function marksIn(place: Place): Promise<Mark[]> {
  const marks: Mark[] = [];
  for await (const { name } of place.list(start)) {
    const words = pattern.test(name) ? await wordsOf(place, name) : undefined;
    if (words !== undefined) marks.push({ name, words });
  }
  return marks;
}

const start = "store-";
const pattern = /^store-[0-9a-f]{32}$/;

const markOf = (id: string): string => `${start}${id}`;

async function leaveMark({ place, words, log }: Marking, own: string): Promise<void> {
  const before = await wordsOf(place, own);
  if (before === words) return;
  await place.put(own, Buffer.from(`${words}\n`));
  if (before !== undefined) log.warn({ place: place.title, before, now: words }, movedWords);
}

const movedWords =
  "These tickets were kept elsewhere before. If they still are, as one is a copy of the other, each removes files that only the other needs: give one of them a place of its own in ATTACHMENTS_URL";

const mostWordsLength = 300;

/** Undefined: there is no such mark. */
async function wordsOf(place: Place, name: string): Promise<string | undefined> {
  try {
    const text = (await whole(place.read(name))).toString();
    return text.trim().slice(0, mostWordsLength);
  } catch (error) {
    if (error instanceof Absent) return undefined;
    throw error;
  }
}

const valueName = "store-id";

/** What this store alone has, wherever its tickets are moved to; drawn once. */
async function storeId(store: Pick<TicketStore, "value" | "valueOr">): Promise<string> {
  const kept = await store.value(valueName);
  return idIn(kept ?? (await store.valueOr(valueName, randomBytes(16).toString("hex"))));
}

function idIn(text: string): string {
  if (/^[0-9a-f]{32}$/.test(text)) return text;
  throw new StoreError(
    "DAMAGED",
    `The value ${valueName} of the store is none: whose attachments are whose cannot be told, and none is removed. Delete it, and start again.`,
  );
}
