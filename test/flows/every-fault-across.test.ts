import { expect, test } from "vitest";
import { z } from "zod";
import { HandClock } from "../fakes/clock.ts";
import { temporaryFolder } from "../temporary.ts";
import { type Deskhand, runDeskhand } from "./deskhand.ts";
import * as faultyDiscord from "./faulty-discord.ts";
import * as faultySlack from "./faulty-slack.ts";
import { type Draws, draws, nothingOwed, passingTime, type Until } from "./faulty-story.ts";
import { type Lifeline, lifeline } from "./lifeline.ts";
import { configOf } from "./mixed-team.ts";
import type { Fields, Line, Seat } from "./seats.ts";
import { type DiscordTeam, discordPlatform, discordSeat } from "./seats-discord.ts";
import { slackPlatform, slackSeat } from "./seats-slack.ts";

const tickets = 100;
const seed = 20_261_122;
/** So likely does anything go wrong. */
const likely = 0.07;

/** All four ways, and agents on both platforms. */
const routes = `
triage:
  - { platform: slack, category: technical, to: slack:TRIAGE }
  - { platform: slack, category: billing, to: discord:TRIAGE }
  - { platform: discord, category: technical, to: discord:TRIAGE }
  - { platform: discord, category: billing, to: slack:TRIAGE }
  - { to: [slack:TRIAGE, discord:TRIAGE] }
`;
const categories = ["technical", "billing", "technical", "billing", "general"] as const;

type SlackTeam = Awaited<ReturnType<typeof slackPlatform>>;

interface Team extends Deskhand {
  clock: HandClock;
  slack: SlackTeam;
  discord: DiscordTeam;
  underway: () => number;
}

async function bothPlatforms(): Promise<Team> {
  const clock = new HandClock();
  const slack = await slackPlatform(clock, { retriesAfterMs: faultySlack.retriesAfterMs });
  const discord = await discordPlatform(clock);
  const underway = () => slack.underway() + discord.underway();
  const whole = configOf([slack, discord], [], await temporaryFolder(), routes);
  let lines: Lifeline[] = [];
  const desk = await runDeskhand({
    ...{ clock, underway },
    config: async () => {
      const [toSlack, toDiscord] = await Promise.all([
        lifeline(slack.slack.apiUrl),
        lifeline(discord.discord.apiUrl),
      ]);
      lines = [toSlack, toDiscord];
      return {
        ...whole,
        ...(whole.slack && { slack: { ...whole.slack, apiUrl: toSlack.url } }),
        ...(whole.discord && { discord: { ...whole.discord, apiUrl: toDiscord.url } }),
      };
    },
    started: async ({ url }) => {
      await slack.started(url);
      await discord.started(url);
    },
    // Of what it has begun to send, nothing goes out any more.
    ended: () => {
      for (const line of lines) line.cut();
    },
  });
  return { ...desk, clock, slack, discord, underway };
}

interface Story {
  team: Team;
  draw: Draws;
  told: ReturnType<typeof faultySlack.toldBy>;
  until: Until;
  /** Something may go wrong on the way from the platforms, with what happens next. */
  breakEvents(): void;
}

/** Someone's thread, and what was written in it. */
interface Side {
  seat: Seat;
  texts: string[];
  written: Line[];
  /** Something else can be written without being told of first. */
  isTold(line: Line): boolean;
}

interface Conversation {
  name: string;
  requester: Side;
  agents: Side[];
}

/** Someone who asks for help. */
interface Asker {
  opens(fields: Fields): Promise<void>;
  /** In their thread of the ticket with this title. */
  side(title: string): Side;
}

const sideOf = (seat: Seat | undefined, isTold: Side["isTold"]): Side => {
  if (!seat) throw new Error("someone has no thread");
  return { seat, isTold, texts: [], written: [] };
};

/** Slack may bring first what was said later, Discord tells of everything in its order. */
const inSlack =
  ({ told }: Story, channel: string) =>
  ({ id }: Line) =>
    told.has(channel, id);
const inDiscord = () => true;

