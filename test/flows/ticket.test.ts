import { describe, expect, test } from "vitest";
import { type Mode, slackTeam } from "./slack-team.ts";

const modes: Mode[] = ["http", "socket"];

describe.each(modes)("over %s, from /ticket to the last answer", (mode) => {
  test("a requester and an agent talk in their own threads", async () => {
    const { rob, ada, triage, opens, passing } = await slackTeam({ mode });
    const { reference, atAgents, atRequester, agentsRoot, requesterRoot } = await opens();
    expect(reference).toMatch(/^T-/);
    await passing(() => atAgents().length === 2 && atRequester().length === 2);
    expect(atAgents()[0]?.words).toContain("Printer on fire");
    expect(atAgents()[1]).toMatchObject({ from: "Rob", words: "It burns." });
    expect(atRequester()[1]).toMatchObject({ from: "Rob", words: "It burns." });

    ada.writes(triage, "Try water.", { thread: agentsRoot });
    await passing(() => atRequester().length === 3);
    expect(atRequester()[2]).toMatchObject({ from: "Ada", words: "Try water." });
    await passing(() => atAgents()[2]?.reactions.includes("white_check_mark"));

    rob.writes(rob.dm, "It is wet now.", { thread: requesterRoot });
    await passing(() => atAgents().length === 4);
    expect(atAgents()[3]).toMatchObject({ from: "Rob", words: "It is wet now." });
    await passing(() => atAgents()[0]?.words.includes("In progress"));
    await passing(() => atRequester()[0]?.words.includes("In progress"));
  });
});
