import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Actor, changeTicket, openTicket, replyToTicket } from "../../src/tickets/changes.ts";
import type { Refusal } from "../../src/tickets/errors.ts";
import { transitions } from "../../src/tickets/lifecycle.ts";
import { statuses, type Ticket, ticketSchema } from "../../src/tickets/ticket.ts";
import { actors, changes, newTickets, replies } from "./tickets.ts";

type Operation = (ticket: Ticket, now: number) => Ticket | Refusal;

const operations: fc.Arbitrary<Operation> = fc.oneof(
  fc.tuple(changes, actors).map(
    ([change, actor]) =>
      (ticket: Ticket, now: number) =>
        changeTicket(ticket, change, actor, now),
  ),
  fc.tuple(replies, actors).map(
    ([reply, actor]) =>
      (ticket: Ticket, now: number) =>
        replyToTicket(ticket, reply, actor, now),
  ),
);

/** Clocks that jump, also backwards. */
const clocks = fc.integer({ min: 0, max: 4_000_000_000_000 });

const histories = fc.record({
  given: newTickets,
  actor: actors,
  start: clocks,
  steps: fc.array(fc.tuple(operations, clocks), { maxLength: 25 }),
});

/** Every state a ticket went through, refusals left out. */
function replay({
  given,
  actor,
  start,
  steps,
}: {
  given: Parameters<typeof openTicket>[1];
  actor: Actor;
  start: number;
  steps: [Operation, number][];
}): [Ticket, ...Ticket[]] {
  let ticket = openTicket("ticket_1", given, actor, start);
  const states: [Ticket, ...Ticket[]] = [ticket];
  for (const [operation, now] of steps) {
    const outcome = operation(ticket, now);
    if ("refused" in outcome) continue;
    ticket = outcome;
    states.push(ticket);
  }
  return states;
}

const pairs = (states: Ticket[]) =>
  states.slice(1).map((after, index) => [states[index] as Ticket, after] as const);

describe("whatever is done to a ticket", () => {
  test("leaves one that its own schema takes", () => {
    fc.assert(
      fc.property(histories, (history) => {
        for (const ticket of replay(history)) expect(ticketSchema.parse(ticket)).toEqual(ticket);
      }),
    );
  });

  test("resolvedAt is set exactly while resolved, or closed after being resolved", () => {
    fc.assert(
      fc.property(histories, (history) => {
        let resolved = false;
        for (const ticket of replay(history)) {
          if (ticket.status !== "closed") resolved = ticket.status === "resolved";
          expect(ticket.resolvedAt !== null).toBe(resolved);
        }
      }),
    );
  });

  test("times never run backwards, and an entry once written stays", () => {
    fc.assert(
      fc.property(histories, (history) => {
        for (const [before, after] of pairs(replay(history))) {
          expect(Date.parse(after.updatedAt)).toBeGreaterThanOrEqual(Date.parse(before.updatedAt));
          expect(after.createdAt).toBe(before.createdAt);
          expect(after.threads.slice(0, before.threads.length)).toEqual(before.threads);
        }
      }),
    );
  });

  test("moves its status only along the table, and never out of closed", () => {
    fc.assert(
      fc.property(histories, (history) => {
        for (const [before, after] of pairs(replay(history))) {
          if (before.status === after.status) continue;
          expect(transitions[before.status]).toContain(after.status);
        }
      }),
    );
  });

  test("a client never changes what is the agents' to change", () => {
    fc.assert(
      fc.property(histories, changes, clocks, (history, change, now) => {
        const ticket = replay(history).at(-1) as Ticket;
        const outcome = changeTicket(ticket, change, { role: "client", id: "c" }, now);
        if ("refused" in outcome) return;
        const { priority, category, assignedTo, resolution } = ticket;
        expect(outcome).toMatchObject({ priority, category, assignedTo, resolution });
      }),
    );
  });
});

const agent: Actor = { role: "agent", id: "agent_1" };
const mirror: Actor = { role: "agent", id: "mirror_1", mirrors: true };
const client: Actor = { role: "client", id: "client_1" };
const given = {
  title: "T",
  description: "D",
  priority: "low",
  category: "general",
  attachments: [],
  tags: [],
} as const;
const ticketIn = (status: Ticket["status"]): Ticket => ({
  ...openTicket("ticket_1", { ...given, attachments: [], tags: [] }, client, 0),
  status,
  ...(status === "resolved" ? { resolution: "Done", resolvedAt: new Date(0).toISOString() } : {}),
});
const code = (outcome: Ticket | Refusal) =>
  "refused" in outcome ? outcome.refused : outcome.status;

