import { describe, expect, test } from "vitest";
import type { Attempt } from "../fakes/slack/event-desk.ts";
import type { ApiFault } from "../fakes/slack/faults.ts";
import type { Person } from "../fakes/slack/person.ts";
import type { Seen } from "../fakes/slack/seen.ts";
import { type Mode, printer, slackTeam, type Team } from "./slack-team.ts";

const tickets = 100;

/** More often than Slack tries: far more goes wrong here than would there. */
const retriesAfterMs = [0, 2_000, 5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000, 60_000];

/** Every way in which a call of Slack goes wrong. */
const apiFaults: (ApiFault | "late")[] = [
  "late",
  "reset",
  "reset-after-effect",
  "cut-off",
  "html",
  { status: 500 },
  { status: 503, afterEffect: true },
  { retryAfterS: 3 },
  { error: "internal_error", afterEffect: true },
  { error: "ratelimited" },
];

/** Draws that are the same in every run. */
function draws(seed: number) {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return {
    next,
    pick: <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T,
    chance: (likely: number) => next() < likely,
  };
}

type Draws = ReturnType<typeof draws>;

interface Story {
  team: Team;
  draw: Draws;
  /** What Slack has had an ack for, as `channel ts`. */
  told: ReadonlySet<string>;
  /** Resolves when it has happened. Time passes meanwhile. */
  until(look: () => unknown): Promise<void>;
}

/**
 * Lets time pass while people act; a little of it, as long as anything is on its way from Slack: that
 * something takes a second here is not to look like a minute there.
 */
