import { describe, expect, test } from "vitest";
import type { Seen } from "../fakes/slack/seen.ts";
import { messagesOf, ticketOverHttp } from "./over-http.ts";
import { type Opened, slackTeam, type Team, type TeamOptions } from "./slack-team.ts";

/** A ticket whose description stands in both threads. */
async function conversation(options: TeamOptions = {}): Promise<Team & Opened> {
  const team = await slackTeam(options);
  const opened = await team.opens();
  const { atAgents, atRequester } = opened;
  await team.passing(() => atAgents().length === 2 && atRequester().length === 2);
  return { ...team, ...opened };
}

const words = (all: Seen[]) => all.slice(2).map((seen) => seen.words);

const long = (count: number, what: string) =>
  Array.from({ length: count }, (_, n) => `${what} ${n} goes on and on.`).join(" ");
const whole = (parts: string[]) => parts.map((part) => part.trim()).join(" ");

describe("an edit", () => {
  test("changes the message at the other side, both ways, and the record", async () => {
    const team = await conversation();
    const { rob, ada, triage, agentsRoot, requesterRoot, atAgents, atRequester, passing } = team;
    const fromAda = ada.writes(triage, "Try watre.", { thread: agentsRoot });
    const fromRob = rob.writes(rob.dm, "It is wte.", { thread: requesterRoot });
    await passing(() => atRequester().length === 4 && atAgents().length === 4);
    ada.edits(fromAda, "Try water.");
    rob.edits(fromRob, "It is wet.");
    await passing(() => words(atRequester()).includes("Try water."));
    await passing(() => words(atAgents()).includes("It is wet."));
    await team.quiet();
    expect(words(atAgents())).toEqual(["Try water.", "It is wet."]);
    expect(words(atRequester()).sort()).toEqual(["It is wet.", "Try water."]);
    expect(messagesOf(await ticketOverHttp(team)).sort()).toEqual(
      ["It burns.", "It is wet.", "Try water."].sort(),
    );
  });

  test("makes more parts of a message that gets longer, and fewer of one that gets shorter", async () => {
    const { ada, triage, agentsRoot, atRequester, passing } = await conversation();
    const said = ada.writes(triage, "Short.", { thread: agentsRoot });
    await passing(() => atRequester().length === 3);
    const longer = long(400, "Line");
    ada.edits(said, longer);
    await passing(() => whole(words(atRequester())) === longer);
    expect(atRequester().length).toBeGreaterThan(4);
    const shorter = long(200, "Row");
    ada.edits(said, shorter);
    await passing(() => whole(words(atRequester())) === shorter);
    expect(atRequester()).toHaveLength(4);
  });

  test("that comes late does not undo a newer one", async () => {
    const team = await conversation();
    const { slack, ada, triage, agentsRoot, atRequester, passing } = team;
    const said = ada.writes(triage, "One", { thread: agentsRoot });
    await passing(() => atRequester().length === 3);
    const held = slack.events.hold();
    ada.edits(said, "Two");
    slack.clock.advance(2_000);
    ada.edits(said, "Three");
    await held.releaseInTurn((events) => events.reverse());
    await passing(() => words(atRequester()).includes("Three"));
    await team.quiet();
    expect(words(atRequester())).toEqual(["Three"]);
    expect(messagesOf(await ticketOverHttp(team))).toEqual(["It burns.", "Three"]);
  });

  test("that comes before its message is the message", async () => {
    const team = await conversation();
    const { slack, ada, triage, agentsRoot, atRequester, passing } = team;
    const held = slack.events.hold();
    const said = ada.writes(triage, "One", { thread: agentsRoot });
    ada.edits(said, "Two");
    await held.releaseInTurn((events) => events.reverse());
    await passing(() => atRequester().length === 3);
    await team.quiet();
    expect(words(atRequester())).toEqual(["Two"]);
  });

  test("of a message that never came is the message", async () => {
    const team = await conversation();
    const { slack, rob, requesterRoot, atAgents, passing } = team;
    slack.events.disturb("lose", { type: "message" });
    const said = rob.writes(rob.dm, "Lost", { thread: requesterRoot });
    await team.quiet();
    rob.edits(said, "Found");
    await passing(() => atAgents().length === 3);
    expect(words(atAgents())).toEqual(["Found"]);
  });

  test("of a message that was refused reaches no one either, and its writer is told", async () => {
    const team = await conversation({
      settings: { agents: [{ platform: "slack", who: "U0ADA0001" }] },
    });
    const { bea, triage, agentsRoot, atRequester, passing } = team;
    const said = bea.writes(triage, "I am no agent.", { thread: agentsRoot });
    const told = () => bea.reads(triage).filter(({ ephemeral }) => ephemeral).length;
    await passing(() => told() === 1);
    bea.edits(said, "Am I one now?");
    await passing(() => told() === 2);
    await team.quiet();
    expect(words(atRequester())).toEqual([]);
    expect(messagesOf(await ticketOverHttp(team))).toEqual(["It burns."]);
  });

  test("is not what a preview, a reply count or a reaction makes of a message", async () => {
    const team = await conversation();
    const { slack, ada, rob, triage, agentsRoot, requesterRoot, atRequester, atAgents } = team;
    const fromAda = ada.writes(triage, "See <https://example.com/>", { thread: agentsRoot });
    const fromRob = rob.writes(rob.dm, "I see.", { thread: requesterRoot });
    await team.passing(() => atRequester().length === 4 && atAgents().length === 4);
    await team.quiet();
    const before = await ticketOverHttp(team);
    const calls = slack.calls.length;
    for (const seen of [fromAda, fromRob, ...atAgents(), ...atRequester()]) {
      slack.unfurls(seen);
      slack.refreshes(seen);
    }
    ada.reacts(fromAda, "eyes");
    await team.quiet();
    expect(await ticketOverHttp(team)).toEqual(before);
    expect(slack.calls.slice(calls).filter(({ method }) => method.startsWith("chat."))).toEqual([]);
  });

  test("to a note takes a reply back from the requester", async () => {
    const team = await conversation();
    const { ada, triage, agentsRoot, atRequester, passing } = team;
    const said = ada.writes(triage, "He pays late.", { thread: agentsRoot });
    await passing(() => atRequester().length === 3);
    ada.edits(said, "// He pays late.");
    await passing(() => atRequester().length === 2);
    expect(messagesOf(await ticketOverHttp(team))).toEqual(["It burns.", "(message deleted)"]);
  });
});