describe("the status machine", () => {
  const table = {
    open: {
      open: "open",
      pending: "pending",
      in_progress: "in_progress",
      resolved: "resolved",
      closed: "closed",
    },
    in_progress: {
      open: "INVALID_TRANSITION",
      pending: "pending",
      in_progress: "in_progress",
      resolved: "resolved",
      closed: "closed",
    },
    pending: {
      open: "INVALID_TRANSITION",
      pending: "pending",
      in_progress: "in_progress",
      resolved: "resolved",
      closed: "closed",
    },
    resolved: {
      open: "open",
      pending: "INVALID_TRANSITION",
      in_progress: "INVALID_TRANSITION",
      resolved: "resolved",
      closed: "closed",
    },
    closed: {
      open: "INVALID_TRANSITION",
      pending: "INVALID_TRANSITION",
      in_progress: "INVALID_TRANSITION",
      resolved: "INVALID_TRANSITION",
      closed: "closed",
    },
  } as const;
  const moves = statuses.flatMap((from) =>
    statuses.map((to) => [from, to, table[from][to]] as const),
  );

  test.each(moves)("an agent moves %s to %s: %s", (from, to, expected) => {
    expect(code(changeTicket(ticketIn(from), { status: to, resolution: "R" }, agent, 1))).toBe(
      expected,
    );
  });

  test.each([
    ["open", "closed", "closed"],
    ["resolved", "open", "open"],
    ["resolved", "closed", "closed"],
    ["pending", "in_progress", "FORBIDDEN"],
    ["open", "resolved", "FORBIDDEN"],
    ["in_progress", "open", "FORBIDDEN"],
    ["closed", "open", "INVALID_TRANSITION"],
    ["pending", "pending", "pending"],
  ] as const)("a client moves %s to %s: %s", (from, to, expected) => {
    expect(code(changeTicket(ticketIn(from), { status: to }, client, 1))).toBe(expected);
  });

  test("resolving asks for a resolution, given with it or before", () => {
    const ticket = ticketIn("open");
    expect(changeTicket(ticket, { status: "resolved" }, agent, 1)).toEqual({
      refused: "RESOLUTION_REQUIRED",
    });
    const noted = changeTicket(ticket, { resolution: "Rotated the key" }, agent, 1) as Ticket;
    expect(changeTicket(noted, { status: "resolved" }, agent, 2)).toMatchObject({
      status: "resolved",
      resolution: "Rotated the key",
      resolvedAt: new Date(2).toISOString(),
    });
  });

  test.each([
    ["open", agent, "in_progress"],
    ["open", client, "open"],
    ["pending", client, "in_progress"],
    ["pending", agent, "pending"],
    ["resolved", client, "open"],
    ["resolved", agent, "resolved"],
    ["closed", client, "TICKET_CLOSED"],
    ["closed", agent, "TICKET_CLOSED"],
  ] as const)("a reply on %s by %o leaves it %s", (from, actor, expected) => {
    expect(code(replyToTicket(ticketIn(from), { message: "m" }, actor, 1))).toBe(expected);
  });

  test.each([
    [client, "agent", "FORBIDDEN"],
    [client, "system", "FORBIDDEN"],
    [client, "user", "open"],
    [agent, "user", "FORBIDDEN"],
    [agent, "system", "open"],
    [agent, "agent", "in_progress"],
    [mirror, "user", "open"],
    [mirror, "system", "open"],
    [mirror, "agent", "in_progress"],
    [{ ...client, mirrors: true }, "agent", "FORBIDDEN"],
  ] as const)("%o speaking as %s: %s", (actor, type, expected) => {
    expect(code(replyToTicket(ticketIn("open"), { message: "m", type }, actor, 1))).toBe(expected);
  });

  test("asking for what already is changes nothing, not even updatedAt", () => {
    const ticket = ticketIn("open");
    expect(changeTicket(ticket, { status: "open", title: "T" }, agent, 99)).toEqual(ticket);
  });
});
