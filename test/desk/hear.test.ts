import { describe, expect, test } from "vitest";
import { isMaking } from "../../src/desk/delivery.ts";
import { documentSchema, type TicketDocument } from "../../src/desk/document.ts";
import { forgetEnded } from "../../src/desk/ended.ts";
import { hear } from "../../src/desk/hear.ts";
import { nextIn } from "../../src/desk/next.ts";
import type { Result } from "../../src/desk/result.ts";
import { begin, settle } from "../../src/desk/settle.ts";
import { type RichText, typedText } from "../../src/desk/text.ts";
import { plainText } from "../../src/desk/text-plain.ts";
import { limits } from "../../src/tickets/limits.ts";
import {
  amy,
  ann,
  deletes,
  edits,
  entriesOf,
  explicit,
  lastOf,
  noticesOf,
  placeOf,
  rob,
  robsTicket,
  rules,
  says,
  start,
} from "./documents.ts";

const words = (text: RichText | null) => plainText(text ?? []);

describe("who may speak where", () => {
  test.each([
    ["the requester in their thread", "p1", rob, { heard: "accepted" }],
    ["an agent in an agents' thread", "p2", ann, { heard: "accepted" }],
    ["an agent of another platform", "p3", amy, { heard: "accepted" }],
    ["someone else in the requester's thread", "p1", ann, { refused: "NOT_THE_REQUESTER" }],
    ["who is no agent in an agents' thread", "p2", rob, { refused: "NOT_AN_AGENT" }],
  ])("%s", (_, place, by, heard) => {
    const document = robsTicket();
    expect(says(document, place, { by, text: "hello" })).toEqual({ ...heard, ticket: "ticket_1" });
    expect(entriesOf(document)).toHaveLength("heard" in heard ? 2 : 1);
  });

  test("nor may they edit there, what was said or what was not heard of", () => {
    const document = robsTicket();
    says(document, "p2", { text: "hello" });
    const by = { ...ann, isAgent: false };
    expect(edits(document, "p2", { by, text: "bye" })).toMatchObject({ refused: "NOT_AN_AGENT" });
    expect(edits(document, "p1", { by: amy, message: "x", text: "bye" })).toMatchObject({
      refused: "NOT_THE_REQUESTER",
    });
    expect(entriesOf(document)).toEqual(["It burns", "hello"]);
  });

  test("the requester's words from elsewhere are theirs, and go everywhere", () => {
    const document = robsTicket();
    const about = { platform: "one", thread: "dm", message: "m", files: [] };
    const event = { type: "message" as const, ...about, by: rob, text: typedText("hello") };
    expect(hear(document, event, null, rules, start)).toMatchObject({ heard: "accepted" });
    expect(lastOf(document).from?.place).toBeNull();
    const stranger = { ...event, message: "n", by: { ...rob, id: "one:eve" } };
    expect(hear(document, stranger, null, rules, start)).toMatchObject({
      refused: "NOT_THE_REQUESTER",
    });
  });

  test("agents are named by their id in the ticket service, requesters as they opened it", () => {
    const document = robsTicket();
    says(document, "p2", { text: "hello" });
    says(document, "p1", { message: "n", text: "thanks" });
    expect(document.ticket.threads.map(({ author, type }) => [author, type])).toEqual([
      ["one:rob", "user"],
      ["agent of one:ann", "agent"],
      ["one:rob", "user"],
    ]);
  });

  test.each([
    ["a closed ticket", "TICKET_CLOSED"],
    ["a full ticket", "TICKET_FULL"],
  ])("no one replies to %s, but agents may note", (what, refused) => {
    const document = robsTicket();
    const entry = document.ticket.threads[0];
    if (what === "a closed ticket") document.ticket.status = "closed";
    else if (entry) document.ticket.threads = Array.from({ length: limits.entries }, () => entry);
    expect(says(document, "p1", { text: "hello" })).toMatchObject({ refused });
    expect(says(document, "p2", { text: "hello" })).toMatchObject({ refused });
    expect(says(document, "p2", { text: "// hello" })).toMatchObject({ heard: "accepted" });
    expect(document.messages).toHaveLength(2);
  });
});

