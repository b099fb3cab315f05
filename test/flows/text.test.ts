import { describe, expect, test } from "vitest";
import { records } from "../fakes/json.ts";
import { type Seen, textsIn } from "../fakes/slack/seen.ts";
import { slackTeam } from "./slack-team.ts";

const section = (...elements: object[]) => ({ type: "rich_text_section", elements });
const composed = (...elements: object[]) => [{ type: "rich_text", elements }];
const say = (text: string, style?: Record<string, true>) => ({
  ...{ type: "text", text },
  ...(style && { style }),
});
const list = (style: "bullet" | "ordered", indent: number, ...items: string[]) => ({
  type: "rich_text_list",
  ...{ style, indent, elements: items.map((item) => section(say(item))) },
});

const line = (...rest: object[]) =>
  section(
    say("bold", { bold: true }),
    say(" "),
    say("italic", { italic: true }),
    say(" "),
    say("struck", { strike: true }),
    say(" "),
    say("code()", { code: true }),
    say(" "),
    { type: "link", url: "https://example.com/a?b=1&c=2", text: "docs" },
    ...rest,
  );
const bullets = list("bullet", 0, "one", "two");
const deeper = list("bullet", 1, "two and a half");
const numbers = list("ordered", 0, "first", "second");
const ending = [
  { type: "rich_text_quote", elements: [say("quoted")] },
  { type: "rich_text_preformatted", elements: [say("if (a < b) {\n  *go*()\n}")] },
];

/** As Slack's composer sends it. */
const everyKind = composed(
  line(
    say(" "),
    { type: "emoji", name: "fire", unicode: "1f525" },
    say(" for "),
    { type: "user", user_id: "U0BEA0001" },
    say(" in "),
    { type: "channel", channel_id: "C0TRIAGE1" },
    say(" & <all>\n"),
  ),
  ...[bullets, deeper, numbers, ...ending],
);

const everyKindAsText = [
  "*bold* _italic_ ~struck~ `code()` <https://example.com/a?b=1&amp;c=2|docs> :fire: " +
    "for <@U0BEA0001> in <#C0TRIAGE1> &amp; &lt;all&gt;",
  "• one",
  "• two",
  "&gt; quoted",
  "```if (a &lt; b) {\n  *go*()\n}```",
].join("\n");

const partsOf = ({ blocks }: Seen) => blocks.flatMap(({ elements }) => records(elements));

describe("what is formatted", () => {
  const shown = (...lists: object[]) => [
    line(say(" 🔥 for "), say("@Bea"), say(" in "), say("#triage"), say(" & <all>")),
    ...[...lists, ...ending],
  ];

  test.each([
    ["by the composer", everyKind, shown(bullets, deeper, { ...numbers, offset: 0 })],
    ["where there is only text", [], shown(bullets)],
  ])("%s looks the same at the other side, in both directions", async (_, blocks, expected) => {
    const { rob, ada, triage, opens, passing } = await slackTeam();
    const { atAgents, atRequester, agentsRoot, requesterRoot } = await opens();
    ada.writes(triage, everyKindAsText, { thread: agentsRoot, blocks });
    rob.writes(rob.dm, everyKindAsText, { thread: requesterRoot, blocks });
    await passing(() => atRequester().length === 4 && atAgents().length === 4);
    const fromAda = await passing(() => atRequester().find(({ from }) => from === "Ada"));
    const fromRob = await passing(() => atAgents().at(-1));
    expect(partsOf(fromAda)).toEqual(expected);
    expect(partsOf(fromRob)).toEqual(expected);
    expect(fromRob).toMatchObject({ from: "Rob", pings: [] });
    expect(fromAda).toMatchObject({ text: fromRob.text, pings: [] });
  });
});

const isWhisper = ({ ephemeral }: Seen) => ephemeral;

/** All that would call someone, as a person may type it and as Slack stores it. */
const call = "<!channel> <!here> @everyone @channel <@U0BEA0001> <!subteam^S0HELP001> :fire: *b*";
const callAsStored = call.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

