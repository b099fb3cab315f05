import { describe, expect, test } from "vitest";
import { readSettings } from "../../src/settings.ts";
import type { Json } from "../fakes/json.ts";
import type { Seen } from "../fakes/slack/seen.ts";
import { slackTeam } from "./slack-team.ts";

const explicit = readSettings("replies: explicit", { platform: "slack", where: "C0TRIAGE1" });
if ("problems" in explicit) throw new Error(explicit.problems.join("\n"));
const { settings } = explicit;

const element = (type: string, text: string): Json => ({
  type,
  elements: [{ type: "text", text }],
});

const richText = (...elements: Json[]): Json[] => [{ type: "rich_text", elements }];

/** What composers make of `>> words`, and the text that comes with it. */
const composed: [how: string, text: string, blocks: Json[]][] = [
  ["as text", "&gt;&gt; Try water.", richText(element("rich_text_section", ">> Try water."))],
  ["without a space", "&gt;&gt;Try water.", richText(element("rich_text_section", ">>Try water."))],
  [
    "as a quote that keeps one of them",
    "&gt; &gt; Try water.",
    richText(element("rich_text_quote", "> Try water.")),
  ],
  ["without blocks", "&gt;&gt; Try water.", []],
];

describe("where replies have to be said to be one", () => {
  test.each(composed)("what begins with >> is sent: %s", async (_, text, blocks) => {
    const { ada, triage, opens, passing } = await slackTeam({ settings });
    const { agentsRoot: thread, atAgents, atRequester } = await opens();
    const { ts } = ada.writes(triage, text, { thread, blocks });
    await passing(() => atRequester().length === 3);
    expect(atRequester()[2]).toMatchObject({ from: "Ada", words: "Try water." });
    await passing(() =>
      atAgents()
        .find((seen) => seen.ts === ts)
        ?.reactions.includes("white_check_mark"),
    );
  });

  test("nothing else is sent, by whatever way it is written or edited", async () => {
    const { rob, ada, bea, triage, opens, asks, passing, quiet } = await slackTeam({ settings });
    const { agentsRoot: thread, atAgents, atRequester, requesterRoot } = await opens();
    const talk = ada.writes(triage, "Has anyone seen this?", { thread });
    bea.writes(triage, "&gt; It burns.\nNo.", {
      thread,
      blocks: richText(
        element("rich_text_quote", "It burns."),
        element("rich_text_section", "No."),
      ),
    });
    bea.writes(triage, "&gt; &gt; It burns.\nHe is lying.", {
      thread,
      blocks: richText(
        element("rich_text_quote", "> It burns."),
        element("rich_text_section", "He is lying."),
      ),
    });
    bea.writes(triage, "// &gt;&gt; Not this either", { thread });
    await quiet();
    ada.edits(talk, "Has anyone ever seen this?");
    await quiet();
    rob.writes(rob.dm, "Hello?", { thread: requesterRoot });
    await passing(() => atAgents().some(({ words }) => words === "Hello?"));
    ada.writes(triage, "&gt;&gt; Yes.", {
      thread,
      blocks: richText(element("rich_text_section", ">> Yes.")),
    });
    await passing(() => atRequester().some(({ words }) => words === "Yes."));
    const read = atRequester().slice(1);
    expect(read.map(({ words }) => words)).toEqual(["It burns.", "Hello?", "Yes."]);
    const { data } = JSON.parse(await asks("agent", "GET", ""));
    const { threads } = JSON.parse(await asks("agent", "GET", `/${data[0]._id}`)).data;
    const messages = threads.map(({ message }: { message: string }) => message);
    expect(messages).toEqual(["It burns.", "Hello?", "Yes."]);
    expect(atAgents().find(({ ts }) => ts === talk.ts)?.reactions).toEqual([]);
  });

  test("the card's Reply… sends what is written in it, under the agent's name", async () => {
    const { ada, opens, passing, quiet } = await slackTeam({ settings });
    const { atAgents, atRequester } = await opens();
    const card = atAgents()[0] as Seen;
    expect(card.buttons).toContain("reply");
    await ada.clicks(card, "reply");
    const view = await passing(() => ada.modal);
    expect(await ada.submits({ text: "Try water & *sand*" })).toEqual({ kind: "closed" });
    await ada.submitsAgain(view);
    await quiet();
    for (const thread of [atAgents, atRequester]) expect(thread()).toHaveLength(3);
    for (const thread of [atAgents, atRequester])
      expect(thread()[2]).toMatchObject({ from: "Ada", words: "Try water & *sand*" });
  });
});