describe("what is said", () => {
  test("is one message, however often it is told", () => {
    const document = robsTicket();
    says(document, "p1", { text: "hello" });
    expect(says(document, "p1", { text: "hello" })).toMatchObject({ heard: "known" });
    expect(entriesOf(document)).toEqual(["It burns", "hello"]);
  });

  test("by an agent after // is a note, which is no entry", () => {
    const document = robsTicket();
    says(document, "p2", { text: "// he is rude" });
    expect(lastOf(document)).toMatchObject({ kind: "note", audience: "agents", entry: null });
    expect(words(lastOf(document).text)).toBe("he is rude");
    expect(entriesOf(document)).toEqual(["It burns"]);
  });

  test("by the requester after // is a reply like any other", () => {
    const document = robsTicket();
    says(document, "p1", { text: "// hello" });
    expect(entriesOf(document)).toEqual(["It burns", "// hello"]);
  });

  test.each([
    ["hello", "left-alone", ["It burns"]],
    [">> hello", "accepted", ["It burns", "hello"]],
    [">>", "left-alone", ["It burns"]],
    ["//", "left-alone", ["It burns"]],
  ])("by agents who have to say so: %s", (text, heard, entries) => {
    const document = robsTicket();
    expect(says(document, "p2", { text, rules: explicit })).toMatchObject({ heard });
    expect(entriesOf(document)).toEqual(entries);
  });

  test("becomes a reply when >> is put before it later", () => {
    const document = robsTicket();
    says(document, "p2", { text: "hello", rules: explicit });
    expect(edits(document, "p2", { text: ">> hello", rules: explicit })).toMatchObject({
      heard: "accepted",
    });
    expect(entriesOf(document)).toEqual(["It burns", "hello"]);
  });

  test.each(["", " ", "\n"])("is left alone when there is nothing to read in it: %j", (text) => {
    const document = robsTicket();
    expect(says(document, "p1", { text })).toMatchObject({ heard: "left-alone" });
    expect(documentSchema.safeParse(document).success).toBe(true);
  });
});

