/** Deskhand between the stand-ins of Slack, Discord and the ticket service, with people at both. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wallClock } from "../fakes/clock.ts";
import { startDiscord } from "../fakes/discord/discord.ts";
import type { Person as DiscordPerson } from "../fakes/discord/person.ts";
import type { Person as SlackPerson } from "../fakes/slack/person.ts";
import { startSlack } from "../fakes/slack/slack.ts";
import { startTicketApi, type TicketApiFake } from "../fakes/ticket-api.ts";
import type { FakeTickets } from "../fakes/ticket-api-tickets.ts";
import { type Wire, wire } from "../fakes/wire.ts";
import { Api } from "./api.ts";
import { Cluster } from "./cluster.ts";
import type { Guilds } from "./discord-place.ts";
import { type Draws, draws } from "./draws.ts";
import type { Journal } from "./journal.ts";
import { type Kept, keptInDatabase, keptInFolder } from "./kept.ts";
import { type Deskhand, Service } from "./service.ts";
import type { Workspace } from "./slack-place.ts";
import { tokensIn } from "./words.ts";

/** How many people ask on each platform, and how many agents are there. */
const askers = 5;
const agents = 3;

/**
 * As on the real platforms, where what happened while no one heard it has to be read back. Without it,
 * it is told later: Slack goes on trying, and a new session of Discord's is told of the last minutes.
 */
export const losesEventsByDefault = true;

/** Of real time, where Slack takes 0, 1 and 5 minutes: https://docs.slack.dev/apis/events-api/#retries */
const fewRetriesMs = [0, 1_000, 5_000];
const manyRetriesMs = [0, ...Array.from({ length: 400 }, () => 400)];
const retellsMs = 15 * 60_000;

/** What Deskhand connects to. */
export type PeerName = "slack" | "discord" | "tickets";

export interface World {
  journal: Journal;
  service: Deskhand;
  /** Where there are several processes. */
  cluster: Cluster | undefined;
  kept: Kept;
  api: Api;
  slack: Workspace;
  discord: Guilds;
  /** A remote ticket service. */
  tickets: TicketApiFake;
  wires: Record<PeerName, Wire>;
  folder: string;
  /** In ids. */
  channels: { slackTriage: string; discordTriage: string; help: string };
  people: {
    slackAskers: SlackPerson[];
    slackAgents: SlackPerson[];
    discordAskers: DiscordPerson[];
    discordAgents: DiscordPerson[];
  };
  tokens: { agent: string; client: string; askers: string[] };
  losesEvents: boolean;
  /** The names of tickets, by the numbers of the messages in them. */
  owners: Map<number, string>;
  /** The numbers of messages that a platform was told to refuse once, for good. */
  refused: Set<number>;
  /** Something went wrong that was not to: whoever acts, stops. */
  abort(why: unknown): void;
  isOver(): boolean;
  /**
   * Since the last start, something was lost that no one can know of: a platform neither told of it nor
   * said so. It is read back after the next start.
   */
  hasLost(): boolean;
  /** The numbers of messages that were lost in this way: they come late. */
  late: ReadonlySet<number>;
  /** Throws why it is useless to go on, if it is. */
  check(): void;
  /** Whether requesters read this channel or thread. */
  isOfRequester(platform: "slack" | "discord", channel: string): boolean;
  /** Starts Deskhand, connected to Slack in one way or the other. */
  start(mode: "http" | "socket"): Promise<"ready" | "killed">;
  /** What every connection of it leads to ends with it. */
  close(): Promise<void>;
}