function askers(story: Story): Asker[] {
  const { slack } = story.team.slack;
  const { discord, help } = story.team.discord;
  return Array.from({ length: 10 }, (_, n): Asker[] => {
    const one = slack.person(`U0ASKER${n}`, { name: `asker${n}` });
    const other = discord.person(`50000000000000000${n}`, { name: `asker${n}` });
    return [
      {
        opens: (fields) => faultySlack.opens(slack, one, { ...fields }, story),
        side: (title) => sideOf(slackSeat(slack, one, one.dm, title), inSlack(story, one.dm)),
      },
      {
        opens: (fields) => faultyDiscord.opens(story.team.discord, other, fields, story.draw),
        side: (title) => sideOf(discordSeat(discord, other, help, title), inDiscord),
      },
    ];
  }).flat();
}

function agentsOf(story: Story, title: string): Side[] {
  const { slack, discord } = story.team;
  const channel = slack.triage.replace("slack:", "");
  const [one, other] = [slack.agent(title), discord.agent(title)];
  return [
    ...(one ? [sideOf(one, inSlack(story, channel))] : []),
    ...(other ? [sideOf(other, inDiscord)] : []),
  ];
}

/** Twenty people, each of whom opens one ticket after the other. */
async function openAll(story: Story): Promise<Conversation[]> {
  const people = askers(story);
  const opened = people.flatMap((asker, n) =>
    categories.map((category, m) => ({ asker, category, name: `ticket-${n}-${m}.` })),
  );
  await Promise.all(
    people.map(async (each) => {
      for (const { asker, category, name } of opened) {
        if (asker !== each) continue;
        story.breakEvents();
        const description = `${name} begins`;
        await asker.opens({ title: name, description, priority: "high", category });
      }
    }),
  );
  await nothingOwed(story.team, story.until);
  return opened.map(({ name, asker }) => ({
    name,
    requester: asker.side(name),
    agents: agentsOf(story, name),
  }));
}

const secret = "is a difficult one";

/** By turns, an agent and the requester write in their thread; one of ten replies follows a note. */
function says({ name, requester, agents }: Conversation, round: number): Side {
  const side = (round % 2 === 0 ? agents[(round / 2) % agents.length] : undefined) ?? requester;
  if (round === 8) side.written.push(side.seat.writes(`// ${name} ${secret}`));
  const text = `${name} message ${round}`;
  side.texts.push(text);
  side.written.push(side.seat.writes(text));
  return side;
}

/** In Slack, someone writes on in a thread when it has told of what was written there before. */
async function talks(story: Story, each: Conversation, rounds: number[]): Promise<void> {
  const { team, draw, until, breakEvents } = story;
  const { clock } = team;
  const sides = [each.requester, ...each.agents];
  const isTold = () => sides.every(({ written, isTold }) => written.every(isTold));
  for (const round of rounds) {
    const thinksUntil = clock.now() + draw.next() * 4_000;
    await until(() => clock.now() >= thinksUntil && isTold());
    breakEvents();
    const released = draw.chance(0.05) ? holds(team, draw) : undefined;
    says(each, round);
    if (!released) continue;
    const releaseAt = clock.now() + 200;
    await until(() => clock.now() >= releaseAt);
    released();
  }
  await until(isTold);
}

/** Nothing is told until what it returns is called; Slack then tells of it in any order. */
function holds({ slack, discord }: Team, { next }: Draws): () => void {
  const held = slack.slack.events.hold();
  discord.discord.gateway.holds();
  return () => {
    held.release((events) => events.sort(() => next() - 0.5));
    discord.discord.gateway.releases();
  };
}

const keptSchema = z.object({
  data: z.array(z.object({ _id: z.string(), title: z.string() })),
  pagination: z.object({ total: z.number() }),
});

async function keptTickets({ asks }: Team) {
  return keptSchema.parse(JSON.parse(await asks("agent", "GET", "?limit=100")));
}

const entriesSchema = z.object({ data: z.object({ threads: z.array(z.unknown()) }) });

