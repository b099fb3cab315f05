import { describe, expect, test } from "vitest";
import { cardFor, digestOf } from "../../src/desk/card.ts";
import { type Delivery, platformOf } from "../../src/desk/delivery.ts";
import type { Copy, TicketDocument, Trouble } from "../../src/desk/document.ts";
import { nextIn } from "../../src/desk/next.ts";
import { owes } from "../../src/desk/owes.ts";
import { settle } from "../../src/desk/settle.ts";
import { plainText } from "../../src/desk/text-plain.ts";
import { deletes, edits, lastOf, placeOf, robsTicket, rules, says, start } from "./documents.ts";

/** What comes next for a place, in a few words. */
function next(document: TicketDocument, lane: string, now = start) {
  const found = nextIn(document, lane, rules, now);
  if (!found) return "nothing";
  if ("waitUntil" in found) return `wait ${found.waitUntil - start}`;
  const { delivery } = found;
  const text = "text" in delivery ? [plainText(delivery.text).trim()] : [];
  const of = "of" in delivery ? [delivery.of] : [];
  return [delivery.do, ...of, ...text].join(" ");
}

const trouble = (delivery: string, given: Partial<Trouble> = {}): Trouble => ({
  ...{ delivery, since: new Date(start).toISOString(), attempts: 1, dead: false, reason: "no" },
  dueAt: new Date(start + 5_000).toISOString(),
  ...given,
});

const copy = (place: string, ...messages: string[]): Copy => ({
  ...{ place, files: [], done: true },
  parts: messages.map((message) => ({ message, revision: 1 })),
});

/** Rob's ticket, with its description and cards wherever they are meant to be. */
function settled(): TicketDocument {
  const document = robsTicket();
  document.messages[0]?.copies.push(...["p1", "p2", "p3"].map((id) => copy(id, `${id}/burns`)));
  for (const place of document.places) place.shown = digestOf(cardFor(document, place.side, rules));
  return document;
}

