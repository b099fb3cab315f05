/**
 * For stores: what a change makes of a document, by a draft of it. What it leaves alone costs next to
 * nothing.
 */
import { types } from "node:util";
import { documentSchema, type TicketDocument } from "./document.ts";
import { StoreError } from "./ports.ts";

/**
 * Lets `work` change a draft. The document is undefined when nothing has changed; what is in it as it
 * was before is taken from there. Throws what `work` throws, and `BAD_CHANGE`.
 */
export function changedBy<T>(
  before: TicketDocument,
  work: (draft: TicketDocument) => T,
): { result: T; document: TicketDocument | undefined } {
  const draft = draftOf(before);
  const result = work(draft);
  if (types.isPromise(result))
    throw new StoreError("BAD_CHANGE", "The work of a change must not be async");
  const document = changedDocument(before, draft);
  if (document && namesOf(before) !== namesOf(document))
    throw new StoreError("BAD_CHANGE", "A ticket's id, reference and creation key never change");
  return { result, document };
}

const namesOf = ({ ticket, reference, creationKey }: TicketDocument): string =>
  JSON.stringify([ticket._id, reference, creationKey]);

/**
 * A copy of plain JSON that shares nothing with it. It takes a tenth of what `structuredClone` takes,
 * which looks for what JSON cannot have.
 */
export function draftOf<T>(value: T): T;
export function draftOf(value: unknown): unknown {
  if (!isObject(value)) return value;
  if (Array.isArray(value)) return value.map((part) => draftOf(part));
  const copy: Record<string, unknown> = {};
  for (const key in value) copy[key] = draftOf(value[key]);
  return copy;
}

/** Whether two values are the same JSON, in whatever order their keys are. */
export function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (!isObject(one) || !isObject(other)) return false;
  if (Array.isArray(one) || Array.isArray(other))
    return Array.isArray(one) && Array.isArray(other) && isSameList(one, other);
  return hasAllOf(one, other) && hasNoMore(one, other);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

function isSameList(one: unknown[], other: unknown[]): boolean {
  return one.length === other.length && one.every((part, place) => isSame(part, other[place]));
}

// `for … in`, as lists of keys would take most of the time; JSON has no inherited ones.

function hasAllOf(one: Record<string, unknown>, other: Record<string, unknown>): boolean {
  for (const key in one) if (!isSame(one[key], other[key])) return false;
  return true;
}

function hasNoMore(one: Record<string, unknown>, other: Record<string, unknown>): boolean {
  for (const key in other) if (other[key] !== undefined && one[key] === undefined) return false;
  return true;
}

/**
 * The document that a draft has become. What is in it as it was before is taken from there, whole, and
 * not checked again. Undefined when nothing has changed. Throws `BAD_CHANGE` when it is none any more.
 */
export function changedDocument(
  before: TicketDocument,
  draft: TicketDocument,
): TicketDocument | undefined {
  const messages = new Changes(before.messages, draft.messages);
  const entries = new Changes(before.ticket.threads, draft.ticket.threads);
  const rest = { ...draft, messages: [], ticket: { ...draft.ticket, threads: [] } };
  const restBefore = { ...before, messages: [], ticket: { ...before.ticket, threads: [] } };
  if (messages.isNone && entries.isNone && isSame(restBefore, rest)) return undefined;
  const { ticket } = draft;
  const checked = documentSchema.safeParse({
    ...draft,
    messages: messages.checked,
    ticket: { ...ticket, threads: entries.checked },
  });
  if (!checked.success) {
    const message = `The ticket ${before.ticket._id} would not be valid any more`;
    throw new StoreError("BAD_CHANGE", message, { cause: checked.error });
  }
  const { data } = checked;
  data.messages = messages.all(data.messages);
  data.ticket.threads = entries.all(data.ticket.threads);
  return data;
}

/** What has changed in a list that mostly grows. */
class Changes<T> {
  readonly isNone: boolean;
  /**
   * What is to be checked: what has changed, and what stands beside it or at an end, as times may not
   * run backwards.
   */
  readonly checked: T[];
  readonly #places: number[];
  readonly #before: readonly T[];
  readonly #isKept: readonly boolean[];

  constructor(before: readonly T[], now: readonly T[]) {
    this.#before = before;
    this.#isKept = now.map((each, place) => place < before.length && isSame(before[place], each));
    this.isNone = before.length === now.length && this.#isKept.every((isKept) => isKept);
    const isKept = (place: number) => this.#isKept[place] ?? false;
    this.#places = [...now.keys()].filter(
      (place) => !(isKept(place - 1) && isKept(place) && isKept(place + 1)),
    );
    this.checked = this.#places.flatMap((place) => now.slice(place, place + 1));
  }

  /** All of the list: what has changed as it was checked, the rest as it was before. */
  all(checked: readonly T[]): T[] {
    const all = this.#before.slice(0, this.#isKept.length);
    for (const [index, place] of this.#places.entries()) {
      const each = checked[index];
      if (each !== undefined && !this.#isKept[place]) all[place] = each;
    }
    return all;
  }
}