describe("what a person types", () => {
  test("calls no one, wherever it is shown", async () => {
    const { slack, rob, ada, bea, triage, opens, passing, quiet } = await slackTeam();
    rob.member.displayName = call;
    for (const agent of [ada, bea]) agent.member.displayName = call;
    const given = { title: call, description: call, tags: "<!here>", category: "billing" };
    const { atAgents, atRequester, agentsRoot, requesterRoot } = await opens(given);
    await passing(() => atRequester().length === 2);
    const typed = [
      ada.writes(triage, callAsStored, { thread: agentsRoot }),
      ada.writes(triage, call, { thread: agentsRoot, blocks: [] }),
      ada.writes(triage, `// ${callAsStored}`, { thread: agentsRoot }),
      rob.writes(rob.dm, call, {
        thread: requesterRoot,
        blocks: composed(
          section({ type: "broadcast", range: "channel" }, { type: "user", user_id: "U0BEA0001" }),
          section({ type: "usergroup", usergroup_id: "S0HELP001" }, say(call)),
        ),
        files: [{ name: `${call}.txt`, content: "Help" }],
      }),
    ].map(({ ts }) => ts);
    await passing(() => atRequester().length === 5 && atAgents().length === 7);
    const [card] = atAgents();
    if (!card) throw new Error("no card");
    const both = [ada.clicks(card, "claim"), bea.clicks(card, "claim")];
    await Promise.all(both);
    await passing(() => [...ada.reads(triage), ...bea.reads(triage)].some(isWhisper));
    for (const button of ["note", "resolve"]) {
      await ada.clicks(card, button);
      await passing(() => ada.modal);
      await ada.submits({ text: call });
    }
    await passing(() => atRequester()[0]?.words.includes("Resolved"));
    await passing(() => atAgents()[0]?.words.includes("Resolved"));
    await quiet();
    const read = [
      ...ada.reads(triage),
      ...bea.reads(triage).filter(isWhisper),
      ...rob.reads(rob.dm),
    ];
    const seen = read.filter(({ ts }) => !typed.includes(ts));
    expect(seen.length).toBeGreaterThanOrEqual(11);
    expect(seen.filter(({ pings }) => pings.length > 0)).toEqual([]);
    // What names are looked for in could find some.
    expect(
      slack.calls.filter(({ args }) => args.link_names === true || args.parse === "full"),
    ).toEqual([]);
  });
});

const sentences = Array.from({ length: 400 }, (_, n) => `Sentence number ${n} goes on.`).join(" ");

describe("a text longer than a message", () => {
  test("of 12,000 characters arrives whole and in order, cut between words, both ways", async () => {
    const text = sentences.slice(0, 12_000);
    const { rob, ada, triage, opens, passing } = await slackTeam();
    const { atAgents, atRequester, agentsRoot, requesterRoot } = await opens();
    ada.writes(triage, text, { thread: agentsRoot });
    rob.writes(rob.dm, text, { thread: requesterRoot });
    const isWhole = (all: Seen[]) =>
      all.map(({ words }) => words).join("").length >= text.length - 10;
    const parts = {
      ada: () => atRequester().filter(({ from }) => from === "Ada"),
      rob: () => atAgents().filter(({ from, words }) => from === "Rob" && words !== "It burns."),
    };
    await passing(() => isWhole(parts.ada()) && isWhole(parts.rob()));
    for (const found of [parts.ada(), parts.rob()]) {
      expect(found.map(({ words }) => words.trimEnd()).join(" ")).toBe(text);
      for (const part of found) expect(part.text.length).toBeLessThanOrEqual(4_000);
      expect(found.length).toBeGreaterThan(2);
    }
  });

  test("that is code is code in each of its parts", async () => {
    const code = Array.from({ length: 300 }, (_, n) => `  line(${n}) // <here>`).join("\n");
    const { ada, triage, opens, passing } = await slackTeam();
    const { atRequester, agentsRoot } = await opens();
    const blocks = composed(section(say("Run this:")), {
      type: "rich_text_preformatted",
      elements: [say(code)],
    });
    ada.writes(triage, "Run this: …", { thread: agentsRoot, blocks });
    const found = await passing(() => {
      const parts = atRequester().filter(({ from }) => from === "Ada");
      return parts.at(-1)?.words.includes("line(299)") ? parts : undefined;
    });
    const coded = found.flatMap(partsOf).filter(({ type }) => type === "rich_text_preformatted");
    expect(coded).toHaveLength(found.length);
    expect(found.length).toBeGreaterThan(1);
    for (const { text } of found) expect(text.match(/```/g)).toHaveLength(2);
    expect(textsIn(coded).join("\n").replaceAll("\n\n", "\n")).toBe(code);
  });
});
