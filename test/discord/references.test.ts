import { describe, expect, test } from "vitest";
import { failureOf } from "../../adapters/discord/errors.ts";
import {
  readMessageReference,
  readThread,
  readWhere,
  type ThreadAddress,
  type Where,
  writeMessageReference,
  writeThread,
  writeWhere,
} from "../../adapters/discord/references.ts";

describe("a reference is read as what it was written for:", () => {
  test.each<ThreadAddress>([
    { kind: "thread", channel: "1001" },
    { kind: "direct", channel: "1001", root: "2002" },
  ])("the thread %j", (thread) => {
    expect(readThread(writeThread(thread))).toEqual(thread);
  });

  test.each<Where>([
    { kind: "channel", channel: "1001" },
    { kind: "private", channel: "1001", user: "3003" },
    { kind: "direct", user: "3003" },
  ])("the place %j", (where) => {
    expect(readWhere(writeWhere(where))).toEqual(where);
  });

  test("a message", () => {
    const message = { channel: "1001", message: "2002" };
    expect(readMessageReference(writeMessageReference(message))).toEqual(message);
  });
});

test.each([
  ["readThread", () => readThread("1001/2002/3003")],
  ["readThread", () => readThread("")],
  ["readWhere", () => readWhere("@rob")],
  ["readWhere", () => readWhere("C0TRIAGE1")],
  ["readMessageReference", () => readMessageReference("1001")],
  ["readMessageReference", () => readMessageReference("1001/../2002")],
])("what was not written here is refused for good by %s", (_, read) => {
  let thrown: unknown;
  try {
    read();
  } catch (error) {
    thrown = error;
  }
  expect(failureOf(thrown)).toEqual({
    outcome: "dead",
    reason: "it is not known where in Discord it belongs",
  });
});