describe("an edit", () => {
  test("changes the entry, once however often it is told", () => {
    const document = robsTicket();
    says(document, "p2", { text: "hello" });
    expect(edits(document, "p2", { text: "hello you" })).toMatchObject({ heard: "accepted" });
    expect(edits(document, "p2", { text: "hello you" })).toMatchObject({ heard: "known" });
    expect(entriesOf(document)).toEqual(["It burns", "hello you"]);
    expect(document.audit.map(({ what, by }) => [what, by])).toEqual([
      ["status", "agent of one:ann"],
      ["edited", "agent of one:ann"],
    ]);
  });

  test("that comes before what it edits is what was said", () => {
    const document = robsTicket();
    edits(document, "p2", { text: "hello you" });
    expect(says(document, "p2", { text: "hello" })).toMatchObject({ heard: "known" });
    expect(entriesOf(document)).toEqual(["It burns", "hello you"]);
  });

  test("makes no reply of a note", () => {
    const document = robsTicket();
    says(document, "p2", { text: "// he is rude" });
    edits(document, "p2", { text: "he is rude" });
    const note = { kind: "note", audience: "agents", entry: null };
    expect(document.messages[1]).toMatchObject(note);
    expect(entriesOf(document)).toEqual(["It burns"]);
  });

  test("makes no reply of a note, in the end, also when it comes before the note", () => {
    const document = robsTicket();
    edits(document, "p2", { text: "he is rude" });
    says(document, "p2", { text: "// he is rude" });
    const note = { kind: "note", audience: "agents", entry: null };
    expect(document.messages[1]).toMatchObject(note);
    expect(entriesOf(document)).toEqual(["It burns", "(message deleted)"]);
    expect(says(document, "p2", { text: "// he is rude" })).toMatchObject({ heard: "known" });
  });

  test("that puts // before a reply takes it back: agents keep it, as a note", () => {
    const document = robsTicket();
    says(document, "p2", { text: "he is rude" });
    const { revision } = lastOf(document);
    edits(document, "p2", { text: "// he is rude" });
    expect(lastOf(document)).toMatchObject({ kind: "note", audience: "agents", entry: null });
    expect(lastOf(document).revision).toBeGreaterThan(revision);
    expect(entriesOf(document)).toEqual(["It burns", "(message deleted)"]);
  });

  const staysNote = (quoted: string) =>
    `“${quoted}” was edited; it stays a note, since a note never becomes a reply. Write it again to send it.`;

  test.each([
    ["was one from the start", "// he is rude"],
    ["was a reply that was taken back", "he is rude"],
  ])("that takes // off a note that %s is told to the agents, once", (_, first) => {
    const document = robsTicket();
    says(document, "p2", { text: first });
    if (!first.startsWith("//")) edits(document, "p2", { text: `// ${first}` });
    expect(noticesOf(document)).toEqual([]);
    expect(edits(document, "p2", { text: "he is rude" })).toMatchObject({ heard: "accepted" });
    expect(edits(document, "p2", { text: "he is rude" })).toMatchObject({ heard: "known" });
    edits(document, "p2", { text: "he is very rude" });
    expect(noticesOf(document)).toEqual([staysNote("he is rude")]);
    expect(lastOf(document)).toMatchObject({ kind: "notice", audience: "agents" });
    expect(document.messages[1]).toMatchObject({ kind: "note", audience: "agents" });
  });

  test("that takes // off a note is told also when it comes before the note", () => {
    const document = robsTicket();
    edits(document, "p2", { text: "he is rude" });
    says(document, "p2", { text: "// he is rude" });
    expect(noticesOf(document)).toEqual([staysNote("he is rude")]);
  });

  test.each([
    ["// he is kind", rules],
    ["// ", rules],
    [" ", rules],
    ["he is rude", explicit],
  ])("of a note to %j is told to no one", (text, own) => {
    const document = robsTicket();
    says(document, "p2", { text: "// he is rude", rules: own });
    edits(document, "p2", { text, rules: own });
    expect(noticesOf(document)).toEqual([]);
  });

  test("that leaves nothing leaves an entry that says so", () => {
    const document = robsTicket();
    says(document, "p2", { text: "hello" });
    edits(document, "p2", { text: " " });
    expect(entriesOf(document)).toEqual(["It burns", "(message deleted)"]);
    expect(lastOf(document).text).toEqual([]);
    expect(documentSchema.safeParse(document).success).toBe(true);
  });
});

describe("a deletion", () => {
  test("leaves an entry that says so, once however often it is told", () => {
    const document = robsTicket();
    says(document, "p1", { text: "my password" });
    expect(deletes(document, "p1")).toMatchObject({ heard: "accepted" });
    expect(deletes(document, "p1")).toMatchObject({ heard: "known" });
    expect(edits(document, "p1", { text: "my password!" })).toMatchObject({ heard: "known" });
    expect(entriesOf(document)).toEqual(["It burns", "(message deleted)"]);
    expect(JSON.stringify(document)).not.toContain("password");
  });

  test("that comes before the message keeps it from being taken in", () => {
    const document = robsTicket();
    expect(deletes(document, "p1")).toMatchObject({ heard: "accepted" });
    expect(deletes(document, "p1")).toMatchObject({ heard: "known" });
    expect(says(document, "p1", { text: "oops" })).toMatchObject({ heard: "known" });
    expect(edits(document, "p1", { text: "oops!" })).toMatchObject({ heard: "known" });
    expect(entriesOf(document)).toEqual(["It burns"]);
  });
});