describe("a deletion", () => {
  test("removes every part and file at the other side, also after a restart, and the record tells of it", async () => {
    const team = await conversation();
    const { ada, triage, agentsRoot, atRequester, passing } = team;
    const text = long(400, "Line");
    const files = [
      { name: "a.txt", content: "first" },
      { name: "b.txt", content: "second" },
    ];
    const said = ada.writes(triage, text, { thread: agentsRoot, files });
    await passing(() => atRequester().filter((seen) => seen.files.length > 0).length === 2);
    expect(atRequester().length).toBeGreaterThan(5);
    expect((await ticketOverHttp(team)).attachments).toHaveLength(2);
    await team.restart();
    ada.deletes(said);
    await passing(() => atRequester().length === 2);
    await team.quiet();
    const ticket = await ticketOverHttp(team);
    expect(messagesOf(ticket)).toEqual(["It burns.", "(message deleted)"]);
    expect(ticket.attachments).toEqual([]);
  });

  test("of the requester's removes what the agents see", async () => {
    const team = await conversation();
    const { rob, requesterRoot, atAgents, passing } = team;
    const said = rob.writes(rob.dm, "My password is x.", { thread: requesterRoot });
    await passing(() => atAgents().length === 3);
    rob.deletes(said);
    await passing(() => atAgents().length === 2);
    expect(JSON.stringify(await ticketOverHttp(team))).not.toContain("password");
  });

  test("that comes before its message leaves nothing of it", async () => {
    const team = await conversation();
    const { slack, ada, triage, agentsRoot, atRequester } = team;
    const held = slack.events.hold();
    const said = ada.writes(triage, "Never mind", { thread: agentsRoot });
    ada.edits(said, "Really, never mind");
    ada.deletes(said);
    await held.releaseInTurn((events) => events.reverse());
    await team.quiet();
    expect(words(atRequester())).toEqual([]);
    expect(messagesOf(await ticketOverHttp(team))).toEqual(["It burns."]);
  });

  test("of what is being posted is made up for", async () => {
    const team = await conversation();
    const { slack, rob, ada, triage, agentsRoot, atRequester, passing } = team;
    let answer = () => {};
    const promise = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const aim = { method: "chat.postMessage", channel: rob.dm };
    slack.misbehave({ answeredAfter: promise }, aim);
    const said = ada.writes(triage, "Oops", { thread: agentsRoot });
    await passing(() => atRequester().length === 3);
    ada.deletes(said);
    await passing(() => slack.events.underway() === 0);
    answer();
    await passing(() => atRequester().length === 2);
  });
});

const isReplyOfAda = ({ from, thread }: Seen) => from === "Ada" && thread !== undefined;

describe("a thread whose first message is deleted", () => {
  test("goes on at both sides while there are replies", async () => {
    const team = await conversation();
    const { slack, rob, ada, triage, agentsRoot, requesterRoot, atAgents, atRequester } = team;
    for (const [card] of [atAgents(), atRequester()]) if (card) slack.deletes(card);
    expect([atAgents()[0]?.deleted, atRequester()[0]?.deleted]).toEqual([true, true]);
    await team.quiet();
    ada.writes(triage, "Still there?", { thread: agentsRoot });
    rob.writes(rob.dm, "Yes.", { thread: requesterRoot });
    await team.passing(() => words(atRequester()).includes("Still there?"));
    await team.passing(() => words(atAgents()).includes("Yes."));
    expect(messagesOf(await ticketOverHttp(team))).not.toContain("(message deleted)");
  });

  test("and all its replies is opened anew, and nothing stands in the channel", async () => {
    const team = await conversation();
    const { slack, rob, ada, triage, agentsRoot, atRequester, passing } = team;
    for (const seen of atRequester().reverse()) slack.deletes(seen);
    expect(rob.reads(rob.dm)).toEqual([]);
    ada.writes(triage, "Where did it go?", { thread: agentsRoot });
    const reply = await passing(() => rob.reads(rob.dm).find(isReplyOfAda));
    await team.quiet();
    const roots = rob.reads(rob.dm).filter(({ thread }) => thread === undefined);
    expect(roots.map(({ ts }) => ts)).toEqual([reply.thread]);
    rob.writes(rob.dm, "Here.", { thread: roots[0]?.ts ?? "" });
    await passing(() => words(team.atAgents()).includes("Here."));
  });
});