export async function createWorld(
  journal: Journal,
  { seed, losesEvents, processes }: { seed: number; losesEvents: boolean; processes: number },
): Promise<World> {
  const retriesAfterMs = losesEvents ? fewRetriesMs : manyRetriesMs;
  const slack = await startSlack({ clock: wallClock, retriesAfterMs });
  const discord = await startDiscord({
    clock: wallClock,
    retellsMs: losesEvents ? 0 : retellsMs,
  });
  const tickets = await startTicketApi({ etags: true });
  const habits = habitsBy(draws(seed).fork("ticket service"));
  Object.assign(tickets.tickets.habits, habits, { now: onward() });
  journal.note(`the ticket service: ${JSON.stringify(habits)}`);
  const there = { ...inSlack(slack), ...inDiscord(discord) };
  const { slackTriage, discordTriage, help, ...people } = there;
  const wires = {
    slack: await wire(slack.apiUrl),
    discord: await wire(discord.apiUrl),
    tickets: await wire(tickets.url),
  };
  // Sockets and files are reached in the same way.
  slack.reachedAt(new URL(wires.slack.url).origin);
  discord.server.origin = new URL(wires.discord.url).origin;
  const folder = await mkdtemp(join(tmpdir(), "deskhand-chaos-"));
  const settings = join(folder, "deskhand.yaml");
  await writeFile(settings, routes(slackTriage, discordTriage));
  const data = join(folder, "data");
  const cluster =
    processes > 1
      ? await Cluster.create(processes, journal, draws(seed).fork("cluster"))
      : undefined;
  if (cluster) await mkdir(join(data, "shared"), { recursive: true });
  const service = cluster ?? (await Service.create(journal));
  const kept = cluster
    ? keptInDatabase(cluster.databaseUrl, join(data, "shared"))
    : keptInFolder(data);
  const tokens = tokensFor(slack.workspace.team.id, people);
  const environment = {
    DATA_DIR: data,
    DESKHAND_CONFIG: settings,
    API_TOKENS: tokens.all,
    API_RATE_LIMIT: "off",
    LOG_LEVEL: "debug",
    SLACK_BOT_TOKEN: slack.app.botToken,
    SLACK_API_URL: wires.slack.url,
    DISCORD_TOKEN: discord.token,
    DISCORD_API_URL: wires.discord.url,
    TICKETS_API_URL: wires.tickets.url,
    TICKETS_API_TOKEN: tickets.agentToken,
    TICKETS_API_POLL_MS: "1000",
  };
  let hasLost = false;
  const late = new Set<number>();
  slack.events.onLose = (event) => {
    hasLost = true;
    for (const { message } of tokensIn(JSON.stringify(event))) late.add(message);
  };
  const faults: unknown[] = [];
  const isOver = () => faults.length + service.deaths.length > 0;
  return {
    isOver,
    ...{ late, hasLost: () => hasLost },
    abort: (why) => void faults.push(why),
    check() {
      if (isOver()) throw faults[0] ?? new Error(`Deskhand is no more: ${service.deaths}`);
    },
    ...{ journal, service, slack, discord, tickets, wires, people, losesEvents },
    ...{ cluster, kept, folder: data, channels: { slackTriage, discordTriage, help } },
    api: new Api(service.url),
    owners: new Map(),
    refused: new Set(),
    isOfRequester(platform, channel) {
      if (platform === "slack") return channel.startsWith("D");
      const { parent, recipient, id } = discord.server.channels.get(channel) ?? {};
      return recipient !== undefined || parent === help || id === help;
    },
    tokens,
    start(drawn) {
      hasLost = false;
      // Slack asks whichever it likes over HTTP; a socket would be the leader's alone.
      const mode = cluster ? "http" : drawn;
      if (mode === "http") slack.sendTo(`${service.url}/slack/events`);
      else slack.sendToSocket();
      const secret =
        mode === "http"
          ? { SLACK_SIGNING_SECRET: slack.app.signingSecret }
          : { SLACK_APP_TOKEN: slack.app.appToken };
      return service.start({ ...environment, ...secret });
    },
    async close() {
      await service.close();
      await Promise.all(Object.values(wires).map((each) => each.close()));
      await Promise.all([slack.stop(), discord.stop(), tickets.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What ticket services differ in, drawn for each run. */
const habitsBy = ({ pick }: Draws): Partial<FakeTickets["habits"]> => ({
  updatedSince: pick(["known", "ignored", "refused"] as const),
  tag: pick(["known", "ignored", "refused"] as const),
  listsFirst: pick(["newest", "oldest", "changed"] as const),
});

/** The time, and never the same twice: entries of a ticket service are told apart by it. */
function onward(): () => number {
  let last = 0;
  return () => {
    last = Math.max(last + 1, Date.now());
    return last;
  };
}

function inSlack(slack: Workspace) {
  const person = (kind: string) => (_: unknown, n: number) =>
    slack.person(`U0${kind}0${n}`, {
      name: `${kind}${n}`.toLowerCase(),
      displayName: `${kind} ${n}`,
    });
  const slackAgents = Array.from({ length: agents }, person("AGENT"));
  const slackAskers = Array.from({ length: askers }, person("ASKER"));
  const members = [...slackAgents.map(({ id }) => id), slack.workspace.bot.userId];
  const { id } = slack.workspace.addChannel({ id: "C0TRIAGE1", name: "triage", members });
  return { slackTriage: id, slackAgents, slackAskers };
}

function inDiscord(discord: Guilds) {
  const guild = discord.addGuild({ name: "Acme" });
  const role = discord.addRole(guild, { name: "Agents" }).id;
  const help = discord.addChannel(guild, { name: "help" }).id;
  const triage = discord.addChannel(guild, { name: "triage" }).id;
  discord.removesPermissions(triage, ["viewChannel"], guild.id);
  for (const who of [role, undefined]) discord.givesPermissions(triage, ["viewChannel"], who);
  const person = (kind: string, from: bigint, roles: string[]) => (_: unknown, n: number) =>
    discord.person(String(from + BigInt(n)), {
      ...{ name: `${kind}${n}`, globalName: `${kind} ${n}`, roles },
    });
  return {
    ...{ help, discordTriage: triage },
    discordAgents: Array.from({ length: agents }, person("agent", 400000000000000010n, [role])),
    discordAskers: Array.from({ length: askers }, person("asker", 400000000000000100n, [])),
  };
}

/** As `agentsOf` says. */
const routes = (slack: string, discord: string) => `
triage:
  - { category: technical, to: slack:${slack} }
  - { category: billing, to: discord:${discord} }
  - { to: [slack:${slack}, discord:${discord}] }
`;

/** Also for those who ask in chat: over HTTP they can read their own tickets. */
function tokensFor(
  team: string,
  people: Pick<World["people"], "slackAskers" | "discordAskers">,
): World["tokens"] & { all: string } {
  const [agent, client] = ["token-of-an-agent-over-http", "token-of-a-client-over-http"];
  const ids = [
    ...people.slackAskers.map(({ id }) => `slack:${team}:${id}`),
    ...people.discordAskers.map(({ id }) => `discord:${id}`),
  ];
  const askers = ids.map((_, n) => `token-of-the-asker-${n}`);
  const all = [
    `agent:agent_http:${agent}`,
    `client:client_http:${client}`,
    ...ids.map((id, n) => `client:${id}:${askers[n]}`),
  ];
  return { agent, client, askers, all: all.join(",") };
}

/** What is drawn for each start. */
export const modeBy = ({ chance }: Draws): "http" | "socket" => (chance(0.5) ? "http" : "socket");
