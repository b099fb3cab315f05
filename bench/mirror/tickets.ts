import { setTimeout as wait } from "node:timers/promises";
import pLimit from "p-limit";
import type { Sides, SlackTriage } from "./sides.ts";
import type { PlatformName } from "./sightings.ts";

/** Where someone writes in a ticket's thread. */
export interface Seat {
  platform: PlatformName;
  /** The channel that the platform counts messages in. */
  channel: string;
  writes(text: string): void;
}

/** Someone asks on one platform, and the agents are on the other. */
export interface Opened {
  name: string;
  requester: Seat;
  agents: Seat;
}

/** More at once would be answered too late by a machine that is busy. */
const openers = 8;

const lookMs = 50;
const patienceMs = 300_000;

/** People fill in the form: half of them in Slack, half in Discord. Resolves once all threads are there. */
export async function openTickets(sides: Sides, count: number): Promise<Opened[]> {
  await untilThere(() => sides.discord.server.commands.size > 0);
  const limited = pLimit(openers);
  const indexes = Array.from({ length: count }, (_, index) => index);
  await limited.map(indexes, (index) =>
    index % 2 === 0 ? opensInSlack(sides, index) : opensInDiscord(sides, index),
  );
  return untilThere(() => {
    const slack = threadsInSlack(sides);
    const discord = threadsInDiscord(sides);
    const opened = indexes.map((index) => seats(sides, index, { slack, discord }));
    const there = opened.filter((each) => each !== undefined);
    return there.length === count ? there : undefined;
  });
}

/** Waits until `look` finds something. */
async function untilThere<Found>(look: () => Found): Promise<NonNullable<Found>> {
  const found = await within(look, patienceMs);
  if (!found) throw new Error(`Waited for ${patienceMs} ms in vain`);
  return found;
}

/** Undefined when it finds nothing in so long. */
async function within<Found>(
  look: () => Found,
  ms: number,
): Promise<NonNullable<Found> | undefined> {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    const found = look();
    if (found) return found;
    await wait(lookMs);
  }
  return undefined;
}

/** A machine that is too busy answers too late: people try again, but not for ever. */
async function tries(attempt: () => Promise<boolean>): Promise<void> {
  for (let tried = 0; tried < mostTries; tried += 1) if (await attempt()) return;
  throw new Error(`A form could not be opened or submitted ${mostTries} times`);
}

const mostTries = 20;
/** A form opens within 3 s, or not at all. */
const opensWithinMs = 4_000;

const nameOf = (index: number) => `bench-${index}`;
const named = /\bbench-(\d+)\b/;

/** All kinds, one after the other, among those who ask on Discord. */
const kindOf = ({ slackTriage }: Sides, index: number): Omit<SlackTriage, "id"> => {
  const kind = slackTriage[Math.floor(index / 2) % slackTriage.length];
  if (!kind) throw new Error("There is no triage channel in Slack");
  return kind;
};

const formOf = (sides: Sides, index: number) => {
  const { category, priority } = kindOf(sides, index);
  const description = "The printer on the second floor is on fire again, and no one is there.";
  return { title: `Printer ${nameOf(index)}`, description, category, priority };
};

async function opensInSlack(sides: Sides, index: number): Promise<void> {
  const person = sides.slackRequester(index);
  await tries(async () => {
    await person.types("/ticket");
    return (await within(() => person.modal, opensWithinMs)) !== undefined;
  });
  await tries(async () => {
    const { kind } = await person.submits(formOf(sides, index));
    return kind === "closed" || !person.modal;
  });
}

async function opensInDiscord(sides: Sides, index: number): Promise<void> {
  const person = sides.discordRequester(index);
  await tries(async () => {
    const { kind } = await person.types("/ticket", {}, { channel: sides.help });
    return kind === "answered" && (await within(() => person.modal, opensWithinMs)) !== undefined;
  });
  await tries(async () => {
    const { kind } = await person.submits(formOf(sides, index));
    return kind === "answered" || !person.modal;
  });
}

interface Thread {
  channel: string;
  thread: string;
}

/** By channel and ticket: in direct messages as in triage channels. */
function threadsInSlack({ slack }: Sides): Map<number, Thread> {
  const found = new Map<number, Thread>();
  for (const { id, messages } of slack.workspace.channels.values())
    for (const { threadTs, ts, text, blocks } of messages) {
      if (threadTs !== undefined) continue;
      const index = named.exec(`${text} ${JSON.stringify(blocks)}`)?.[1];
      if (index !== undefined) found.set(Number(index), { channel: id, thread: ts });
    }
  return found;
}

function threadsInDiscord({ discord }: Sides): Map<number, string> {
  const found = new Map<number, string>();
  for (const { id, name, thread } of discord.server.channels.values()) {
    const index = thread && named.exec(name)?.[1];
    if (index !== undefined) found.set(Number(index), id);
  }
  return found;
}

interface Threads {
  slack: Map<number, Thread>;
  discord: Map<number, string>;
}

function seats(sides: Sides, index: number, threads: Threads): Opened | undefined {
  const inSlack = threads.slack.get(index);
  const inDiscord = threads.discord.get(index);
  if (!inSlack || inDiscord === undefined) return undefined;
  const isFromSlack = index % 2 === 0;
  const { slackAgents, discordAgents } = sides;
  const slackSide = isFromSlack
    ? sides.slackRequester(index)
    : slackAgents[index % slackAgents.length];
  const discordSide = isFromSlack
    ? discordAgents[index % discordAgents.length]
    : sides.discordRequester(index);
  const { channel, thread } = inSlack;
  const slack: Seat = {
    ...{ platform: "slack", channel },
    writes: (text) => void slackSide?.writes(channel, text, { thread }),
  };
  const discord: Seat = {
    ...{ platform: "discord", channel: inDiscord },
    writes: (text) => void discordSide?.writes(inDiscord, text),
  };
  return {
    name: nameOf(index),
    ...(isFromSlack
      ? { requester: slack, agents: discord }
      : { requester: discord, agents: slack }),
  };
}
