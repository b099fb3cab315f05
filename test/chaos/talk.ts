/** A ticket from its form to its last word: who comes to it, and where they find it. */
import { setTimeout as wait } from "node:timers/promises";
import {
  type Act,
  type Acting,
  actsAt,
  actsIn,
  actsInService,
  actsOverHttp,
  actsWithCard,
  filesFor,
  newWords,
} from "./acts.ts";
import { discordAgent, discordPlace, opensInDiscord } from "./discord-place.ts";
import type { Draws } from "./draws.ts";
import type { AgentPlace, Place } from "./place.ts";
import { remotePlace } from "./remote-place.ts";
import { opensInSlack, slackAgent, slackPlace } from "./slack-place.ts";
import { agentsOf, formSource, type Ticket } from "./tickets.ts";
import { disturber } from "./troubles.ts";
import { until } from "./waiting.ts";
import { tokensIn } from "./words.ts";
import type { World } from "./world.ts";

interface Talking {
  world: World;
  /** Of this ticket. */
  draw: Draws;
}

/** So likely something else goes wrong with what someone does next. */
const disturbed = 0.25;
/** So likely there is an agent without a thread. */
const overHttp = 0.4;
/** So likely someone works on it in the remote ticket service. */
const inService = 0.6;

/** Opens it, and lets everyone do at most so many things in it. */
export async function talk(
  { world, draw }: Talking,
  ticket: Ticket,
  { acts }: { acts: number },
): Promise<void> {
  await wait(draw.between(0, 3_000));
  await opens({ world, draw: draw.fork("form") }, ticket);
  ticket.id = await idOf(world, ticket);
  const disturb = disturber(world, draw.fork("disturber"), disturbed);
  const does = (source: string, most: number, allFor: (acting: Acting) => Act[]) => {
    const acting = { world, ticket, draw: draw.fork(source), disturb };
    const some = draw.between(Math.ceil(most / 2), most);
    return actsIn(acting, { acts: some, source, all: allFor(acting) });
  };
  const requester = async () => {
    if (ticket.origin === "http")
      return does("http client", acts, (acting) => actsOverHttp(acting, "client"));
    const look = () => requesterPlace(world, ticket);
    const place = await found(world, ticket, "its requester's thread", look);
    ticket.requester = place;
    return does(place.name, acts, (acting) => actsAt(acting, place));
  };
  const agent = async (platform: "slack" | "discord") => {
    const look = () => agentPlace(world, ticket, platform);
    const place = await found(world, ticket, `its agents' thread in ${platform}`, look);
    ticket.agents.push(place);
    const all = (acting: Acting) => [...actsAt(acting, place), ...actsWithCard(acting, place)];
    return does(place.name, acts, all);
  };
  const agents = agentsOf[ticket.category].map(agent);
  const remote = async () => {
    const look = () => remotePlace(world.tickets.tickets, ticket.name);
    const place = await found(world, ticket, "its ticket in the service", look);
    ticket.remote = place;
    if (!draw.chance(inService)) return;
    await does(place.name, Math.ceil(acts / 2), (acting) => actsInService(acting, place));
  };
  const others = draw.chance(overHttp)
    ? [does("http agent", Math.ceil(acts / 3), (acting) => actsOverHttp(acting, "agent"))]
    : [];
  await Promise.all([requester(), ...agents, remote(), ...others]);
}

const idOf = ({ api, tokens }: World, { name }: Ticket): Promise<string> =>
  until(`${name} is there over HTTP`, async () => (await api.find(tokens.agent, name))?.[0]);

/** Once it shows what the form said, or was to, Deskhand knows of the thread. */
const found = <Found extends Place>(
  world: World,
  ticket: Ticket,
  what: string,
  look: () => Found | undefined,
): Promise<Found> =>
  until(`${ticket.name} has ${what}`, () => {
    world.check();
    const place = look();
    const { number } = ticket.written[0] ?? { number: 0 };
    const isShown = place
      ?.shows()
      .some(({ words }) => tokensIn(words).some(({ message }) => message === number));
    return isShown || world.refused.has(number) ? place : undefined;
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
async function opens({ world, draw }: Talking, ticket: Ticket): Promise<void> {
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
  if (origin === "slack" && slackAsker)
    await opensInSlack(slackAsker, fields, { files, isTwice: draw.chance(0.2) });
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
