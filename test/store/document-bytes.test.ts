import { expect, test } from "vitest";
import type { TicketDocument } from "../../src/desk/document.ts";
import { changedDocument, draftOf } from "../../src/desk/draft.ts";
import { bytesOfDocument, longMessages } from "../../src/store/lowdb/document-bytes.ts";
import { documentWith } from "./entries.ts";

const textOf = (document: TicketDocument): string => bytesOfDocument(document).toString();
const expected = (document: TicketDocument): string => `${JSON.stringify(document, null, 2)}\n`;

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null)
    for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}

const sizes = [1, 6, longMessages - 1, longMessages, longMessages + 50];

test.each(sizes)("with %i messages, its file has what JSON.stringify makes of it", (entries) => {
  const document = documentWith(entries);
  expect(textOf(document)).toBe(expected(document));
  expect(textOf(frozen(document))).toBe(expected(document));
});

test.each<[string, (draft: TicketDocument) => void]>([
  ["in a message", (draft) => Object.assign(draft.messages[20] ?? {}, { marked: "sending" })],
  [
    "in an entry",
    (draft) => Object.assign(draft.ticket.threads[20] ?? {}, { message: 'a\n"b"\\ é ' }),
  ],
  ["of a message that is gone", (draft) => void draft.messages.splice(20, 1)],
  ["beside the lists", (draft) => void draft.ticket.tags.push("new")],
  ["of all that is in a list", (draft) => void draft.ticket.threads.splice(0)],
])("after a change %s it has that, too, time and again", (_, work) => {
  let document = frozen(documentWith(longMessages + 50));
  textOf(document);
  for (let times = 0; times < 2; times += 1) {
    const draft = draftOf(document);
    work(draft);
    const changed = changedDocument(document, draft) ?? document;
    expect(textOf(changed)).toBe(expected(changed));
    document = frozen(changed);
    expect(textOf(document)).toBe(expected(document));
  }
});

test("what is not frozen is not kept: it may change", () => {
  const document = documentWith(longMessages);
  textOf(document);
  Object.assign(document.messages[3] ?? {}, { marked: "failed" });
  expect(textOf(document)).toBe(expected(document));
});
