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
const onDiscord = (where: string) => ({ platform: "discord", where });
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
  - discord: "123456789012345678"
    id: agent_8
triage:
  - to: slack:C0123ABC
    category: [billing]
    priority: urgent
  - to: [slack:C0123ABC, discord:123456789012345678]
    platform: [slack, http]
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
        { platform: "discord", who: "123456789012345678", id: "agent_8" },
      ],
      routes: [
        { to: [spot("C0123ABC")], category: ["billing"], priority: ["urgent"] },
        {
          to: [spot("C0123ABC"), onDiscord("123456789012345678")],
          platform: ["slack", "http"],
        },
      ],
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
  - { to: slack:C4, platform: discord }
  - { to: slack:C5, platform: http }
`;
  test.each([
    ["billing", "urgent", "slack", "C1"],
    ["billing", "low", "discord", "C2"],
    ["technical", "high", "slack", "C3"],
    ["technical", "low", "slack", "C9"],
    ["technical", "low", "discord", "C4"],
    ["technical", "low", undefined, "C5"],
  ] as const)(
    "%s and %s from %s: the first route that fits, then TRIAGE",
    (category, priority, platform, where) => {
      const ticket = { category, priority, platform };
      expect(triageFor(settingsOf(text, "C9"), ticket)).toEqual([spot(where)]);
    },
  );

  test("nowhere, when nothing says where", () => {
    const ticket = { category: "general", priority: "low", platform: "slack" } as const;
    expect(triageFor(settingsOf(text), ticket)).toEqual([]);
  });

  test("are several places when a route names several", () => {
    const ticket = { category: "general", priority: "low", platform: "slack" } as const;
    const settings = settingsOf("triage: [{ to: [slack:C1, discord:123456789012345678] }]", "C9");
    expect(triageFor(settings, ticket)).toEqual([spot("C1"), onDiscord("123456789012345678")]);
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
      "line 7: agents[1] must have one of slack and discord: who it is",
      "line 9: triage[0].to must be slack: or discord:, and a channel's id, not its name: slack:C0123ABC, discord:123456789012345678; or a list of them",
      "line 10: triage[0].category must be one of technical, billing, account, feature_request, general, or a list of some of them",
      "line 12: triage[1].to must be slack: or discord:, and a channel's id, not its name: slack:C0123ABC, discord:123456789012345678; or a list of them",
      "line 13: triage[1].when is not known here; known are: to, platform, category, priority",
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
    ["agents:\n  - discord: 123456789012345678", /^line 2: agents\[0\].discord .* in quotes/],
    [
      'agents:\n  - { slack: U1, discord: "123456789012345678" }',
      /^line 2: agents\[0\] must have one of slack and discord/,
    ],
    [
      "triage:\n  - to:\n    - slack:C1\n    - slack:C2\n    - slack:C1 ",
      /^line 5: triage\[0\].to\[2\] is listed before$/,
    ],
    ["triage:\n  - to: slack:C1\n  - to: slack:C2", /^line 2: triage\[0\] takes every ticket/],
    ["triage:\n  -\n", /^line 2: triage\[0\] must be a section with some of: to/],
    ["attachments: { maxSizeMb: .inf }", /^line 1: attachments.maxSizeMb must be a number/],
    ["__proto__: { replies: explicit }", /^line 1: __proto__ is not known here/],
  ])("%j is told in one sentence", (text, problem) => {
    expect(problemsOf(text)).toEqual([expect.stringMatching(problem)]);
  });
});
