import { describe, expect, test } from "vitest";
import type { Seen } from "../fakes/slack/seen.ts";
import { messagesOf, ticketOverHttp } from "./over-http.ts";
import { type Mode, type Opened, slackTeam, type Team, type TeamOptions } from "./slack-team.ts";

const modes: Mode[] = ["http", "socket"];
const ten = Array.from({ length: 10 }, (_, n) => `Message ${n}`);

async function conversation(options: TeamOptions = {}): Promise<Team & Opened> {
  const team = await slackTeam(options);
  const opened = await team.opens();
  const { atAgents, atRequester } = opened;
  await team.passing(() => atAgents().length === 2 && atRequester().length === 2);
  return { ...team, ...opened };
}

const words = (all: Seen[]) => all.slice(2).map((seen) => seen.words);
const readiness = async ({ url }: Team) => (await fetch(`${url()}/readyz`)).text();

describe.each(modes)("over %s, a message", (mode) => {
  test("that comes several times, under several ids, is passed on once", async () => {
    const team = await conversation({ mode });
    const { slack, ada, triage, agentsRoot, atRequester, passing } = team;
    for (const what of ["repeat", "lose-ack", "break-off"] as const)
      slack.events.disturb(what, { type: "message", times: 3 });
    for (const text of ten) ada.writes(triage, text, { thread: agentsRoot });
    await passing(() => words(atRequester()).length === 10);
    await team.quiet();
    expect(slack.events.attempts.some(({ retry }) => retry !== undefined)).toBe(true);
    expect(words(atRequester()).sort()).toEqual(ten);
    expect(
      messagesOf(await ticketOverHttp(team))
        .slice(1)
        .sort(),
    ).toEqual(ten);
  });

  test("that was posted, though no answer came, stands there once", async () => {
    const team = await conversation({ mode });
    const { slack, ada, triage, agentsRoot, atRequester, passing } = team;
    for (const fault of [
      "reset-after-effect",
      "cut-off",
      { status: 500, afterEffect: true },
    ] as const)
      slack.misbehave(fault, { method: "chat.postMessage" });
    for (const text of ten) ada.writes(triage, text, { thread: agentsRoot });
    await passing(() => words(atRequester()).length >= 10);
    await team.quiet();
    expect(words(atRequester())).toEqual(ten);
  });

  test("and nine more arrive in order where one a second is allowed", async () => {
    const team = await conversation({ mode });
    const { slack, rob, ada, triage, agentsRoot, requesterRoot, atAgents, atRequester } = team;
    slack.limitRate("chat.postMessage", { burst: 1, everyMs: 1_000 });
    for (const text of ten) {
      ada.writes(triage, text, { thread: agentsRoot });
      rob.writes(rob.dm, text, { thread: requesterRoot });
    }
    const from = (all: Seen[], name: string) =>
      all.slice(2).flatMap((seen) => (seen.from === name ? seen.words : []));
    await team.passing(() => from(atRequester(), "Ada").length === 10);
    await team.passing(() => from(atAgents(), "Rob").length === 10);
    expect(from(atRequester(), "Ada")).toEqual(ten);
    expect(from(atAgents(), "Rob")).toEqual(ten);
  });
});

describe("over socket", () => {
  test("what was not acked when the connection broke comes on the next one, and counts", async () => {
    const team = await conversation({ mode: "socket" });
    const { slack, ada, triage, agentsRoot, atRequester, passing } = team;
    for (const text of ten) {
      ada.writes(triage, text, { thread: agentsRoot });
      slack.socketMode.cut();
      await passing(() => slack.socketMode.connections() > 0);
    }
    await passing(() => words(atRequester()).length === 10);
    await team.quiet();
    expect(words(atRequester()).sort()).toEqual(ten);
  });
});

test("what the bot itself posts, edits and deletes is not taken for someone's words", async () => {
  const team = await conversation();
  const { slack, rob, requesterRoot, atAgents, atRequester, passing } = team;
  const one = rob.writes(rob.dm, "One", { thread: requesterRoot });
  const two = rob.writes(rob.dm, "Two", { thread: requesterRoot });
  await passing(() => atAgents().length === 4);
  rob.edits(one, "One, edited");
  rob.deletes(two);
  await passing(() => words(atAgents()).join() === "One, edited");
  await team.quiet();
  const ownChanges = slack.events.attempts.filter(({ event }) =>
    JSON.stringify(event).includes(slack.workspace.bot.botId),
  );
  expect(new Set(ownChanges.map(({ event }) => event.subtype))).toEqual(
    new Set(["bot_message", "message_changed", "message_deleted", undefined]),
  );
  expect(words(atAgents())).toEqual(["One, edited"]);
  expect(words(atRequester())).toEqual(["One, edited"]);
  const said = ["It burns.", "One, edited", "(message deleted)"];
  expect(messagesOf(await ticketOverHttp(team))).toEqual(said);
});

