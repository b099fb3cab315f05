import { describe, expect, test } from "vitest";
import type { Person } from "../fakes/slack/person.ts";
import type { Seen } from "../fakes/slack/seen.ts";
import { breakCalls, eventBreaker, opens, retriesAfterMs, toldBy } from "./faulty-slack.ts";
import { type Draws, draws, nothingOwed, passingTime, type Until } from "./faulty-story.ts";
import { type Mode, printer, slackTeam, type Team } from "./slack-team.ts";

const tickets = 100;

/** So likely does anything go wrong. */
const likely = 0.07;

interface Story {
  team: Team;
  draw: Draws;
  told: ReturnType<typeof toldBy>;
  until: Until;
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
        if (requester === person)
          await opens(
            slack,
            person,
            { ...printer, title: name, description: `${name} begins` },
            story,
          );
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
    await until(() => !before || told.has(before.channel, before.ts));
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
  await until(() => each.written.every(({ channel, ts }) => told.has(channel, ts)));
}

const quiet = ({ team: { slack, url }, until }: Story) =>
  nothingOwed({ url, underway: () => slack.events.underway() }, until);

/** What stands in a thread that was not written there, below the card. */
const heardIn = (reader: Person, channel: string, thread: string, { written }: Conversation) =>
  reader
    .reads(channel, { thread })
    .filter(
      ({ ts }) => ts !== thread && !written.some((own) => own.channel === channel && own.ts === ts),
    )
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
    const told = toldBy(slack);
    const underway = () => slack.events.underway();
    await passingTime({ clock: slack.clock, underway, turn: told.look }, async (until) => {
      const story = { team, draw: draws(20_261_121), told, until };
      breakCalls(slack, story.draw, likely);
      const conversations = await openAll(story);
      const breakEvents = eventBreaker(slack, mode, story.draw, likely);
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
