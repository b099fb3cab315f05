import { describe, expect, test } from "vitest";
import type { Seen } from "../fakes/slack/seen.ts";
import { AtWork } from "./at-work.ts";
import { messagesOf, ticketOverHttp } from "./over-http.ts";
import {
  type Mode,
  type Opened,
  printer,
  slackTeam,
  type Team,
  type TeamOptions,
} from "./slack-team.ts";
import { slowDisk, unsureDisk } from "./slow-disk.ts";

const modes: Mode[] = ["http", "socket"];

async function conversation(options: TeamOptions = {}): Promise<Team & Opened> {
  const team = await slackTeam(options);
  const opened = await team.opens();
  const { atAgents, atRequester } = opened;
  await team.passing(() => atAgents().length === 2 && atRequester().length === 2);
  await team.slack.settled();
  await team.quiet();
  return { ...team, ...opened };
}

/** What was said below the card and the first message. */
const words = (all: Seen[]) =>
  all
    .slice(2)
    .filter(({ ephemeral }) => !ephemeral)
    .map((seen) => seen.words);

const roots = (all: Seen[]) =>
  all.filter(({ thread, ephemeral }) => thread === undefined && !ephemeral);

function cardOf({ atAgents }: Opened): Seen {
  const [card] = atAgents();
  if (!card) throw new Error("there is no card");
  return card;
}

/** How Slack told of what a person wrote. */
const attemptsFor = ({ slack }: Team, text: string) =>
  slack.events.attempts.filter(({ event }) => event.text === text && event.subtype === undefined);

async function readiness({ url }: Team): Promise<{ status: number; said: string }> {
  const answer = await fetch(`${url()}/readyz`);
  return { status: answer.status, said: await answer.text() };
}

const troubles = [
  {
    what: "the channel is archived",
    begin: ({ slack, triage }: Team) => slack.archives(triage),
    mend: ({ slack, triage }: Team) => slack.unarchives(triage),
    why: "is archived",
  },
  {
    what: "the bot is removed from the channel",
    begin: ({ slack, triage }: Team) => slack.removesBot(triage),
    mend: ({ slack, triage }: Team) => slack.invitesBot(triage),
    why: "the bot is not in Slack channel",
  },
  {
    what: "the token is revoked",
    begin: ({ slack }: Team) => slack.revokesToken(),
    mend: ({ slack }: Team) => slack.installsAgain(),
    why: "Slack does not accept the bot's token",
  },
  {
    what: "the app is uninstalled",
    begin: ({ slack }: Team) => slack.uninstalls(),
    mend: ({ slack }: Team) => slack.installsAgain(),
    why: "Slack does not accept the bot's token",
  },
];