async function passingTime(team: Team, act: (story: Story) => Promise<void>): Promise<void> {
  const { slack } = team;
  const told = new Set<string>();
  const waiting = new Set<() => void>();
  let pending: Attempt[] = [];
  let seen = 0;
  const turn = () => {
    pending.push(...slack.events.attempts.slice(seen));
    seen = slack.events.attempts.length;
    for (const { event, ack } of pending)
      if (ack?.kind === "acked") told.add(`${event.channel} ${event.ts}`);
    pending = pending.filter(({ ack }) => ack === undefined);
    for (const look of waiting) look();
    slack.clock.advance(slack.events.underway() > 0 ? 20 : 100);
  };
  const until = (look: () => unknown) =>
    new Promise<void>((resolve, reject) => {
      let turns = 0;
      const again = () => {
        turns += 1;
        if (turns > mostTurns) reject(new Error(`it did not happen: ${look.toString()}`));
        else if (look()) resolve();
        else return;
        waiting.delete(again);
      };
      waiting.add(again);
    });
  const draw = draws(20_261_121);
  const acted = act({ team, draw, told, until });
  let ended = false;
  acted.then(...[() => (ended = true), () => (ended = true)]);
  while (!ended) {
    turn();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await acted;
}

const mostTurns = 60_000;

/** From now on every call of Slack may go wrong. */
function breakCalls({ slack }: Team, { chance, pick }: Draws): void {
  slack.misbehaves(() => {
    if (!chance(0.07)) return undefined;
    const fault = pick(apiFaults);
    if (fault !== "late") return fault;
    return { answeredAfter: new Promise<void>((resolve) => slack.clock.after(2_500, resolve)) };
  });
}

/**
 * What goes wrong on the way from Slack with what is said next. What ends the connection of Socket
 * Mode comes no more often than it is made: else Slack would give up events, and rightly.
 */
function eventBreaker({ slack, mode }: Team, { chance, pick }: Draws): () => void {
  const wholeAfterMs = mode === "http" ? 0 : 75_000;
  let wholeAt = 0;
  const breaks = [
    () => slack.events.disturb("break-off", { type: "message" }),
    ...(mode === "http" ? [] : [() => slack.socketMode.disconnect(), () => slack.socketMode.cut()]),
  ];
  return () => {
    for (const what of ["repeat", "lose-ack"] as const)
      if (chance(0.07)) slack.events.disturb(what, { type: "message" });
    if (slack.clock.now() < wholeAt || !chance(0.07)) return;
    wholeAt = slack.clock.now() + wholeAfterMs;
    pick(breaks)();
  };
}

interface Conversation {
  name: string;
  requester: Person;
  atAgents: string;
  atRequester: string;
  fromAgents: string[];
  fromRequester: string[];
  /** What both have written. */
  written: Seen[];
}

const isRoot = ({ thread, ephemeral }: Seen) => thread === undefined && !ephemeral;

/** Someone opens a ticket while things go wrong: what did not work is done again, as people do. */
async function opens(story: Story, requester: Person, name: string): Promise<void> {
  const { team, draw, until } = story;
  const { slack } = team;
  while (!requester.modal) {
    await requester.types("/ticket");
    const giveUpAt = slack.clock.now() + 5_000;
    await until(() => requester.modal || slack.clock.now() > giveUpAt);
  }
  const { modal } = requester;
  const fields = { ...printer, title: name, description: `${name} begins` };
  if (draw.chance(0.2)) slack.interactions.disturb(draw.pick(["lose-ack", "break-off"]));
  requester.fills(fields);
  const twice = draw.chance(0.2) ? [requester.submitsAgain(modal)] : [];
  await Promise.all([requester.submits(), ...twice]);
  while (requester.modal === modal) {
    const againAt = slack.clock.now() + 1_000;
    await until(() => slack.clock.now() > againAt);
    await requester.submits();
  }
  if (draw.chance(0.2)) await requester.submitsAgain(modal);
}

/** Ten people, each of whom opens one ticket after the other. */
async function openAll(story: Story): Promise<Conversation[]> {
  const { slack, ada, triage } = story.team;
  const people = Array.from({ length: 10 }, (_, n) =>
    slack.person(`U0ASKER${n}`, { name: `asker${n}`, displayName: `Asker ${n}` }),
  );
  const named = Array.from({ length: tickets }, (_, n) => ({
    name: `ticket-${n}.`,
    requester: people[n % people.length] as Person,
  }));
  await Promise.all(
    people.map(async (person) => {
      for (const { name, requester } of named)
        if (requester === person) await opens(story, person, name);
    }),
  );
  await quiet(story);
  const rootOf = (reader: Person, channel: string, name: string) =>
    reader.reads(channel).find((seen) => isRoot(seen) && seen.words.includes(name))?.ts ?? "";
  return named.map(({ name, requester }) => ({
    ...{ name, requester, fromAgents: [], fromRequester: [], written: [] },
    atAgents: rootOf(ada, triage, name),
    atRequester: rootOf(requester, requester.dm, name),
  }));
}

/** By turns, the agent and the requester write in their thread. */
function says({ ada, triage }: Team, each: Conversation, round: number): void {
  const text = `${each.name} message ${round}`;
  const { requester } = each;
  if (round % 2 === 0) {
    each.written.push(ada.writes(triage, text, { thread: each.atAgents }));
    each.fromAgents.push(text);
  } else {
    each.written.push(requester.writes(requester.dm, text, { thread: each.atRequester }));
    each.fromRequester.push(text);
  }
}

/**
 * What someone writes next in a thread, they write after Slack has told of what was written there
 * before: of events that Slack itself tells of in another order, the later one would be mirrored
 * first. Between threads, all that Slack tells of is in any order.
 */
async function talks(
  story: Story,
  each: Conversation,
  breakEvents: () => void,
  rounds: number[],
): Promise<void> {
  const { team, draw, told, until } = story;
  for (const round of rounds) {
    const before = each.written.at(-2);
    await until(() => !before || told.has(`${before.channel} ${before.ts}`));
    const thinksUntil = team.slack.clock.now() + draw.next() * 4_000;
    await until(() => team.slack.clock.now() >= thinksUntil);
    breakEvents();
    const held = draw.chance(0.05) ? team.slack.events.hold() : undefined;
    says(team, each, round);
    if (!held) continue;
    const releaseAt = team.slack.clock.now() + 200;
    await until(() => team.slack.clock.now() >= releaseAt);
    held.release((events) => events.sort(() => draw.next() - 0.5));
  }
  await until(() => each.written.every(({ channel, ts }) => told.has(`${channel} ${ts}`)));
}

/** All is told, and nothing is owed any more. */
async function quiet({ team, until }: Story): Promise<void> {
  const { slack, url } = team;
  let owed = true;
  let turns = 0;
  const ask = async () => {
    const metrics = await (await fetch(`${url()}/metrics`)).text();
    owed = slack.events.underway() > 0 || !/^deskhand_outbox_tickets 0$/m.test(metrics);
  };
  await until(() => {
    turns += 1;
    if (turns % 50 === 0) void ask();
    return !owed;
  });
}

/** What stands in a thread that was not written there, below the card. */
const heardIn = (reader: Person, channel: string, thread: string, { written }: Conversation) =>
  reader
    .reads(channel, { thread })
    .filter(({ ts }) => ts !== thread && !written.some((own) => own.ts === ts))
    .map(({ words }) => words);

function isAllThere({ ada, triage }: Team, each: Conversation): void {
  const { requester, atAgents, atRequester, name, fromAgents, fromRequester } = each;
  const begins = `${name} begins`;
  expect(heardIn(ada, triage, atAgents, each)).toEqual([begins, ...fromRequester]);
  expect(heardIn(requester, requester.dm, atRequester, each)).toEqual([begins, ...fromAgents]);
  const marks = ada
    .reads(triage, { thread: atAgents })
    .filter(({ words }) => fromAgents.includes(words))
    .map(({ reactions }) => reactions);
  expect(marks).toEqual(fromAgents.map(() => ["white_check_mark"]));
}

describe.each<Mode>(["http", "socket"])("over %s", (mode) => {
  test("a hundred tickets with ten messages each come through every fault, each once and in order", async () => {
    const team = await slackTeam({ mode, slack: { retriesAfterMs } });
    const { slack, ada, triage } = team;
    await passingTime(team, async (story) => {
      breakCalls(team, story.draw);
      const conversations = await openAll(story);
      const breakEvents = eventBreaker(team, story.draw);
      const talk = (rounds: number[]) =>
        Promise.all(conversations.map((each) => talks(story, each, breakEvents, rounds)));
      await talk([0, 1, 2, 3, 4]);
      await team.restart();
      await talk([5, 6, 7, 8, 9]);
      await quiet(story);
      for (const each of conversations) isAllThere(team, each);
      expect(ada.reads(triage).filter(isRoot)).toHaveLength(tickets);
    });
    expect(slack.calls.length).toBeGreaterThan(tickets * 20);
  }, 300_000);
});
