/** One round: people open tickets and talk in them while all goes wrong, until all is quiet again. */
import { setTimeout as wait } from "node:timers/promises";
import { actsAt, actsIn, actsOverHttp, actsWithCard, filesFor, newWords } from "./acts.ts";
import type { Calls } from "./calls.ts";
import { discordAgent, discordPlace, opensInDiscord } from "./discord-place.ts";
import type { Draws } from "./draws.ts";
import type { AgentPlace, Place } from "./place.ts";
import { becomesQuiet } from "./quiet.ts";
import { opensInSlack, slackAgent, slackPlace } from "./slack-place.ts";
import { agentsOf, categories, formSource, origins, type Ticket } from "./tickets.ts";
import { disturber, type Troubles } from "./troubles.ts";
import { until } from "./waiting.ts";
import { tokensIn } from "./words.ts";
import type { World } from "./world.ts";

/** How much happens in a round. */
export interface Size {
  tickets: number;
  /** Of each person in each ticket, at most. */
  acts: number;
  kills: number;
  outages: number;
}

export interface Round {
  /** From 1. */
  number: number;
  size: Size;
  /** Only these tickets, by name; all of them when there is none. */
  only: readonly string[];
}

export interface Playing {
  world: World;
  calls: Calls;
  troubles: Troubles;
  /** Of this round. */
  draw: Draws;
}

/** Adds the tickets of a round, as they stand in the end, also if that is not reached. */
export async function play(playing: Playing, round: Round, tickets: Ticket[]): Promise<void> {
  const { world, calls, troubles, draw } = playing;
  tickets.push(...ticketsOf(round, draw));
  const { acts, kills, outages } = round.size;
  let hasEnded = false;
  calls.begin();
  const plan = { acts: Math.ceil(tickets.length * acts * 1.5), kills, outages };
  const making = troubles.make(plan, () => hasEnded);
  const abort = (error: unknown) => world.abort(error);
  const talking = tickets.map((ticket) => talk(playing, ticket, round.size).catch(abort));
  await Promise.all(talking);
  hasEnded = true;
  await making.catch(abort);
  world.check();
  calls.end();
  if (!world.service.isReady) await troubles.begins();
  world.journal.note("nothing goes wrong any more");
  await becomesQuiet(world);
  for (const ticket of tickets)
    for (const written of ticket.written) written.isRefused = calls.refused.has(written.number);
}

function ticketsOf({ number, size, only }: Round, draw: Draws): Ticket[] {
  const { between, pick } = draw.fork("tickets");
  return Array.from({ length: size.tickets }, (_, n): Ticket => {
    return {
      name: `t${number}x${n}`,
      // Each way between the platforms comes, also in a small round.
      origin: origins[n % 5 === 4 ? 2 : n % 2] ?? "http",
      category: n < 3 ? (categories[n] ?? "general") : pick(categories),
      asker: between(0, 4),
      ...{ isOpen: false, id: undefined, requester: undefined },
      ...{ agents: [], written: [], resolutions: [] },
    };
  }).filter(({ name }) => only.length === 0 || only.includes(name));
}

