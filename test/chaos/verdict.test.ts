import { beforeEach, describe, expect, test } from "vitest";
import { openTicket, replyToTicket } from "../../src/tickets/changes.ts";
import type { Ticket as ApiTicket, NewTicket } from "../../src/tickets/ticket.ts";
import { draws } from "./draws.ts";
import type { AgentPlace, Place, Shown } from "./place.ts";
import type { RemotePlace } from "./remote-place.ts";
import type { Ticket, Written } from "./tickets.ts";
import { judge } from "./verdict.ts";
import { fileName, hasSecret, text, tokensIn } from "./words.ts";

const unused = () => {
  throw new Error("no one does anything here");
};

/** A thread that shows what stands in `lines`. */
function placeOf(side: Place["side"], lines: Shown[], card: () => string): Place {
  return {
    ...{ side, name: `slack ${side}`, mostText: 1_000, card },
    ...{ threads: () => 1, shows: () => lines, whispers: () => [], isTold: () => true },
    ...{ writes: unused, edits: unused, deletes: unused },
  };
}

let lastId = 0;

function line(words: string, given: Partial<Shown> = {}): Shown {
  lastId += 1;
  return { id: `${lastId}`, words, files: [], marks: [], pings: [], byBot: true, ...given };
}

const own = (words: string, given: Partial<Shown> = {}) => line(words, { ...given, byBot: false });

const wrote = (number: number, source: string, given: Partial<Written> = {}): Written => ({
  ...{ number, source, isSecret: false, version: 0, pieces: 2, id: undefined, isSure: true },
  ...{ isDeleted: false, isRefused: false, isLate: false, files: [] },
  ...given,
});

const said = (number: number, version = 0) =>
  `k${number}v${version}p0 words k${number}v${version}p1z`;

/** The form says k1, the requester k2 and k3, an agent k4, and n5 as a note. */
function story() {
  const atAgents = [
    ...[line(said(1)), line(said(2)), line(said(3))],
    own(said(4), { id: "k4", marks: ["delivered"] }),
    own("// n5v0p0 words n5v0p1z", { id: "n5" }),
  ];
  const atRequester = [line(said(1)), own(said(2)), own(said(3)), line(said(4))];
  const asked: NewTicket = {
    ...{ title: "t1x1 Lamp", description: said(1), tags: [], attachments: [] },
    ...{ priority: "high", category: "technical" },
  };
  let kept: ApiTicket = openTicket("id", asked, { role: "client", id: "rob" }, 0);
  for (const number of [2, 3, 4]) {
    const replied = replyToTicket(
      kept,
      { message: said(number) },
      { role: "client", id: "rob" },
      1,
    );
    if ("refused" in replied) throw new Error(replied.refused);
    kept = replied;
  }
  const inService = [1, 2, 3, 4].map((number) => line(said(number)));
  const cards = { agents: "Open", requester: "Open", service: "Open" };
  const shared = { status: "open", priority: "high", assignedTo: null, resolution: null };
  const agents: AgentPlace = {
    ...placeOf("agents", atAgents, () => cards.agents),
    ...{ side: "agents", offers: () => [], presses: unused, fills: unused, retries: unused },
  };
  const remote: RemotePlace = {
    ...placeOf("service", inService, () => cards.service),
    ...{ side: "service", name: "service", fields: () => shared, changes: unused },
  };
  const ticket: Ticket = {
    ...{ name: "t1x1", origin: "slack", category: "technical", asker: 0, isOpen: true, id: "id" },
    remote,
    requester: placeOf("requester", atRequester, () => cards.requester),
    agents: [agents],
    written: [
      ...[wrote(1, "form"), wrote(2, "slack requester"), wrote(3, "slack requester")],
      wrote(4, "slack agents", { id: "k4" }),
      wrote(5, "slack agents", { id: "n5", isSecret: true }),
    ],
    resolutions: [],
  };
  return { ticket, kept, atAgents, atRequester, inService, cards, shared };
}

