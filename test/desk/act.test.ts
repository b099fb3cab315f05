import { describe, expect, test } from "vitest";
import { act } from "../../src/desk/act.ts";
import type { Action } from "../../src/desk/chat.ts";
import type { TicketDocument } from "../../src/desk/document.ts";
import { plainText } from "../../src/desk/text-plain.ts";
import { transitions } from "../../src/tickets/lifecycle.ts";
import { statuses } from "../../src/tickets/ticket.ts";
import {
  amy,
  ann,
  entriesOf,
  lastOf,
  noticesOf,
  rob,
  robsTicket,
  rules,
  says,
  start,
} from "./documents.ts";

const does = (document: TicketDocument, action: Action, by = ann, key = "key") =>
  act(document, action, by, key, rules, start);

const done = (changed: boolean) => ({ done: true, changed, reference: "T-000001" });

describe("who is no agent", () => {
  test.each<Action>([
    { do: "claim" },
    { do: "resolve", resolution: "done" },
    { do: "note", text: "x" },
    { do: "retry", delivery: "p1/m0" },
  ])("may not $do", (action) => {
    const document = robsTicket();
    const before = structuredClone(document);
    expect(does(document, action, rob)).toEqual({ refused: "NOT_AN_AGENT" });
    expect(document).toEqual(before);
  });
});

describe("a ticket", () => {
  test("is claimed by who is first, who may let it go again", () => {
    const document = robsTicket();
    expect(does(document, { do: "claim" })).toEqual(done(true));
    expect(does(document, { do: "claim" })).toEqual(done(false));
    expect(does(document, { do: "claim" }, amy)).toEqual({ claimedBy: "Ann" });
    expect(document.assignee).toMatchObject({ id: "agent of one:ann", name: "Ann" });
    expect(document.ticket.assignedTo).toBe("agent of one:ann");
    expect(does(document, { do: "release" }, amy)).toEqual(done(true));
    expect(document.assignee).toBeNull();
    expect(does(document, { do: "claim" }, amy)).toEqual(done(true));
    expect(document.audit.map(({ by, what, to }) => [by, what, to])).toEqual([
      ["agent of one:ann", "assignedTo", "agent of one:ann"],
      ["agent of two:amy", "assignedTo", null],
      ["agent of two:amy", "assignedTo", "agent of two:amy"],
    ]);
  });

  test("is resolved, which its requester is told, and reopened", () => {
    const document = robsTicket();
    expect(does(document, { do: "resolve", resolution: "new cable" })).toEqual(done(true));
    expect(document.ticket).toMatchObject({ status: "resolved", resolution: "new cable" });
    expect(does(document, { do: "reopen" })).toEqual(done(true));
    expect(document.ticket).toMatchObject({ status: "open", resolvedAt: null });
    expect(noticesOf(document)).toEqual([
      "Ann resolved this ticket: new cable\nA reply from the requester reopens it.",
      "Ann reopened this ticket.",
    ]);
    expect(document.messages.slice(1).map(({ audience }) => audience)).toEqual([
      ...["everyone", "everyone"],
    ]);
  });

  test("is reopened when its requester writes", () => {
    const document = robsTicket();
    does(document, { do: "resolve", resolution: "new cable" });
    says(document, "p1", { text: "it burns again" });
    expect(document.ticket.status).toBe("open");
  });

  test("changes its priority", () => {
    const document = robsTicket();
    expect(does(document, { do: "priority", priority: "urgent" })).toEqual(done(true));
    expect(does(document, { do: "priority", priority: "urgent" })).toEqual(done(false));
    expect(document.ticket.priority).toBe("urgent");
  });

  const moves = statuses.flatMap((from) => statuses.map((to) => ({ from, to })));

  test.each(moves)(
    "moves from $from to $to as far as the table of statuses says",
    ({ from, to }) => {
      const document = robsTicket();
      document.ticket.resolution = "done";
      document.ticket.status = from;
      const isAllowed = from === to || transitions[from].includes(to);
      const did = does(document, { do: "status", status: to });
      expect(did).toEqual(isAllowed ? done(from !== to) : { refused: "INVALID_TRANSITION" });
      expect(document.ticket.status).toBe(isAllowed ? to : from);
    },
  );

  test("is not resolved without a word on how", () => {
    const document = robsTicket();
    const did = does(document, { do: "status", status: "resolved" });
    expect(did).toEqual({ refused: "RESOLUTION_REQUIRED" });
  });
});

describe("from a form", () => {
  test("a reply is written once, however often the form is submitted", () => {
    const document = robsTicket();
    expect(does(document, { do: "reply", text: "hello" })).toEqual(done(true));
    expect(does(document, { do: "reply", text: "hello" })).toEqual(done(false));
    expect(does(document, { do: "reply", text: "hello" }, ann, "other")).toEqual(done(true));
    expect(entriesOf(document)).toEqual(["It burns", "hello", "hello"]);
  });

  test("a note is written once, for agents only, and says what was typed, // and all", () => {
    const document = robsTicket();
    expect(does(document, { do: "note", text: "// hello" })).toEqual(done(true));
    expect(does(document, { do: "note", text: "// hello" })).toEqual(done(false));
    expect(lastOf(document)).toMatchObject({ kind: "note", audience: "agents", entry: null });
    expect(plainText(lastOf(document).text ?? [])).toBe("// hello");
    expect(document.messages).toHaveLength(2);
  });

  test("a reply to a closed ticket is refused", () => {
    const document = robsTicket();
    document.ticket.status = "closed";
    expect(does(document, { do: "reply", text: "hello" })).toEqual({ refused: "TICKET_CLOSED" });
    expect(does(document, { do: "note", text: "hello" })).toEqual(done(true));
  });
});

describe("trying again", () => {
  const trouble = {
    ...{ delivery: "p1/m0", since: "2025-01-01T00:00:00Z", attempts: 9 },
    ...{ dueAt: "2025-01-01T00:00:00Z", reason: "archived" },
  };

  test("gives what was given up as long as it had at first, at once", () => {
    const document = robsTicket();
    document.troubles = [{ ...trouble, dead: true }];
    expect(does(document, { do: "retry", delivery: "p1/m0" })).toEqual(done(true));
    const at = new Date(start).toISOString();
    expect(document.troubles).toMatchObject([{ dead: false, since: at, dueAt: at }]);
    expect(does(document, { do: "retry", delivery: "p1/m0" })).toEqual(done(false));
  });

  test("changes nothing about what is being tried, or was delivered", () => {
    const document = robsTicket();
    document.troubles = [{ ...trouble, dead: false }];
    expect(does(document, { do: "retry", delivery: "p1/m0" })).toEqual(done(false));
    expect(does(document, { do: "retry", delivery: "p9/m9" })).toEqual(done(false));
    expect(document.troubles).toEqual([{ ...trouble, dead: false }]);
  });
});
