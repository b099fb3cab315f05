import { describe, expect, test } from "vitest";
import { readSettings, type Settings, triageFor } from "../src/settings.ts";

function settingsOf(text: string | undefined, otherwise?: string): Settings {
  const read = readSettings(text, otherwise === undefined ? undefined : spot(otherwise));
  if ("problems" in read) throw new Error(read.problems.join("\n"));
  return read.settings;
}

function problemsOf(text: string): string[] {
  const read = readSettings(text);
  return "problems" in read ? read.problems : [];
}

const spot = (where: string) => ({ platform: "slack", where });
const mib = 1024 * 1024;
const hourMs = 3_600_000;

describe("the settings", () => {
  test.each([undefined, "", "# nothing yet\n", "triage:\nattachments:\nagents:\n"])(
    "are complete without a file, and with one that says nothing: %j",
    (text) => {
      const settings = settingsOf(text);
      expect(settings).toEqual({
        replies: "thread",
        agents: undefined,
        routes: [],
        attachments: { maxBytes: 25 * mib, linkMs: 72 * hourMs, allows: expect.any(Function) },
        deliveries: { deadAfterMs: 24 * hourMs },
      });
      expect(settings.attachments.allows("application/x-anything")).toBe(true);
    },
  );

  test("are what the file says", () => {
    const settings = settingsOf(`
replies: explicit
agents:
  - slack: U0123ABC
    id: agent_7
  - slack: S0123ABC
triage:
  - to: slack:C0123ABC
    category: [billing]
    priority: urgent
attachments:
  maxSizeMb: 0.5
  types: ["image/*", "application/pdf"]
  linkHours: 1
deliveries:
  deadAfterHours: 0.5
`);
    expect(settings).toEqual({
      replies: "explicit",
      agents: [
        { platform: "slack", who: "U0123ABC", id: "agent_7" },
        { platform: "slack", who: "S0123ABC" },
      ],
      routes: [{ to: spot("C0123ABC"), category: ["billing"], priority: ["urgent"] }],
      attachments: { maxBytes: mib / 2, linkMs: hourMs, allows: expect.any(Function) },
      deliveries: { deadAfterMs: hourMs / 2 },
    });
  });

  test.each([
    ["image/png", true],
    ["IMAGE/PNG", true],
    ["application/pdf; version=1", true],
    ["application/pdfx", false],
    ["imagex/png", false],
    ["text/plain", false],
    ["", false],
  ])("of the types listed, %s is taken: %s", (type, isTaken) => {
    const text = 'attachments: { types: ["image/*", "Application/PDF"] }';
    expect(settingsOf(text).attachments.allows(type)).toBe(isTaken);
  });

  test('"*/*" takes every type', () => {
    expect(settingsOf('attachments: { types: ["*/*"] }').attachments.allows("a/b")).toBe(true);
  });
});

describe("where a ticket's agents are", () => {
  const text = `
triage:
  - { to: slack:C1, category: [billing, account], priority: urgent }
  - { to: slack:C2, category: billing }
  - { to: slack:C3, priority: [urgent, high] }
`;
  test.each([
    ["billing", "urgent", "C1"],
    ["billing", "low", "C2"],
    ["technical", "high", "C3"],
    ["technical", "low", "C9"],
  ] as const)("%s and %s: the first route that fits, then TRIAGE", (category, priority, where) => {
    expect(triageFor(settingsOf(text, "C9"), { category, priority })).toEqual([spot(where)]);
  });

  test("nowhere, when nothing says where", () => {
    expect(triageFor(settingsOf(text), { category: "general", priority: "low" })).toEqual([]);
  });
});

describe("a mistake in the file", () => {
  test("is told with all others, with its line, its place and what was expected", () => {
    const text = `replies: threads
agent:
  - slack: U0123ABC
agents:
  - slack: "@alice"
    id: 7
  - id: agent_1
triage:
  - to: slack:#support
    category: [billing, cars]
  - category: billing
    to: discord:123
    when: now
attachments:
  maxSizeMB: 10
  types: [png]
  linkHours: 0
deliveries:
  deadAfterHours: never
`;
    expect(problemsOf(text)).toEqual([
      "line 1: replies must be thread or explicit",
      "line 5: agents[0].slack must be the id of a Slack user or user group: U0123ABC or S0123ABC",
      "line 6: agents[0].id must be text of 1 to 200 characters; numbers go in quotes",
      "line 7: agents[1].slack must be the id of a Slack user or user group: U0123ABC or S0123ABC",
      "line 9: triage[0].to must be slack: and a channel's id, not its name: slack:C0123ABC",
      "line 10: triage[0].category must be one of technical, billing, account, feature_request, general, or a list of some of them",
      "line 12: triage[1].to must not be on Discord: it comes with a later version",
      "line 13: triage[1].when is not known here; known are: to, category, priority",
      'line 16: attachments.types[0] must be a MIME type, or all of a kind: "application/pdf", "image/*"',
      "line 17: attachments.linkHours must be a number of hours, above 0 and up to 8760",
      "line 15: attachments.maxSizeMB is not known here; known are: maxSizeMb, types, linkHours",
      "line 19: deliveries.deadAfterHours must be a number of hours, above 0 and up to 720",
      "line 2: agent is not known here; known are: replies, agents, triage, attachments, deliveries",
    ]);
  });

  test.each([
    ["replies: [thread", /^line 1: /],
    ["replies: thread\nreplies: explicit", /^line 2: Map keys must be unique$/],
    ["replies: *mode", /^cannot be read: Unresolved alias|^line 1: /],
    ["replies: !mode thread", /^line 1: /],
    ["a: 1\n---\nb: 2", /^line 2: .*multiple documents/],
    ["- replies", /^line 1: it must be a section/],
    ["just words", /^line 1: it must be a section/],
    ["attachments: 25", /^line 1: attachments must be a section/],
    ["agents: []", /^line 1: agents must be a list of at least one agent$/],
    ["agents:\n  - slack: U1\n  - slack: U1", /^line 3: agents\[1\].slack is listed before$/],
    ["triage:\n  - to: slack:C1\n  - to: slack:C2", /^line 2: triage\[0\] takes every ticket/],
    ["triage:\n  -\n", /^line 2: triage\[0\] must be a section with some of: to/],
    ["attachments: { maxSizeMb: .inf }", /^line 1: attachments.maxSizeMb must be a number/],
    ["__proto__: { replies: explicit }", /^line 1: __proto__ is not known here/],
  ])("%j is told in one sentence", (text, problem) => {
    expect(problemsOf(text)).toEqual([expect.stringMatching(problem)]);
  });
});