describe("what a place is owed next", () => {
  test("is its thread, and nothing before it", () => {
    const document = robsTicket({ open: false });
    expect(next(document, "p1")).toBe("open");
    document.troubles = [trouble("p1/open")];
    expect(next(document, "p1")).toBe("wait 5000");
    document.troubles = [trouble("p1/open", { dead: true })];
    expect(next(document, "p1")).toBe("nothing");
  });

  test("is nothing when all is there", () => {
    const document = settled();
    for (const lane of ["p1", "p2", "p3", "marks", "files", "p9"])
      expect(next(document, lane)).toBe("nothing");
    expect(owes(document, rules)).toBe(false);
  });

  test("is the first message that is not there, then the card", () => {
    const document = settled();
    says(document, "p1", { message: "a", text: "first" });
    says(document, "p1", { message: "b", text: "second" });
    expect(next(document, "p1")).toBe("nothing");
    expect(next(document, "p2")).toBe("post first");
    document.messages[1]?.copies.push(copy("p2", "x"));
    expect(next(document, "p2")).toBe("post second");
    document.messages[2]?.copies.push(copy("p2", "y"));
    document.ticket.priority = "urgent";
    expect(next(document, "p2")).toBe("card card-p2");
  });

  test("waits for a message that is tried again, and goes on past one that was given up", () => {
    const document = settled();
    says(document, "p1", { message: "a", text: "first" });
    says(document, "p1", { message: "b", text: "second" });
    document.troubles = [trouble("p2/m1")];
    expect(next(document, "p2")).toBe("wait 5000");
    expect(next(document, "p2", start + 5_000)).toBe("post first");
    expect(next(document, "p3")).toBe("post first");
    document.troubles = [trouble("p2/m1", { dead: true })];
    expect(next(document, "p2")).toBe("post second");
  });

  test.each([
    ["p1", "nothing"],
    ["p2", "nothing"],
    ["p3", "post he is rude"],
  ])("of a note of an agent in p2, in %s: %s", (place, owed) => {
    const document = settled();
    says(document, "p2", { text: "// he is rude" });
    expect(next(document, place)).toBe(owed);
  });

  test("of a split message that was edited: what is there is edited, what is missing is posted, what is too much is removed", () => {
    const document = settled();
    says(document, "p1", { text: "the first and the second" });
    expect(next(document, "p2")).toBe("post the first");
    const there = { ...copy("p2", "x", "y"), done: true };
    document.messages[1]?.copies.push(there);
    edits(document, "p1", { text: "one another and then some more" });
    expect(next(document, "p2")).toBe("edit x one another");
    there.parts = ["x", "y"].map((message) => ({ message, revision: 2 }));
    expect(next(document, "p2")).toBe("post some more");
    edits(document, "p1", { text: "short" });
    expect(next(document, "p2")).toBe("edit x short");
    there.parts = ["x", "y"].map((message) => ({ message, revision: 3 }));
    expect(next(document, "p2")).toBe("remove y");
    there.parts.pop();
    expect(next(document, "p2")).toBe("done");
  });

  test("of a message that was deleted, or taken back, is that it is removed", () => {
    const document = settled();
    says(document, "p2", { message: "a", text: "first" });
    says(document, "p2", { message: "b", text: "second" });
    document.messages[1]?.copies.push(copy("p1", "x"));
    document.messages[2]?.copies.push(copy("p1", "y"), copy("p3", "z"));
    deletes(document, "p2", "a");
    edits(document, "p2", { message: "b", text: "// second" });
    expect(next(document, "p1")).toBe("remove x");
    document.messages[1]?.copies.pop();
    expect(next(document, "p1")).toBe("remove y");
    expect(next(document, "p3")).toBe("edit z second");
    expect(owes(document, rules)).toBe(true);
  });

  test.each([
    ["is still wanted", () => undefined],
    ["was deleted", (document: TicketDocument) => deletes(document, "p2")],
    ["became a note", (document: TicketDocument) => edits(document, "p2", { text: "// first" })],
    ["needs fewer messages", (document: TicketDocument) => edits(document, "p2", { text: "x" })],
  ])("is to find what may have been made of a message, also when it %s", (_, change) => {
    const document = settled();
    says(document, "p2", { text: "first" });
    const begun = { makes: "text", place: "p1", key: "k", message: 1, revision: 1 } as const;
    document.underway.push(begun);
    change(document);
    expect(next(document, "p1")).toBe("find");
    expect(owes(document, rules)).toBe(true);
  });

  test("goes on past a file that makes trouble, and comes back to it; not past a text", () => {
    const document = settled();
    const file = { file: "f", name: "a.txt", sizeBytes: 1, type: "text/plain" };
    says(document, "p1", { message: "a", text: "first", files: [file] });
    says(document, "p1", { message: "b", text: "second" });
    Object.assign(document.messages[1]?.files[0] ?? {}, { state: "kept", hash: "h" });
    document.troubles = [trouble("p2/m1")];
    expect(next(document, "p2")).toBe("wait 5000");
    document.messages[1]?.copies.push({ ...copy("p2", "x"), done: false });
    document.troubles = [trouble("p2/m1/f0")];
    expect(next(document, "p2")).toBe("post second");
    document.messages[2]?.copies.push(copy("p2", "y"));
    expect(next(document, "p2")).toBe("wait 5000");
    expect(next(document, "p2", start + 5_000)).toBe("file");
  });

  test("waits for a file that is being fetched, but not for one that makes trouble", () => {
    const document = settled();
    const file = { file: "f", name: "a.txt", sizeBytes: 1, type: "text/plain" };
    says(document, "p1", { message: "a", files: [file] });
    says(document, "p1", { message: "b", text: "second" });
    expect(next(document, "files")).toBe("fetch");
    expect(next(document, "p2")).toBe("nothing");
    document.troubles = [trouble("m1/f0")];
    expect(next(document, "p2")).toBe("post second");
  });
});

