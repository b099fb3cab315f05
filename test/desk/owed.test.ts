import { describe, expect, test } from "vitest";
import { act } from "../../src/desk/act.ts";
import { cardFor } from "../../src/desk/card.ts";
import { fetchId, fileId, markId, messageId, openId } from "../../src/desk/delivery.ts";
import type { Place, TicketDocument } from "../../src/desk/document.ts";
import { asOffered } from "../../src/desk/messages.ts";
import { owedIn } from "../../src/desk/owed.ts";
import { fieldIdOf } from "../../src/desk/service-fields.ts";
import { ann, placeOf, robsTicket, rules, says, start } from "./documents.ts";

const service: Place = {
  ...{ id: "p4", side: "service", platform: "tickets", where: "tickets", thread: null },
  ...{ opened: 0, card: null, shown: null, readTo: null },
};

const fails = (document: TicketDocument, ...deliveries: string[]) => {
  document.troubles = deliveries.map((delivery, at) => ({
    ...{ delivery, attempts: 3, dead: true, reason: "archived" },
    since: new Date(start + at).toISOString(),
    dueAt: new Date(start + 60_000).toISOString(),
  }));
};

const wordsOf = (document: TicketDocument) =>
  owedIn(document).map(({ platform, side, what }) => [platform, side, what]);

const undelivered = (document: TicketDocument, side: Place["side"] = "agents") =>
  cardFor(document, side, rules).undelivered;

const photo = { file: "F1", name: "secret plans.png", sizeBytes: 3, type: "image/png" };

describe("what of a ticket does not arrive", () => {
  test("is told of in words, whatever it is, and without what anyone wrote", () => {
    const document = robsTicket({ open: false });
    document.places.push(service);
    const [p1, p2] = [placeOf(document, "p1"), placeOf(document, "p2")];
    says(document, "p2", { text: "// hidden", message: "n" });
    document.messages[0]?.files.push({ ...asOffered("one", photo), state: "kept", hash: "h" });
    fails(
      document,
      openId(p1),
      messageId(p2, 0),
      fileId(p2, 0, 0),
      messageId(placeOf(document, "p3"), 1),
      openId(service),
      fieldIdOf(service, "priority"),
      fieldIdOf(service, "assignedTo"),
      `${p2.id}/card`,
      markId(1),
    );
    expect(wordsOf(document)).toEqual([
      ["one", "requester", "its thread"],
      ["one", "agents", "a message"],
      ["one", "agents", "a file"],
      ["two", "agents", "a note"],
      ["tickets", "service", "the ticket"],
      ["tickets", "service", "its priority"],
      ["tickets", "service", "its assignee"],
      ["one", "agents", "its card"],
      ["one", "agents", "a mark"],
    ]);
    const told = JSON.stringify(owedIn(document));
    for (const secret of ["hidden", "plans", "burns"]) expect(told).not.toContain(secret);
  });

  test("may be an edit, or the removal of something", () => {
    const document = robsTicket();
    const [p1] = [placeOf(document, "p1")];
    says(document, "p2", { text: "Try water." });
    const message = document.messages[1];
    if (!message) throw new Error("there is no message");
    message.copies = [
      { place: "p1", parts: [{ message: "x", revision: 1 }], files: [], done: false },
    ];
    message.revision = 2;
    fails(document, messageId(p1, 1));
    expect(wordsOf(document)).toEqual([["one", "requester", "an edit of a message"]]);
    message.deleted = true;
    expect(wordsOf(document)).toEqual([["one", "requester", "the removal of a message"]]);
  });

  test("is told with when it is tried again, or that it is not", () => {
    const document = robsTicket();
    fails(document, "p1/m0", "p2/m0");
    Object.assign(document.troubles[1] ?? {}, { dead: false });
    const dueAt = new Date(start + 60_000).toISOString();
    expect(owedIn(document)).toMatchObject([
      { id: "p1/m0", ticket: "ticket_1", reference: "T-000001", dead: true, dueAt: null },
      { id: "p2/m0", attempts: 3, reason: "archived", dead: false, dueAt },
    ]);
  });

  test("does not hold a file that its platform did not give: it is not to be had any more", () => {
    const document = robsTicket({ files: [photo] });
    fails(document, fetchId(0, 0));
    expect(wordsOf(document)).toEqual([["one", "requester", "a file that is being fetched"]]);
    Object.assign(document.messages[0]?.files[0] ?? {}, { state: "refused" });
    expect(owedIn(document)).toEqual([]);
    expect(undelivered(document)).toBe(0);
  });
});

describe("the card", () => {
  test("counts for agents what was given up, but no cards, marks and files that were not given", () => {
    const document = robsTicket();
    fails(document, "p1/m0", "p1/m0/f0", "p2/card", markId(0), fetchId(0, 0));
    expect(undelivered(document)).toBe(2);
    expect(undelivered(document, "requester")).toBe(0);
    Object.assign(document.troubles[0] ?? {}, { dead: false });
    expect(undelivered(document)).toBe(1);
  });

  test("has all of it sent again at once, and the audit says so once", () => {
    const document = robsTicket();
    fails(document, "p1/m0", "p3/m0/f0", "p2/m0");
    Object.assign(document.troubles[2] ?? {}, { dead: false, attempts: 7 });
    const again = () => act(document, { do: "retry", delivery: "*" }, ann, "key", rules, start);
    expect(again()).toMatchObject({ done: true, changed: true });
    expect(again()).toMatchObject({ done: true, changed: false });
    expect(document.troubles).toMatchObject([
      { delivery: "p1/m0", dead: false, attempts: 1 },
      { delivery: "p3/m0/f0", dead: false, attempts: 1 },
      { delivery: "p2/m0", dead: false, attempts: 7 },
    ]);
    expect(document.audit).toMatchObject([
      { what: "retried", to: "p1/m0 p3/m0/f0", by: "agent of one:ann" },
    ]);
    expect(undelivered(document)).toBe(0);
  });
});
