/** At the limits that Slack and Discord have: how near to them it sends, and how often it is told to wait. */
import { setTimeout as wait } from "node:timers/promises";
import { startAnswered } from "./answered.ts";
import type { Letter, Letters } from "./letters.ts";
import {
  discordGlobal,
  limitRates,
  outOfOrder,
  refusedBy,
  steadyAfterMs,
  steadyRate,
  takenIn,
} from "./rates.ts";
import type { Sides } from "./sides.ts";
import { type PlatformName, type SeenCall, watchCalls } from "./sightings.ts";
import type { Seat } from "./tickets.ts";

/** What came of more messages than a platform takes at once. */
export interface LimitSample {
  name: string;
  /** How many a second it took while there was more to send than it takes; undefined: there never was. */
  perSecond: number | undefined;
  /** The most that it takes. */
  limitPerSecond: number;
  /** How often it said that it was too much, in the first seconds and from then on. */
  refusedAtFirst: number;
  refused: number;
  messages: number;
  /** How many stand in a thread after one that was written later. */
  outOfOrder: number;
}

interface LimitOptions {
  folder: string;
  /** How long each limit is sent at. */
  limitMs: number;
}

const tickets = 200;
const inOneChannel = 4;

export async function measureLimits(
  { folder, limitMs }: LimitOptions,
  tell: (line: string) => void,
): Promise<LimitSample[]> {
  const answered = await startAnswered(`${folder}/deskhand-limits`, tickets, tell);
  const { sides, opened, letters } = answered;
  limitRates(sides);
  const seconds = limitMs / 1_000;
  const fromSlack = opened.flatMap(({ requester }) =>
    requester.platform === "slack" ? [requester] : [],
  );
  const fromDiscord = opened.flatMap(({ requester, agents }) =>
    requester.platform === "discord" ? [{ requester, triage: agents.channel }] : [],
  );
  const [first] = fromDiscord;
  const one = fromDiscord
    .filter(({ triage }) => triage === first?.triage)
    .map(({ requester }) => requester);
  const all = fromDiscord.map(({ requester }) => requester);
  const channels = new Set(fromDiscord.map(({ triage }) => triage)).size;
  const cases: Case[] = [
    {
      name: "one channel in Slack",
      seats: one.slice(0, inOneChannel),
      limitPerSecond: 1,
      to: "slack",
    },
    { name: `${channels} channels in Slack`, seats: all, limitPerSecond: channels, to: "slack" },
    {
      name: "one thread in Discord",
      seats: fromSlack.slice(0, 1),
      limitPerSecond: 1,
      to: "discord",
    },
    {
      name: `${fromSlack.length} threads in Discord`,
      seats: fromSlack,
      limitPerSecond: discordGlobal,
      to: "discord",
    },
  ];
  const samples: LimitSample[] = [];
  for (const each of cases) {
    tell(`sending at the limit of ${each.name}`);
    samples.push(await measure(sides, letters, each, seconds));
  }
  await answered.stop();
  return samples;
}

interface Case {
  name: string;
  seats: Seat[];
  limitPerSecond: number;
  to: PlatformName;
}

/** Some of it is sent while the rest is still being written. */
const times = 1.5;

/** From one burst to the next, what a limit allows at once is allowed anew. */
const restMs = 6_000;

async function measure(
  sides: Sides,
  letters: Letters,
  { name, seats, limitPerSecond, to }: Case,
  seconds: number,
): Promise<LimitSample> {
  await wait(restMs);
  const count = Math.max(seats.length, Math.round(limitPerSecond * seconds * times));
  const calls: SeenCall[] = [];
  const stop = watchCalls(sides, (call) => void (call.platform === to && calls.push(call)));
  const written: Letter[] = [];
  const began = Date.now();
  for (let index = 0; index < count; index += 1) {
    const seat = seats[index % seats.length];
    if (seat) written.push(letters.write(seat));
    await takenIn(sides, seats);
  }
  const writtenAt = performance.now();
  await letters.settled();
  stop();
  const posts = calls.filter(({ isPost }) => isPost);
  const refused = await refusedBy(sides, to, began + steadyAfterMs);
  return {
    ...{ name, limitPerSecond, messages: count, refused },
    perSecond: steadyRate(posts, writtenAt),
    refusedAtFirst: (await refusedBy(sides, to, began)) - refused,
    outOfOrder: outOfOrder(written),
  };
}