describe("the verdict on a ticket", () => {
  let told: ReturnType<typeof story>;
  beforeEach(() => {
    told = story();
  });
  const kindsFound = () => [
    ...new Set(judge(told.ticket, told.kept).map(({ kind, ticket }) => `${ticket}: ${kind}`)),
  ];
  const written = (number: number): Written => {
    const found = told.ticket.written.find((each) => each.number === number);
    if (!found) throw new Error(`no one wrote ${number}`);
    return found;
  };

  test("finds nothing where all is as it was promised", () => {
    expect(judge(told.ticket, told.kept)).toEqual([]);
  });

  test.each<[string, () => void, string]>([
    ["a message is missing", () => void told.atAgents.splice(1, 1), "lost"],
    ["its end is missing", () => void told.atAgents.splice(1, 1, line("k2v0p0")), "lost"],
    ["a message is there twice", () => void told.atAgents.push(line(said(3))), "repeated"],
    ["it came back to its writer", () => void told.atRequester.push(line(said(2))), "repeated"],
    [
      "two messages of one writer have changed places",
      () => void told.atAgents.splice(1, 2, line(said(3)), line(said(2))),
      "out of order",
    ],
    ["an edit is missing", () => Object.assign(written(4), { version: 1 }), "outdated"],
    ["a deletion is missing", () => Object.assign(written(2), { isDeleted: true }), "outdated"],
    ["a note is read by the requester", () => void told.atRequester.push(line("n5v0p0")), "leaked"],
    [
      "a file of a note is seen by the requester",
      () => {
        const name = fileName(true, 5, 0, "txt");
        told.atRequester.push(line("", { files: [{ name, content: Buffer.from("n") }] }));
      },
      "leaked",
    ],
    [
      "a file is missing",
      () => Object.assign(written(2), { files: [{ name: "k2f0.txt", content: Buffer.from("1") }] }),
      "lost",
    ],
    [
      "someone is called",
      () => void told.atAgents.splice(1, 1, line(said(2), { pings: ["channel"] })),
      "pinged",
    ],
    [
      "a reply is not marked",
      () => void told.atAgents.splice(3, 1, own(said(4), { id: "k4" })),
      "mismarked",
    ],
    [
      "a card shows another status",
      () => Object.assign(told.cards, { agents: "Resolved" }),
      "outdated",
    ],
    ["a message is missing in the service", () => void told.inService.splice(1, 1), "lost"],
    [
      "a message is twice in the service",
      () => void told.inService.push(line(said(3))),
      "repeated",
    ],
    ["a note is in the service", () => void told.inService.push(line("n5v0p0")), "leaked"],
    [
      "it has another priority there",
      () => Object.assign(told.shared, { priority: "low" }),
      "outdated",
    ],
    [
      "what was deleted in the service is there again",
      () => {
        told.ticket.written.push(wrote(6, "service", { isDeleted: true }));
        told.inService.push(own(said(6)));
      },
      "outdated",
    ],
    [
      "what was written in the service is no longer there",
      () => void told.ticket.written.push(wrote(6, "service")),
      "lost",
    ],
    ["a thread is missing", () => Object.assign(told.ticket, { requester: undefined }), "lost"],
    [
      "a reply is missing over HTTP",
      () => {
        told.kept = { ...told.kept, threads: told.kept.threads.slice(0, -1) };
      },
      "lost",
    ],
  ])("finds that %s", (_, spoil, kind) => {
    spoil();
    expect(kindsFound()).toContain(`t1x1: ${kind}`);
  });

  test("takes what no one was told of as late, and not as out of order", () => {
    told.atAgents.splice(1, 2, line(said(3)), line(said(2)));
    written(3).isLate = true;
    expect(kindsFound()).toEqual([]);
  });

  test("takes what agents are told of as not lost", () => {
    told.atRequester.pop();
    told.atAgents.push(
      line(`“${said(4)}” could not be posted in the requester's thread: it is too long.`),
    );
    written(4).isRefused = true;
    expect(kindsFound()).toEqual([]);
  });

  test("finds that something is said to have failed that no one has refused", () => {
    told.atAgents.push(line(`“${said(4)}” could not be posted in the requester's thread: why.`));
    expect(kindsFound()).toEqual(["t1x1: unsettled"]);
  });
});

test("what people write can be told wherever it is cut, and a note from what is none", () => {
  const given = { isSecret: true, message: 7, version: 2 };
  const long = text(given, 30, draws(1));
  expect(tokensIn(long).map(({ piece }) => piece)).toEqual([...Array(30).keys()]);
  expect(tokensIn(long).at(-1)).toEqual({ ...given, piece: 29, isLast: true });
  expect([hasSecret(long), hasSecret(said(1)), hasSecret("n7f0.txt")]).toEqual([true, false, true]);
});

test("what is drawn is the same for a seed, and does not depend on what others draw", () => {
  const some = (seed: number) => Array.from({ length: 20 }, draws(seed).fork("ada").next);
  expect(some(1)).toEqual(some(1));
  expect(some(1)).not.toEqual(some(2));
  const one = draws(3);
  one.next();
  expect(one.fork("ada").next()).toBe(draws(3).fork("ada").next());
});
