import { expect, test } from "vitest";
import { type Delivery, isMaking } from "../../src/desk/delivery.ts";
import { conclude } from "../../src/desk/desk.ts";
import type { TicketDocument } from "../../src/desk/document.ts";
import { nextIn } from "../../src/desk/next.ts";
import type { Result } from "../../src/desk/result.ts";
import { begin, settle } from "../../src/desk/settle.ts";
import { deletes, edits, noticesOf, robsTicket, rules, says, start } from "./documents.ts";

const hourMs = 3_600_000;

function nextFor(document: TicketDocument, now = start): Delivery {
  const next = nextIn(document, "p1", rules, now);
  if (!next || !("delivery" in next)) throw new Error("Nothing is owed now");
  return next.delivery;
}

/** What comes next for the requester ends so; `meanwhile` happens while it is under way. */
function ends(document: TicketDocument, result: Result, meanwhile = () => {}, now = start) {
  const delivery = nextFor(document, now);
  if (isMaking(delivery)) begin(document, delivery);
  meanwhile();
  settle(document, delivery, result, rules, now);
}

test("what is deleted on its way, and then cannot be posted, has not failed", () => {
  const document = robsTicket();
  ends(document, { sent: { message: "burns" } });
  says(document, "p2", { text: "It is wet" });
  const failed = { outcome: "dead", reason: "it is archived" } as const;
  ends(document, { failed }, () => deletes(document, "p2"));
  expect(noticesOf(document)).toEqual([]);
  expect(document.troubles).toEqual([]);
  expect(nextFor(document).do).toBe("card");
});

test("a part that may have been removed is removed for sure and posted anew, when its text grows again", () => {
  const document = robsTicket();
  ends(document, { sent: { message: "burns" } });
  says(document, "p2", { text: "some words and more words" });
  for (const message of ["first", "second", "third"]) ends(document, { sent: { message } });
  edits(document, "p2", { text: "some words" });
  ends(document, { sent: {} });
  expect(nextFor(document)).toMatchObject({ do: "remove", of: "third" });
  ends(document, { failed: { outcome: "uncertain", reason: "no answer" } });

  edits(document, "p2", { text: "other words and more words" });
  const later = start + hourMs;
  const done: unknown[] = [];
  for (let next = nextFor(document, later); next.do !== "card"; next = nextFor(document, later)) {
    done.push([next.do, "of" in next ? next.of : undefined]);
    ends(document, { sent: { message: `new ${done.length}` } }, undefined, later);
  }
  expect(done).toEqual([
    ["remove", "third"],
    ["edit", "first"],
    ["edit", "second"],
    ["post", undefined],
  ]);
});

test("a card that may have been shown is followed by another, though the ticket is as it was before", () => {
  const document = robsTicket();
  const parts = { prepare: () => undefined };
  const { assignee } = document;
  ends(document, { sent: { message: "burns" } });
  ends(document, { sent: {} });
  expect(nextIn(document, "p1", rules, start)).toBeUndefined();
  document.assignee = { id: "ann", name: "Ann" };
  conclude(document, rules, parts);
  expect(nextFor(document)).toMatchObject({ do: "card", card: { assignee: "Ann" } });

  // The process died before it was written down that it was shown.
  document.assignee = assignee;
  conclude(document, rules, parts);
  expect(nextFor(document)).toMatchObject({ do: "card", card: { assignee: null } });
  ends(document, { sent: {} });
  expect(nextIn(document, "p1", rules, start)).toBeUndefined();
});

test("the card of a thread that was open by half is shown as it is now, however it was completed", () => {
  const document = robsTicket({ open: false });
  const open = nextFor(document);
  if (isMaking(open)) begin(document, open);
  const claim = (assignee: string | null) => {
    document.assignee = assignee === null ? null : { id: assignee, name: assignee };
    document.ticket = { ...document.ticket, assignedTo: assignee };
  };
  claim("ann");
  expect(nextFor(document)).toMatchObject({ do: "find", card: { assignee: "ann" } });
  ends(document, { sent: { thread: "thread-p1", message: "card-p1" } });
  claim(null);
  ends(document, { sent: { message: "burns" } });
  expect(nextFor(document)).toMatchObject({ do: "card", card: { assignee: null } });
});

test("what is deleted while it is sought, and is not found in the end, is told of no longer", () => {
  const document = robsTicket();
  ends(document, { sent: { message: "burns" } });
  says(document, "p2", { text: "It is wet" });
  ends(document, { failed: { outcome: "uncertain", reason: "no answer" } });
  const later = start + hourMs;
  const givenUp = { outcome: "dead", reason: "it is archived" } as const;
  ends(document, { failed: givenUp }, () => deletes(document, "p2"), later);
  expect(document.messages.at(-1)).toMatchObject({ kind: "notice", retry: "p1/m1" });
  for (const trouble of document.troubles) trouble.dead = false;
  ends(document, { sent: {} }, undefined, later + hourMs);
  expect(noticesOf(document)).toEqual(["What could not be delivered at first was taken back."]);
  expect(nextFor(document, later).do).toBe("card");
});

test("what could not be removed is told of no longer once the thread that it stood in is gone", () => {
  const document = robsTicket();
  ends(document, { sent: { message: "burns" } });
  says(document, "p2", { text: "It is wet" });
  ends(document, { sent: { message: "wet" } });
  deletes(document, "p2");
  ends(document, { failed: { outcome: "dead", reason: "it is archived" } });
  expect(document.messages.at(-1)).toMatchObject({ kind: "notice", retry: "p1/m1" });
  says(document, "p2", { text: "It is dry", message: "other" });
  ends(document, { failed: { outcome: "gone", reason: "the thread is gone" } });
  expect(noticesOf(document)).toEqual(["What could not be delivered at first was taken back."]);
  expect(document.troubles.filter(({ dead }) => dead)).toEqual([]);
});