test("two messages of two channels with the same ts are two", async () => {
  const team = await conversation();
  const { slack, rob, ada, triage, agentsRoot, requesterRoot, atAgents, atRequester } = team;
  slack.clock.advance(10_000);
  const fromAda = ada.writes(triage, "From Ada", { thread: agentsRoot });
  const fromRob = rob.writes(rob.dm, "From Rob", { thread: requesterRoot });
  expect(fromAda.ts).toBe(fromRob.ts);
  await team.passing(() => words(atAgents()).length === 2 && words(atRequester()).length === 2);
  expect(words(atAgents()).sort()).toEqual(["From Ada", "From Rob"]);
  expect(words(atRequester()).sort()).toEqual(["From Ada", "From Rob"]);
});

test("what is also sent to the channel is passed on once, and to the thread only", async () => {
  const team = await conversation();
  const { rob, ada, triage, agentsRoot, atRequester } = team;
  ada.writes(triage, "To all", { thread: agentsRoot, broadcast: true });
  await team.quiet();
  expect(words(atRequester())).toEqual(["To all"]);
  expect(rob.reads(rob.dm).filter(({ thread }) => thread === undefined)).toHaveLength(1);
});

test("what agents write beside the threads, and what Slack says, goes to no one", async () => {
  const team = await conversation();
  const { slack, bea, ada, triage, atRequester } = team;
  ada.writes(triage, "Lunch?");
  bea.leaves(triage);
  bea.joins(triage);
  const event = { type: "message", channel: triage, channel_type: "channel", ts: "1.0" };
  const inThread = { ...event, thread_ts: team.agentsRoot, text: "has joined the channel" };
  slack.events.send({ ...inThread, subtype: "channel_join", user: bea.id });
  slack.events.send({ ...inThread, subtype: "bot_message", bot_id: "B0OTHER01" });
  await team.quiet();
  expect(words(atRequester())).toEqual([]);
  expect(messagesOf(await ticketOverHttp(team))).toEqual(["It burns."]);
});

test("an edit of a message keeps the name under which it was posted", async () => {
  const { ada, triage, agentsRoot, atRequester, passing } = await conversation();
  const said = ada.writes(triage, "Try watre.", { thread: agentsRoot });
  await passing(() => words(atRequester()).length === 1);
  ada.member.displayName = "Countess Ada";
  ada.edits(said, "Try water.");
  await passing(() => words(atRequester()).includes("Try water."));
  expect(atRequester().at(-1)).toMatchObject({ from: "Ada", words: "Try water." });
});

test.each([
  ["removed from", "invite it with|/invite", "removesBot", "invitesBot"],
  ["in, once it is archived", "archived", "archives", "unarchives"],
] as const)(
  "a channel that the bot is %s waits, and says so; then it gets what it was owed",
  async (_, why, end, mend) => {
    const team = await conversation();
    const { slack, rob, triage, requesterRoot, atAgents, passing } = team;
    slack[end](triage);
    rob.writes(rob.dm, "Hello?", { thread: requesterRoot });
    await slack.settled();
    for (let said = ""; !new RegExp(why).test(said); said = await readiness(team))
      slack.clock.advance(1_000);
    expect(words(atAgents())).toEqual([]);
    slack[mend](triage);
    await passing(() => words(atAgents()).length === 1);
    await team.quiet();
    expect(words(atAgents())).toEqual(["Hello?"]);
    for (let said = ""; !said.includes("ready"); said = await readiness(team))
      slack.clock.advance(1_000);
  },
);

test("a message that is answered while its thread is being opened is heard", async () => {
  const team = await slackTeam();
  const { slack, rob, ada, triage, passing } = team;
  let answer = () => {};
  const answeredAfter = new Promise<void>((resolve) => {
    answer = resolve;
  });
  slack.misbehave({ answeredAfter }, { method: "chat.postMessage", channel: triage });
  await rob.types("/ticket");
  await passing(() => rob.modal);
  await rob.submits({ title: "Printer", description: "It burns.", category: "technical" });
  const card = await passing(() => ada.reads(triage)[0]);
  ada.writes(triage, "On my way.", { thread: card.ts });
  await passing(() => slack.calls.some(({ method }) => method === "conversations.replies"));
  answer();
  const isFromAda = ({ from }: Seen) => from === "Ada";
  const heard = await passing(() => rob.reads(rob.dm).find(isFromAda));
  expect(heard.words).toBe("On my way.");
  await team.quiet();
  expect(rob.reads(rob.dm).filter(isFromAda)).toHaveLength(1);
});