describe("an agent sees how a reply fares:", () => {
  test.each([
    ["nothing yet, when it is just on its way", [], false, "nothing"],
    ["that it is on its way, when it is tried again", [trouble("p1/m1")], false, "mark m sending"],
    ["that it failed", [trouble("p1/m1", { dead: true })], false, "mark m failed"],
    ["that it cannot arrive at all", [trouble("p1/open", { dead: true })], false, "mark m failed"],
    ["that it arrived", [], true, "mark m delivered"],
  ])("%s", (_, troubles, isThere, mark) => {
    const document = settled();
    says(document, "p2", { text: "hello" });
    document.troubles = troubles;
    if (isThere) document.messages[1]?.copies.push(copy("p1", "x"), copy("p3", "y"));
    const found = nextIn(document, "marks", rules, start);
    const shown = found && "delivery" in found && found.delivery.do === "mark" && found.delivery;
    expect(shown ? `mark ${shown.of} ${shown.mark}` : "nothing").toBe(mark);
  });

  test("that it is on its way, at once, when the requester's platform is down", () => {
    const document = settled();
    says(document, "p3", { text: "hello" });
    const isDown = (platform: string) => platform === "one";
    const found = nextIn(document, "marks", { ...rules, isDown }, start);
    expect(found).toMatchObject({ delivery: { platform: "two", mark: "sending" } });
  });

  test("wherever it can be shown, before where it cannot, as the platform is down", () => {
    const document = settled();
    says(document, "p2", { message: "a", text: "hello" });
    says(document, "p3", { message: "b", text: "hello" });
    for (const { copies } of document.messages.slice(1))
      copies.push(...["p1", "p2", "p3"].map((place) => copy(place)));
    const isDown = (platform: string) => platform === "one";
    const found = () => nextIn(document, "marks", { ...rules, isDown }, start);
    expect(found()).toMatchObject({ delivery: { platform: "two", of: "b" } });
    lastOf(document).marked = "delivered";
    expect(found()).toMatchObject({ delivery: { platform: "one", of: "a" } });
  });

  test("in turn, where several could not be shown before: what failed longest ago comes first", () => {
    const document = settled();
    says(document, "p2", { message: "a", text: "hello" });
    says(document, "p2", { message: "b", text: "hello" });
    for (const { copies } of document.messages.slice(1))
      copies.push(...["p1", "p2", "p3"].map((place) => copy(place)));
    const failedUntil = (ms: number) => new Date(start - ms).toISOString();
    const found = () => nextIn(document, "marks", rules, start);
    document.troubles = [trouble("m1/mark", { dueAt: failedUntil(1_000) })];
    expect(found()).toMatchObject({ delivery: { of: "b" } });
    document.troubles.push(trouble("m2/mark", { dueAt: failedUntil(500) }));
    expect(found()).toMatchObject({ delivery: { of: "a" } });
    document.troubles = [
      trouble("m1/mark", { dueAt: failedUntil(500) }),
      trouble("m2/mark", { dueAt: failedUntil(1_000) }),
    ];
    expect(found()).toMatchObject({ delivery: { of: "b" } });
  });

  test("wherever it can be shown, also while another platform is off", () => {
    const document = settled();
    says(document, "p2", { message: "a", text: "hello" });
    says(document, "p3", { message: "b", text: "hello" });
    for (const { copies } of document.messages.slice(1))
      copies.push(...["p1", "p2", "p3"].map((place) => copy(place)));
    const carries = (delivery: Delivery) => platformOf(delivery) === "two";
    const found = () => nextIn(document, "marks", { ...rules, carries }, start);
    expect(found()).toMatchObject({ delivery: { platform: "two", of: "b" } });
    lastOf(document).marked = "delivered";
    expect(found()).toBeUndefined();
    expect(owes(document, rules)).toBe(true);
  });

  test.each([
    ["is left as it is, when it was said since the start", start - 1, []],
    ["loses the marks that an earlier process may have set", start + 1, ["sending", "failed"]],
  ])("what arrived %s", (_, startedAt, others) => {
    const document = settled();
    says(document, "p2", { text: "hello" });
    document.messages[1]?.copies.push(copy("p1", "x"), copy("p3", "y"));
    const found = nextIn(document, "marks", { ...rules, startedAt }, start);
    expect(found).toMatchObject({ delivery: { do: "mark", mark: "delivered", others } });
  });

  test("once more, as another mark may have been set meanwhile, which no one heard of", () => {
    const document = settled();
    says(document, "p2", { text: "hello" });
    const said = lastOf(document);
    said.copies.push(copy("p1", "x"), copy("p3", "y"));
    said.marked = "delivered";
    expect(next(document, "marks")).toBe("nothing");
    const about = { id: "m1/mark", platform: "one", message: 1, of: "m" };
    const delivery = { do: "mark", ...about, mark: "sending", others: [] } as const;
    settle(document, delivery, { failed: { outcome: "uncertain", reason: "?" } }, rules, start);
    expect(owes(document, rules)).toBe(true);
    expect(nextIn(document, "marks", rules, start + 60_000)).toMatchObject({
      delivery: { mark: "delivered", others: ["sending", "failed"] },
    });
  });

  test.each(["// a note", "deleted"])("not of %s", (text) => {
    const document = settled();
    says(document, "p2", { text });
    if (text === "deleted") deletes(document, "p2");
    for (const message of document.messages)
      message.copies = ["p1", "p2", "p3"].map((id) => copy(id));
    expect(next(document, "marks")).toBe("nothing");
  });

  test.each(["delivered", null] as const)(
    "no longer once it is taken back, also when %s was all that was known to be shown",
    (marked) => {
      const document = settled();
      says(document, "p2", { text: "hello" });
      const said = lastOf(document);
      said.copies.push(copy("p1", "x"), copy("p3", "y"));
      said.marked = marked;
      edits(document, "p2", { text: "// hello" });
      edits(document, "p2", { text: "hello again" });
      const found = nextIn(document, "marks", rules, start);
      expect(found).toMatchObject({ delivery: { do: "mark", of: "m", mark: null } });
      expect(owes(document, rules)).toBe(true);
      said.marked = null;
      expect(next(document, "marks")).toBe("nothing");
    },
  );

  test("not the requester of theirs", () => {
    const document = settled();
    says(document, "p1", { text: "hello" });
    document.messages[1]?.copies.push(copy("p2", "x"), copy("p3", "y"));
    expect(next(document, "marks")).toBe("nothing");
    expect(placeOf(document, "p1").side).toBe("requester");
  });
});
