import { expect, test } from "vitest";
import type { TicketDocument } from "../../src/desk/document.ts";
import { changedDocument, draftOf, isSame } from "../../src/desk/draft.ts";
import { at, documentWith } from "../store/entries.ts";

function changed(work: (draft: TicketDocument) => void, before = documentWith(6)) {
  const draft = draftOf(before);
  work(draft);
  return { before, draft, after: changedDocument(before, draft) };
}

const entryOf = ({ ticket }: TicketDocument, place: number) => {
  const entry = ticket.threads[place];
  if (!entry) throw new Error(`there is no entry ${place}`);
  return entry;
};

test("a draft shares nothing with the document", () => {
  const { before } = changed((draft) => {
    draft.ticket.tags.push("new");
    entryOf(draft, 2).message = "other words";
  });
  expect(before).toEqual(documentWith(6));
});

test("a draft that is left as it was is no change", () => {
  expect(changed(() => undefined).after).toBeUndefined();
  expect(changed((draft) => Object.assign(draft, { messages: [...draft.messages] })).after).toBe(
    undefined,
  );
});

test.each<[string, (draft: TicketDocument) => void]>([
  ["in the middle", (draft) => Object.assign(entryOf(draft, 2), { message: "other words" })],
  [
    "at the end",
    (draft) => void draft.ticket.threads.push({ ...entryOf(draft, 5), message: "more" }),
  ],
  ["away from the end", (draft) => void draft.ticket.threads.pop()],
  ["away from the beginning", (draft) => void draft.ticket.threads.shift()],
  ["away, all of it", (draft) => void draft.ticket.threads.splice(0)],
  ["beside the lists", (draft) => Object.assign(draft.ticket, { priority: "low" })],
  [
    "in a part of a message",
    (draft) =>
      void draft.messages[3]?.copies.push({ place: "p1", parts: [], files: [], done: true }),
  ],
])("a change %s is in the document, and the rest is as before", (_, work) => {
  const { draft, after } = changed(work);
  expect(after).toEqual(draft);
});

test("what has not changed is the same part as before", () => {
  const { before, after } = changed((draft) =>
    Object.assign(entryOf(draft, 2), { message: "other words" }),
  );
  expect(after?.ticket.threads.map((entry, place) => entry === entryOf(before, place))).toEqual([
    ...[true, true, false, true, true, true],
  ]);
  expect(after?.messages.every((message, place) => message === before.messages[place])).toBe(true);
});

test.each<[string, (draft: TicketDocument) => void]>([
  ["an entry is none", (draft) => Object.assign(entryOf(draft, 2), { message: "" })],
  [
    "an entry is older than the one before",
    (draft) => Object.assign(entryOf(draft, 3), { timestamp: at(1) }),
  ],
  [
    "an entry is younger than the one after",
    (draft) => Object.assign(entryOf(draft, 3), { timestamp: at(5) }),
  ],
  [
    "the last is younger than the ticket",
    (draft) => Object.assign(draft.ticket, { updatedAt: at(4) }),
  ],
  [
    "the first is older than the ticket",
    (draft) => Object.assign(draft.ticket, { createdAt: at(1) }),
  ],
  ["a message is none", (draft) => Object.assign(draft.messages[1] ?? {}, { kind: "shout" })],
  ["there is a part that no document has", (draft) => Object.assign(draft, { more: true })],
])("a draft is refused in which %s", (_, work) => {
  expect(() => changed(work)).toThrow(expect.objectContaining({ code: "BAD_CHANGE" }));
});

test.each<[unknown, unknown, boolean]>([
  [{ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }, true],
  [{ a: 1 }, { a: 1, b: undefined }, true],
  [{ a: 1 }, { a: 1, b: null }, false],
  [{ a: 1, b: null }, { a: 1 }, false],
  [[1, 2], [1], false],
  [[], {}, false],
  [{}, [], false],
  [null, {}, false],
  [1, "1", false],
])("%j and %j are the same JSON: %s", (one, other, same) => {
  expect(isSame(one, other)).toBe(same);
});