/** A ticket from its form to its last word. */
async function talk(playing: Playing, ticket: Ticket, { acts }: Size): Promise<void> {
  const { world } = playing;
  const draw = playing.draw.fork(ticket.name);
  await wait(draw.between(0, 3_000));
  await opens(playing, ticket, draw.fork("form"));
  const disturb = disturber(world, draw.fork("disturber"), 0.2);
  const actingAs = (name: string) => ({ world, ticket, draw: draw.fork(name), disturb });
  const some = () => draw.between(Math.ceil(acts / 2), acts);
  const requester = async () => {
    if (ticket.origin === "http") {
      const acting = actingAs("client");
      const all = actsOverHttp(acting, "client");
      return actsIn(acting, { acts: some(), source: "http client", all });
    }
    const place = await found(world, ticket, "its requester's thread", () =>
      requesterPlace(world, ticket),
    );
    ticket.requester = place;
    const acting = actingAs(place.name);
    return actsIn(acting, { acts: some(), source: place.name, all: actsAt(acting, place) });
  };
  const agent = async (platform: "slack" | "discord") => {
    const place = await found(world, ticket, `its agents' thread in ${platform}`, () =>
      agentPlace(world, ticket, platform),
    );
    ticket.agents.push(place);
    const acting = actingAs(place.name);
    const all = [...actsAt(acting, place), ...actsWithCard(acting, place)];
    return actsIn(acting, { acts: some(), source: place.name, all });
  };
  const isOverHttp = async () => {
    const [id] = await until(`${ticket.name} is there over HTTP`, () =>
      world.api.find(world.tokens.agent, ticket.name),
    );
    ticket.id = id;
  };
  const agentOverHttp = async () => {
    if (!draw.chance(0.4)) return undefined;
    const acting = actingAs("agent over HTTP");
    const all = actsOverHttp(acting, "agent");
    return actsIn(acting, { acts: Math.ceil(acts / 3), source: "http agent", all });
  };
  await isOverHttp();
  await Promise.all([requester(), agentOverHttp(), ...agentsOf[ticket.category].map(agent)]);
}

/** Once it shows what the form said, Deskhand knows of the thread. */
const found = <Found extends Place>(
  world: World,
  ticket: Ticket,
  what: string,
  look: () => Found | undefined,
): Promise<Found> =>
  until(`${ticket.name} has ${what}`, () => {
    world.check();
    const place = look();
    const [form] = ticket.written;
    const isShown = place
      ?.shows()
      .some(({ words }) => tokensIn(words).some(({ message }) => message === form?.number));
    return isShown ? place : undefined;
  });

function requesterPlace(world: World, { name: title, origin, asker }: Ticket): Place | undefined {
  const { slack, discord, people, channels } = world;
  const side = "requester";
  if (origin === "slack") {
    const person = people.slackAskers[asker];
    return person && slackPlace({ slack, person, channel: person.dm, title, side });
  }
  const person = people.discordAskers[asker];
  return person && discordPlace({ discord, person, channel: channels.help, title, side });
}

function agentPlace(
  { slack, discord, people, channels }: World,
  { name: title, asker }: Ticket,
  platform: "slack" | "discord",
): AgentPlace | undefined {
  if (platform === "slack") {
    const person = people.slackAgents[asker % people.slackAgents.length];
    return person && slackAgent({ slack, person, channel: channels.slackTriage, title });
  }
  const person = people.discordAgents[asker % people.discordAgents.length];
  return person && discordAgent({ discord, person, channel: channels.discordTriage, title });
}

/** Someone fills the form, and does so again until it is taken. */
async function opens({ world }: Playing, ticket: Ticket, draw: Draws): Promise<void> {
  const { people, channels, journal, api, tokens } = world;
  const { name, category, origin, asker } = ticket;
  const acting = { world, ticket, draw };
  const { written, words } = newWords(acting, { source: formSource, pieces: draw.between(2, 4) });
  const files = origin === "http" || draw.chance(0.7) ? [] : filesFor(written, 1, draw);
  written.files = files;
  ticket.written.push(written);
  const fields = { title: `${name} Lamp`, description: words, priority: "high", category };
  journal.count("acts", `ticket opened in ${origin}`);
  journal.note(`a form is filled in ${origin}, with k${written.number}v0`, name);
  const slackAsker = people.slackAskers[asker];
  const discordAsker = people.discordAskers[asker];
  if (origin === "slack" && slackAsker) await opensInSlack(slackAsker, fields, files);
  else if (origin === "discord" && discordAsker)
    await opensInDiscord({
      ...{ person: discordAsker, channel: channels.help, fields, files },
      isThere: async () => ((await api.find(tokens.agent, name)) ?? []).length > 0,
    });
  else
    await api.writes(tokens.client, {
      method: "POST",
      path: "",
      body: fields,
      key: `open-${name}`,
    });
  ticket.isOpen = true;
  journal.note("it is open", name);
}