describe("files", () => {
  const file = { file: "f1", name: "a.txt", sizeBytes: 3, type: "text/plain" };
  const hash = "a".repeat(64);

  function withFile() {
    const document = robsTicket();
    says(document, "p2", { text: "look", files: [file] });
    const message = document.messages.length - 1;
    const [offered] = lastOf(document).files;
    if (!offered) throw new Error("there is no file");
    const fetch = { do: "fetch", id: `m${message}/f0`, message, file: 0, offered } as const;
    settle(document, fetch, { sent: { hash } }, rules, start);
    return document;
  }

  test("are named in the entry, and listed once they are kept", () => {
    const document = withFile();
    expect(entriesOf(document)).toEqual(["It burns", "look\n[attachment: a.txt]"]);
    expect(document.ticket.attachments).toMatchObject([{ filename: "a.txt", size: 3 }]);
  });

  test.each([
    ["an edit that takes it off", ["It burns", "look"]],
    ["a deletion", ["It burns", "(message deleted)"]],
  ])("are listed no longer after %s", (what, entries) => {
    const document = withFile();
    if (what === "a deletion") deletes(document, "p2");
    else edits(document, "p2", { text: "look" });
    expect(lastOf(document).files).toMatchObject([{ state: "removed" }]);
    expect(document.ticket.attachments).toEqual([]);
    expect(entriesOf(document)).toEqual(entries);
  });

  test("of a reply that was taken back are listed no longer", () => {
    const document = withFile();
    edits(document, "p2", { text: "// look", files: [file] });
    expect(document.ticket.attachments).toEqual([]);
  });

  test("of a note are not listed", () => {
    const document = robsTicket();
    says(document, "p2", { text: "// look", files: [file] });
    const [offered] = lastOf(document).files;
    if (!offered) throw new Error("there is no file");
    const fetch = { do: "fetch", id: "m1/f0", message: 1, file: 0, offered } as const;
    settle(document, fetch, { sent: { hash } }, rules, start);
    expect(document.ticket.attachments).toEqual([]);
  });

  test("that were taken off, and are there after all, are posted, and listed, again", () => {
    const document = withFile();
    edits(document, "p2", { text: "look" });
    expect(document.ticket.attachments).toEqual([]);
    edits(document, "p2", { text: "look", files: [file] });
    const [before, again] = lastOf(document).files;
    expect(before).toMatchObject({ state: "removed" });
    if (!again) throw new Error("it is not there");
    const fetch = { do: "fetch", id: "m1/f1", message: 1, file: 1, offered: again } as const;
    settle(document, fetch, { sent: { hash } }, rules, start);
    expect(lastOf(document).files[1]).toMatchObject({ state: "kept" });
    expect(document.ticket.attachments).toHaveLength(1);
    edits(document, "p2", { text: "look there", files: [file] });
    expect(document.ticket.attachments).toHaveLength(1);
  });

  test("without words are a message", () => {
    const document = robsTicket();
    expect(says(document, "p1", { files: [file] })).toMatchObject({ heard: "accepted" });
    expect(entriesOf(document)).toEqual(["It burns", "[attachment: a.txt]"]);
    expect(placeOf(document, "p1").id).toBe(lastOf(document).from?.place);
  });
});

test("where replies have to be said to be one, an edit that no longer says so takes it back", () => {
  const document = robsTicket();
  says(document, "p2", { text: ">> It is wet", rules: explicit });
  expect(entriesOf(document)).toEqual(["It burns", "It is wet"]);
  edits(document, "p2", { text: "for us: he is annoying", rules: explicit });
  expect(entriesOf(document)).toEqual(["It burns", "(message deleted)"]);
  expect(lastOf(document)).toMatchObject({ kind: "note", audience: "agents" });
});

test.each([
  ["deleted", (document: TicketDocument) => deletes(document, "p2")],
  ["made a note", (document: TicketDocument) => edits(document, "p2", { text: "// It is wet" })],
])("what never arrived and is %s has not failed: no one is offered to try again", (_, takeBack) => {
  const document = robsTicket();
  says(document, "p2", { text: "It is wet" });
  ends(document, "p1", { sent: { message: "burns" } });
  ends(document, "p1", { failed: { outcome: "dead", reason: "it is archived" } });
  expect(noticesOf(document)).toEqual([
    "“It is wet” could not be posted in the requester's thread: it is archived.",
  ]);
  takeBack(document);
  forgetEnded(document, rules);
  expect(noticesOf(document)).toEqual(["What could not be delivered at first was taken back."]);
  expect(document.messages.filter(({ retry }) => retry !== null)).toEqual([]);
});

/** What comes next in a place ends so. */
function ends(document: TicketDocument, place: string, result: Result): void {
  const next = nextIn(document, place, rules, start);
  if (!next || !("delivery" in next) || !isMaking(next.delivery))
    throw new Error("nothing is owed");
  begin(document, next.delivery);
  settle(document, next.delivery, result, rules, start);
}