/** Everything that was said is in its ticket. */
async function allKept({ team, until }: Story, all: Conversation[]): Promise<void> {
  const { data } = await keptTickets(team);
  const missing = new Set(all);
  const look = async (each: Conversation) => {
    const said = [each.requester, ...each.agents].flatMap(({ texts }) => texts);
    const id = data.find(({ title }) => title === each.name)?._id;
    const answer = entriesSchema.safeParse(JSON.parse(await team.asks("agent", "GET", `/${id}`)));
    if (answer.data?.data.threads.length === 1 + said.length) missing.delete(each);
  };
  while (missing.size > 0) {
    for (const each of missing) await look(each);
    const lookAgainAt = team.clock.now() + 1_000;
    await until(() => team.clock.now() >= lookAgainAt);
  }
}

/** What stands in a thread that was not written there. */
const heardBy = ({ seat, written }: Side): Line[] =>
  seat.lines().filter(({ id }) => !written.some((own) => own.id === id));

const isNote = ({ words }: Line) => words.includes(secret);

/** Each once, and in the order in which it was said in each of the other threads. */
function isAllThere({ name, requester, agents }: Conversation): void {
  const sides = [requester, ...agents];
  for (const side of sides) {
    const heard = heardBy(side);
    const words = heard.filter((line) => !isNote(line)).map((line) => line.words);
    const others = sides.filter((other) => other !== side);
    expect(words[0]).toBe(`${name} begins`);
    for (const { texts } of others)
      expect(words.filter((each) => texts.includes(each))).toEqual(texts);
    expect(words).toHaveLength(1 + others.flatMap(({ texts }) => texts).length);
    expect(heard.flatMap(({ pings }) => pings)).toEqual([]);
    // Of the note only the other agents hear.
    const writesNote = side.written.some(isNote);
    expect(heard.filter(isNote)).toHaveLength(side === requester || writesNote ? 0 : 1);
  }
  for (const { seat, texts } of agents) {
    const replies = seat.lines().filter(({ words }) => texts.includes(words));
    expect(replies.map(({ marks }) => marks)).toEqual(texts.map(() => ["delivered"]));
  }
}

/** Threads and cards that anyone could see, also those that no ticket knows of. */
function threadsOf({ slack, discord }: Team) {
  const isRoot = ({ thread, ephemeral }: { thread?: string | undefined; ephemeral: boolean }) =>
    thread === undefined && !ephemeral;
  const channel = slack.triage.replace("slack:", "");
  const { server } = discord.discord;
  const below = (id: string) => server.threadsOf(server.channel(id)).length;
  return {
    inSlack: slack.slack.person("U0ADA0001").reads(channel).filter(isRoot).length,
    inDiscord: below(discord.triageChannel),
    cardsInDiscord: discord.people.ada
      .reads(discord.triageChannel)
      .filter(({ embeds }) => embeds.length > 0).length,
    ofRequesters: below(discord.help),
  };
}

test("a hundred tickets with ten messages each come through every fault, across both platforms, each once and in order", async () => {
  const team = await bothPlatforms();
  const { slack } = team.slack;
  const { discord } = team.discord;
  const told = faultySlack.toldBy(slack);
  const draw = draws(seed);
  await passingTime({ ...team, turn: told.look }, async (until) => {
    faultySlack.breakCalls(slack, draw, likely);
    faultyDiscord.breakCalls(discord, draw, likely);
    const breaks = [
      faultySlack.eventBreaker(slack, "http", draw, likely),
      faultyDiscord.gatewayBreaker(discord, draw, likely),
    ];
    const breakEvents = () => {
      for (const each of breaks) each();
    };
    const story = { team, draw, told, until, breakEvents };
    const all = await openAll(story);
    const talk = (rounds: number[]) => Promise.all(all.map((each) => talks(story, each, rounds)));
    await talk([0, 1, 2, 3, 4]);
    await allKept(story, all);
    await team.restart();
    await talk([5, 6, 7, 8, 9]);
    await allKept(story, all);
    await nothingOwed(team, until);
    for (const each of all) isAllThere(each);
    expect((await keptTickets(team)).pagination.total).toBe(tickets);
    expect(threadsOf(team)).toEqual({
      inSlack: 60,
      inDiscord: 60,
      cardsInDiscord: 60,
      ofRequesters: 50,
    });
    expect(team.discord.inPublic()).not.toContain(secret);
  });
  expect(discord.gateway.resumed).toBeGreaterThan(5);
}, 300_000);