describe.each(modes)("over %s, within a minute", (mode) => {
  test.each(troubles)(
    "it is shown that $what, even if Slack does not tell, and what was said arrives later",
    async ({ begin, mend, why }) => {
      const team = await conversation({ mode });
      const { slack, rob, triage, requesterRoot, atAgents, passing, quiet, log } = team;
      expect((await readiness(team)).status).toBe(200);
      slack.misbehave({ retryAfterS: 5 }, { method: "chat.postMessage", channel: triage });
      rob.writes(rob.dm, "Hello?", { thread: requesterRoot });
      await slack.until(() => attemptsFor(team, "Hello?")[0]?.ack);

      slack.events.disturb("lose");
      begin(team);
      const { clock } = slack;
      const begunAt = clock.now();
      let { status, said } = await readiness(team);
      // At first it may be no more than that nobody answers.
      while (status === 200 || !said.includes(why)) {
        expect(clock.now() - begunAt).toBeLessThan(60_000);
        clock.advance(500);
        ({ status, said } = await readiness(team));
      }
      const isLogged = ({ level, fields }: (typeof log.lines)[number]) =>
        level === "error" && String(fields.problem).includes(why);
      expect(log.lines.filter(isLogged)).toHaveLength(1);
      for (let second = 0; second < 120; second += 1) {
        clock.advance(1_000);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(words(atAgents())).toEqual([]);

      mend(team);
      await passing(() => words(atAgents()).length === 1);
      await quiet();
      expect(words(atAgents())).toEqual(["Hello?"]);
      expect((await readiness(team)).status).toBe(200);
    },
  );
});

test("a channel waits as long as Slack tells it to, and nothing else does", async () => {
  const team = await conversation();
  const { slack, rob, ada, triage, agentsRoot, requesterRoot, atAgents, atRequester } = team;
  const { clock } = slack;
  const posts = () =>
    slack.calls.filter(
      ({ method, args }) => method === "chat.postMessage" && args.channel === triage,
    );
  const before = posts().length;
  slack.misbehave({ retryAfterS: 40 }, { method: "chat.postMessage", channel: triage });
  rob.writes(rob.dm, "To the agents", { thread: requesterRoot });
  await slack.until(() => posts().length > before);

  // Time stands still, and all of this happens at once.
  const toldAt = clock.now();
  ada.writes(triage, "To Rob", { thread: agentsRoot });
  await slack.until(() => words(atRequester()).includes("To Rob"));
  await rob.types("/ticket");
  await slack.until(() => rob.modal);
  await rob.submits({ ...printer, title: "Scanner on fire" });
  await slack.until(() => roots(rob.reads(rob.dm)).length === 2);

  // What comes too early comes here, and what comes in time when it is time.
  clock.advance(39_999);
  await (await fetch(`${team.url()}/healthz`)).text();
  clock.advance(5_000);
  await slack.until(() => posts().length > before + 1);
  await team.passing(() => words(atAgents()).includes("To the agents"));
  await team.passing(() => roots(ada.reads(triage)).length === 2);
  const [refused, ...later] = posts().slice(before);
  expect(refused?.at).toBe(toldAt);
  for (const { at } of later) expect(at - toldAt).toBeGreaterThanOrEqual(40_000);
  expect(Math.min(...later.map(({ at }) => at)) - toldAt).toBeLessThan(45_000);
});

test("twenty tickets at once are all there soon where a channel takes one message a second", async () => {
  const team = await slackTeam();
  const { slack, rob, ada, triage } = team;
  slack.limitRate("chat.postMessage", { burst: 1, everyMs: 1_000 });
  for (let n = 0; n < 20; n += 1) {
    await rob.types("/ticket");
    await slack.until(() => rob.modal);
    await rob.submits({ ...printer, title: `Printer ${n}` });
  }
  const { clock } = slack;
  const begunAt = clock.now();
  const work = new AtWork(() => slack.events.underway());
  // A card and a message for each.
  while (ada.reads(triage).length < 40) {
    expect(clock.now() - begunAt).toBeLessThan(3 * 60_000);
    if (work.mayTimePass()) clock.advance(100);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
});

describe.each(modes)("over %s", (mode) => {
  test("a form that is submitted twice at once is one ticket", async () => {
    const team = await slackTeam({ mode });
    const { slack, rob, ada, triage, passing, quiet, asks } = team;
    await rob.types("/ticket");
    const view = await passing(() => rob.modal);
    rob.fills(printer);
    slack.interactions.disturb("lose-ack");
    expect(await rob.submits()).toMatchObject({ kind: "trouble" });
    await Promise.all([rob.submits(), rob.submitsAgain(view)]);
    expect(rob.modal).toBeUndefined();
    await quiet();
    expect(roots(ada.reads(triage))).toHaveLength(1);
    expect(roots(rob.reads(rob.dm))).toHaveLength(1);
    expect(JSON.parse(await asks("agent", "GET", "")).data).toHaveLength(1);
  });

  test("a note that is submitted twice, as its answer was lost, stands there once", async () => {
    const team = await conversation({ mode });
    const { slack, ada, atAgents, passing, quiet } = team;
    await ada.clicks(cardOf(team), "note");
    const view = await passing(() => ada.modal);
    slack.interactions.disturb("lose-ack");
    expect(await ada.submits({ text: "It is insured." })).toMatchObject({ kind: "trouble" });
    await Promise.all([ada.submits(), ada.submitsAgain(view)]);
    expect(ada.modal).toBeUndefined();
    await quiet();
    expect(
      words(atAgents())
        .join()
        .match(/It is insured/g),
    ).toHaveLength(1);
  });

  test("Slack is told that a message has arrived once it is on disk, and else tells it again", async () => {
    const team = await conversation({ mode });
    const { slack, ada, triage, agentsRoot, atRequester, passing, quiet, url } = team;
    const release = slowDisk();
    const attempts = () => attemptsFor(team, "Try water.");
    ada.writes(triage, "Try water.", { thread: agentsRoot });
    await slack.until(() => attempts().length === 1);
    slack.clock.advance(2_500);
    for (let turn = 0; turn < 5; turn += 1) await fetch(`${url()}/healthz`);
    expect(attempts()[0]?.ack).toBeUndefined();
    slack.clock.advance(500);
    await slack.until(() => attempts()[0]?.ack);
    expect(attempts()[0]?.ack).toMatchObject({ kind: "failed" });
    release();
    await passing(() => attempts().at(-1)?.ack?.kind === "acked");
    await quiet();
    expect(attempts().length).toBeGreaterThan(1);
    expect(words(atRequester())).toEqual(["Try water."]);
    expect(messagesOf(await ticketOverHttp(team))).toEqual(["It burns.", "Try water."]);
  });

  test("someone who has left the channel cannot submit what they opened before", async () => {
    const team = await conversation({ mode });
    const { bea, triage, atAgents, passing, quiet } = team;
    await bea.clicks(cardOf(team), "note");
    await passing(() => bea.modal);
    bea.leaves(triage);
    await quiet();
    expect(await bea.submits({ text: "It was me." })).toMatchObject({
      kind: "errors",
      errors: { text: expect.stringContaining("Only agents") },
    });
    await quiet();
    expect(words(atAgents())).toEqual([]);
  });

  test("threads that are no ticket's are left alone, whatever happens in them", async () => {
    const team = await conversation({ mode });
    const { slack, rob, ada, triage, quiet } = team;
    const members = [ada.id, rob.id, slack.workspace.bot.userId];
    const other = slack.workspace.addChannel({ id: "C0OTHER01", name: "other", members });
    const otherApp = { id: "U0OTHER01", name: "another app", isBot: true };
    const { id: user } = slack.workspace.addMember(otherApp);
    const here = slack.workspace.channelOf({ channel: triage });
    const calls = () =>
      slack.calls.filter(({ method }) => /^(chat|reactions|views)\./.test(method));
    const before = calls().length;
    const toldBefore = slack.events.attempts.length;

    const { ts: elsewhere } = rob.writes(other.id, "A question to all");
    const { ts: lunch } = ada.writes(triage, "Lunch?");
    const { ts: foreign } = slack.workspace.post(here, { user, text: "The build is red" });
    for (const [channel, thread] of [
      [other.id, elsewhere],
      [triage, lunch],
      [triage, foreign],
    ] as const) {
      const said = ada.writes(channel, "Pizza", { thread });
      ada.edits(said, "Pasta");
      ada.deletes(said);
    }
    const event = { type: "message", channel: triage, channel_type: "channel", user: ada.id };
    slack.events.send({ ...event, text: "Who?", ts: "1700000000.000200", thread_ts: "1.000100" });
    await slack.settled();
    await quiet();
    expect(calls().length).toBe(before);
    const told = slack.events.attempts.slice(toldBefore);
    expect(told.filter(({ ack }) => ack?.kind !== "acked")).toEqual([]);
    expect(messagesOf(await ticketOverHttp(team))).toEqual(["It burns."]);
  });
});

describe("over socket, what is being saved when the connection", () => {
  test("is to be replaced is acked on the old one", async () => {
    const team = await conversation({ mode: "socket" });
    const { slack, ada, triage, agentsRoot, atRequester, passing } = team;
    const release = slowDisk();
    ada.writes(triage, "Try water.", { thread: agentsRoot });
    await slack.until(() => attemptsFor(team, "Try water.").length === 1);
    slack.socketMode.disconnect();
    await slack.until(() => slack.socketMode.connections() === 1);
    release();
    // Time stands still until then: else a slow disk would look like an ack that comes too late.
    await slack.until(() => attemptsFor(team, "Try water.")[0]?.ack);
    await passing(() => words(atRequester()).length === 1);
    await team.quiet();
    expect(attemptsFor(team, "Try water.")).toMatchObject([{ ack: { kind: "acked" } }]);
  });

  test("breaks comes again, and counts once", async () => {
    const team = await conversation({ mode: "socket" });
    const { slack, ada, triage, agentsRoot, atRequester, passing } = team;
    const release = slowDisk();
    ada.writes(triage, "Try water.", { thread: agentsRoot });
    await slack.until(() => attemptsFor(team, "Try water.").length === 1);
    slack.socketMode.cut();
    await slack.until(() => attemptsFor(team, "Try water.")[0]?.ack?.kind === "failed");
    release();
    await passing(() => attemptsFor(team, "Try water.").at(-1)?.ack?.kind === "acked");
    await team.quiet();
    expect(words(atRequester())).toEqual(["Try water."]);
  });
});

test("the sign that a message is on its way goes when it arrives, also if its answer was lost", async () => {
  const team = await conversation();
  const { slack, rob, ada, triage, agentsRoot, atAgents, passing, quiet } = team;
  slack.misbehave({ retryAfterS: 1 }, { method: "chat.postMessage", channel: rob.dm });
  slack.misbehave("reset-after-effect", { method: "reactions.add", times: 2 });
  ada.writes(triage, "Try water.", { thread: agentsRoot });
  const signs = () => atAgents().at(-1)?.reactions;
  await passing(() => signs()?.includes("hourglass_flowing_sand"));
  await passing(() => signs()?.includes("white_check_mark"));
  await quiet();
  expect(signs()).toEqual(["white_check_mark"]);
});

test.each(["unsigned", "wrong secret", "other body", "old"] as const)(
  "a request that is %s is refused, and nothing comes of it",
  async (how) => {
    const team = await conversation();
    const { slack, ada, triage, agentsRoot, atRequester, passing, quiet, log } = team;
    const message = { type: "message", channel: triage, channel_type: "channel", user: ada.id };
    const ts = "1700000000.000200";
    const event = { ...message, text: "Send money.", ts, thread_ts: agentsRoot };
    const { team: workspace, bot } = slack.workspace;
    const payload = { type: "event_callback", team_id: workspace.id, api_app_id: bot.appId, event };
    expect(await slack.forge(how, { kind: "event", payload })).toBe(401);
    await quiet();
    expect(words(atRequester())).toEqual([]);
    expect(log.lines.map((line) => line.message)).toContain(
      "A request that is not known to be Slack's was refused",
    );
    // The same from Slack is heard.
    slack.events.send(event);
    await passing(() => words(atRequester()).includes("Send money."));
  },
);

test("a ticket whose write was not sure has its threads once the form is submitted again", async () => {
  const { rob, ada, triage, passing } = await slackTeam();
  await rob.types("/ticket");
  await passing(() => rob.modal);
  unsureDisk();
  await rob.submits(printer);
  expect(rob.modal?.errors).not.toEqual({});
  await rob.submits(printer);
  await passing(() => ada.reads(triage).some(({ words }) => words.includes(printer.title)));
  await passing(() => rob.reads(rob.dm).some(({ words }) => words.includes(printer.title)));
});

test("after a restart, what may still arrive is not looked for too soon", async () => {
  const { slack, rob, ada, triage, opens, passing, restart, quiet, url } = await slackTeam();
  const { requesterRoot, agentsRoot, atAgents } = await opens();
  await quiet();
  let arrive = () => undefined as unknown;
  const until = new Promise((resolve) => {
    arrive = () => resolve(undefined);
  });
  slack.misbehave({ until }, { method: "chat.postMessage", channel: triage });
  const quietUntil = slack.calls.length;
  rob.writes(rob.dm, "Is anyone there?", { thread: requesterRoot });
  const isPosting = ({ method }: { method: string }) => method === "chat.postMessage";
  await passing(() => slack.calls.slice(quietUntil).some(isPosting));
  const before = slack.calls.length;
  await restart();
  // To be read back is another thing: that is only about what people wrote.
  const isLook = ({ method, args }: { method: string; args: Record<string, unknown> }) =>
    method === "conversations.replies" && "include_all_metadata" in args;
  const looked = () => slack.calls.slice(before).filter(isLook);
  slack.clock.advance(4_000);
  // Whoever looks at once has done so by the time that these are answered.
  for (let asked = 0; asked < 10; asked += 1) await fetch(`${url()}/readyz`);
  expect(looked()).toEqual([]);
  arrive();
  const said = () => atAgents(ada).filter(({ words }) => words === "Is anyone there?");
  await passing(() => said().length > 0);
  await quiet();
  const heard = said();
  expect(looked()).not.toEqual([]);
  expect(heard.map(({ thread }) => thread)).toEqual([agentsRoot]);
});