/** How Slack told of what Rob wrote: the answer to each time, the first one first. */
const answersFor = ({ slack }: Team, text: string) =>
  slack.events.attempts.filter(({ event }) => event.text === text).map(({ ack }) => ack?.kind);

describe("that a message was refused, as the ticket is closed,", () => {
  async function refused(fault: { status: number } | { error: string }) {
    const team = await conversation();
    const { slack, rob, ada, requesterRoot, atAgents, atRequester } = team;
    const [card] = atAgents();
    if (!card) throw new Error("there is no card");
    await ada.clicks(card, "status", "closed");
    await team.quiet();
    slack.misbehave(fault, { method: "chat.postEphemeral" });
    rob.writes(rob.dm, "It burns again!", { thread: requesterRoot });
    const whispers = () => atRequester().filter(({ ephemeral }) => ephemeral);
    return { ...team, whispers };
  }

  test("is told when Slack sends it again, if it could not be told at once", async () => {
    const team = await refused({ status: 503 });
    await team.passing(() => team.whispers().length === 1);
    await team.quiet();
    expect(answersFor(team, "It burns again!")).toEqual(["failed", "acked"]);
    expect(team.whispers()).toMatchObject([{ words: expect.stringContaining("closed") }]);
  });

  test("is let be where it never can be told", async () => {
    const team = await refused({ error: "user_not_found" });
    await team.slack.until(() => answersFor(team, "It burns again!")[0]);
    await team.quiet();
    expect(answersFor(team, "It burns again!")).toEqual(["acked"]);
    expect(team.whispers()).toEqual([]);
  });
});

test("a home tab that Slack is slow to take holds up nothing else", async () => {
  const team = await conversation();
  const { slack, rob, ada, passing } = team;
  let take = () => {};
  const until = new Promise<void>((resolve) => {
    take = resolve;
  });
  slack.misbehave({ until }, { method: "views.publish", times: 1 });
  const homes = () => slack.events.attempts.filter(({ event }) => event.type === "app_home_opened");
  void rob.opensHome();
  await slack.until(() => slack.calls.some(({ method }) => method === "views.publish"));
  void ada.opensHome();
  await slack.until(() => homes().length === 2 && homes().every(({ ack }) => ack));
  expect(homes().map(({ ack }) => ack?.kind)).toEqual(["acked", "acked"]);
  await passing(() => ada.home);
  take();
  await passing(() => rob.home);
});

test("what is written below a card of no known ticket is not silently lost: its writer is told", async () => {
  const team = await conversation();
  const { slack, rob, passing, log } = team;
  const { bot } = slack.workspace;
  const metadata = { event_type: "deskhand_delivery", event_payload: { key: "of another time" } };
  const dm = slack.workspace.channelOf({ channel: rob.dm });
  const draft = { user: bot.userId, byApp: true, text: "Printer on fire", metadata };
  const { ts } = slack.workspace.post(dm, draft);
  rob.writes(rob.dm, "Anyone?", { thread: ts });
  const whispers = () => rob.reads(rob.dm, { thread: ts }).filter(({ ephemeral }) => ephemeral);
  await passing(() => whispers().length === 1);
  expect(whispers()).toMatchObject([
    { words: expect.stringMatching(/could not be added to any ticket.*\/ticket/) },
  ]);
  expect(answersFor(team, "Anyone?")).toHaveLength(4);
  const isError = ({ level, fields }: (typeof log.lines)[number]) =>
    level === "error" && fields.thread === ts;
  expect(log.lines.filter(isError)).toHaveLength(1);
});

describe("a look at Slack that fails", () => {
  const problems = ({ log }: Team) =>
    log.lines.filter(({ message }) => message.startsWith("Something is wrong in Slack"));

  test("once is no problem, and a start does not wait for it", async () => {
    const team = await conversation();
    team.slack.misbehave({ status: 503 }, { method: "conversations.info", times: 1 });
    const before = team.slack.calls.length;
    await team.restart();
    const looks = () =>
      team.slack.calls.slice(before).filter(({ method }) => method === "conversations.info");
    await team.passing(() => looks().length > 1);
    await team.quiet();
    expect(problems(team)).toEqual([]);
  });

  test("twice is one", async () => {
    const team = await conversation();
    team.slack.misbehave({ status: 503 }, { method: "conversations.info", times: 2 });
    await team.passing(() => problems(team).length === 1);
  });
});
