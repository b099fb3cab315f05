import { describe, expect, test } from "vitest";
import { readDocument, type TicketDocument } from "../../src/desk/document.ts";
import { robsTicket, says, start } from "./documents.ts";

const trouble = { since: new Date(start).toISOString(), attempts: 3, dead: true, reason: "no" };
const file = (name: string) => ({ file: name, name, sizeBytes: 1, type: "text/plain" });

/** As the version before kept it: what of a message had failed in a place had one name. */
function older(text: string, change: (document: TicketDocument) => void): object {
  const document = robsTicket();
  says(document, "p2", { text, files: [file("a"), file("b")] });
  for (const each of document.messages[1]?.files ?? []) each.state = "kept";
  document.troubles = [{ ...trouble, delivery: "p1/m1", dueAt: trouble.since }];
  change(document);
  const places = document.places.map(({ readTo: _, ...place }) => place);
  return { ...document, schema: 2, places };
}

const copy = { place: "p1", parts: [{ message: "x", revision: 1 }], done: false };

const troublesOf = (stored: object) =>
  readDocument(stored).troubles.map(({ delivery }) => delivery);

describe("what had failed of a message, before its files had names of their own,", () => {
  test("was its first file that is not there, when its text is", () => {
    const stored = older("look", ({ messages }) => {
      const posted = [{ file: 0, message: "y" }];
      messages[1]?.copies.push({ ...copy, files: posted });
    });
    expect(troublesOf(stored)).toEqual(["p1/m1/f1"]);
  });

  test("was its first file, when it has no text: and the word on it offers to try that again", () => {
    const stored = older("", ({ messages }) => {
      if (messages[0]) messages[0].retry = "p1/m1";
    });
    const { messages, troubles } = readDocument(stored);
    expect([messages[0]?.retry, troubles[0]?.delivery]).toEqual(["p1/m1/f0", "p1/m1/f0"]);
  });

  test.each([
    ["is not there", () => undefined],
    [
      "is another by now",
      ({ messages }: TicketDocument) => {
        const [, message] = messages;
        message?.copies.push({ ...copy, files: [] });
        if (message) message.revision = 2;
      },
    ],
  ])("was its text, when that %s", (_, change) => {
    expect(troublesOf(older("look", change))).toEqual(["p1/m1"]);
  });
});
