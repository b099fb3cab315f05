import { expect } from "vitest";
import { readConfig } from "../../src/config.ts";
import { readSettings } from "../../src/settings.ts";
import { HandClock } from "../fakes/clock.ts";
import type { Discord } from "../fakes/discord/discord.ts";
import type { Outcome } from "../fakes/discord/outcomes.ts";
import type { Person } from "../fakes/discord/person.ts";
import type { Guild } from "../fakes/discord/records.ts";
import type { Seen } from "../fakes/discord/seen.ts";
import { temporaryFolder } from "../temporary.ts";
import { passesALittle } from "./at-work.ts";
import { type Deskhand, runDeskhand } from "./deskhand.ts";
import type { AgentSeat, Fields, Seat } from "./seats.ts";
import { type DiscordTeam, discordPlatform } from "./seats-discord.ts";

export interface DiscordStoryOptions {
  /** Agents have a forum, with these tags. */
  forum?: readonly string[];
  /** deskhand.yaml; what is there is known by then. */
  yaml?: (there: DiscordTeam & { guild: Guild; agents: string }) => string;
}

/** Deskhand, a Discord server with its people, and no other platform. */
export interface DiscordStory extends Deskhand {
  platform: DiscordTeam;
  discord: Discord;
  guild: Guild;
  /** The role that Ada and Bea have. */
  agents: string;
  /** Asks for help. */
  rob: Person;
  /** See the triage channel. */
  ada: Person;
  bea: Person;
  /** Is in the server, and no agent. */
  eve: Person;
  /** Whose server it is. */
  owner: Person;
  help: string;
  triage: string;
  /** `DATA_DIR`. */
  folder: string;
  /** Rob opens a ticket in #help; resolves when its first words are in both threads, and all is still. */
  opens(fields?: Partial<Fields>): Promise<Opened>;
}

export interface Opened {
  reference: string;
  rob: Seat;
  ada: AgentSeat;
  bea: AgentSeat;
  /** Rob's private thread. */
  thread: string;
  /** The agents' thread. */
  agentsThread: string;
}

export const printer = {
  title: "Printer on fire",
  description: "It burns.",
  priority: "high",
  category: "technical",
} as const satisfies Fields;

export async function discordStory(options: DiscordStoryOptions = {}): Promise<DiscordStory> {
  const { forum, yaml } = options;
  const clock = new HandClock();
  const platform = await discordPlatform(clock, forum ? { forum: true, tags: forum } : {});
  const { discord, help, triageChannel: triage, people } = platform;
  const guild = firstOf(discord.server.guilds.values());
  const agents = firstOf([...guild.roles.values()].filter(({ name }) => name === "Agents")).id;
  const eve = discord.person("400000000000000004", { name: "eve", globalName: "Eve" });
  const owner = discord.person(guild.owner);
  const folder = await temporaryFolder();
  const environment = { PORT: "0", DATA_DIR: folder, TRIAGE: platform.triage };
  const config = readConfig({ ...environment, ...platform.environment() });
  const settings = yaml
    ? settingsOf(yaml({ ...platform, guild, agents }), triage)
    : config.settings;
  const desk = await runDeskhand({
    clock,
    config: { ...config, settings },
    underway: () => discord.underway(),
    started: ({ url }) => platform.started(url),
  });
  const story = { ...desk, ...people, platform, discord, guild, agents, eve, owner };
  const where = { help, triage, folder };
  return { ...story, ...where, opens: (fields) => opens({ ...story, ...where }, fields) };
}

function settingsOf(yaml: string, where: string) {
  const read = readSettings(yaml, { platform: "discord", where });
  if ("problems" in read) throw new Error(read.problems.join("\n"));
  return read.settings;
}

function firstOf<Thing>(all: Iterable<Thing>): Thing {
  for (const each of all) return each;
  throw new Error("there is none");
}

type Story = Omit<DiscordStory, "opens">;

async function opens(story: Story, fields: Partial<Fields> = {}): Promise<Opened> {
  const { platform, discord, passing, quiet } = story;
  const given = { ...printer, ...fields };
  await platform.asks(given, passing);
  const rob = await passing(() => platform.requester(given.title));
  const ada = await passing(() => platform.agent(given.title));
  const bea = await passing(() => platform.agent(given.title, "bea"));
  await passing(() => [rob, ada].every((seat) => seat.lines().length === 1));
  await discord.settled();
  await quiet();
  const reference = /T-[0-9A-Z]{6}/.exec(ada.card())?.[0] ?? "";
  expect(reference).not.toBe("");
  return {
    ...{ reference, rob, ada, bea },
    thread: threadOf(story.rob, story.help, reference),
    agentsThread: threadOf(story.ada, story.triage, reference),
  };
}

/** A story with one ticket in it. */
export async function conversation(): Promise<DiscordStory & { opened: Opened }> {
  const story = await discordStory();
  return { ...story, opened: await story.opens() };
}

/** The thread of a ticket below a channel, as this person sees it. */
export function threadOf(person: Person, channel: string, reference: string): string {
  const found = person.threads(channel).filter(({ name }) => name.startsWith(reference));
  expect(found).toHaveLength(1);
  return found[0]?.id ?? "";
}

/** What stands in a thread below its card and the first words. */
export const words = (seat: Seat): string[] =>
  seat
    .lines()
    .slice(1)
    .map((line) => line.words);

/** What this person alone was told last in a channel. */
export const told = (person: Person, channel: string): Seen | undefined =>
  person
    .reads(channel)
    .filter(({ ephemeral }) => ephemeral)
    .at(-1);

/** The cards in the agents' text channel. */
export const cards = ({ ada, triage }: Pick<Story, "ada" | "triage">): Seen[] =>
  ada.reads(triage).filter(({ buttons }) => buttons.some((id) => id.startsWith("card:")));

/** Opens the form. */
export async function formFor(
  { rob, help, passing }: DiscordStory,
  { channel = help, title }: { channel?: string; title?: string } = {},
): Promise<void> {
  await rob.types("/ticket", title === undefined ? {} : { title }, { channel });
  await passing(() => rob.modal);
}

/** All that stands in the agents' thread of the only ticket, once nothing is on its way. */
export async function atAgents(story: DiscordStory): Promise<Seen[]> {
  const card = await story.passing(() => cards(story)[0]);
  await story.quiet();
  expect(cards(story)).toHaveLength(1);
  return story.ada.reads(card.id);
}

export const photo = { name: "photo.png", content: Buffer.from([1, 2, 3]) };

/** What stands in a field of the open modal. */
export function field(person: Person, id: string) {
  const found = person.modal?.fields.find(({ customId }) => customId === id);
  if (!found) throw new Error(`there is no field ${id}`);
  return found;
}

export async function readiness({ url }: Deskhand): Promise<{ status: number; said: string }> {
  const answer = await fetch(`${url()}/readyz`);
  return { status: answer.status, said: await answer.text() };
}

export async function ticketsOf({ asks }: Deskhand): Promise<unknown[]> {
  return JSON.parse(await asks("agent", "GET", "?limit=100")).data;
}

/** Lets so much time pass as it takes until someone who did something is answered. */
export async function slowly({ discord }: DiscordStory, deed: Promise<Outcome>): Promise<Outcome> {
  let done: Outcome | undefined;
  void deed.then((outcome) => {
    done = outcome;
  });
  return discord.until(() => {
    passesALittle(discord.clock);
    return done;
  });
}
