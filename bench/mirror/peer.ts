import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startThread } from "../../test/fakes/discord/threads.ts";
import { freePort, type Running, startServer } from "../process.ts";
import type { Sides } from "./sides.ts";
import type { Opened, Seat } from "./tickets.ts";

/** What a bare bridge is told: how the platforms are reached, and which threads are one. */
export interface Bridged {
  slack: { apiUrl: string; botToken: string; signingSecret: string };
  discord: { apiUrl: string; token: string };
  /** A channel in Slack with a thread in it, and a thread in Discord. */
  pairs: { slack: [string, string]; discord: string }[];
}

const bridgeFile = fileURLToPath(import.meta.resolve("../peers/bare-bridge.js"));

export interface BridgeOptions {
  /** How many pairs of threads it stands between. */
  count: number;
  /** What its files are named after. */
  folder: string;
  /** Whether it makes durable what it has to if nothing is to be lost. */
  isDurable: boolean;
}

/** A bridge between two platforms of its own. */
export async function startBridge(
  sides: Sides,
  { count, folder, isDurable }: BridgeOptions,
): Promise<{ running: Running; opened: Opened[] }> {
  const pairs: Bridged["pairs"] = [];
  const opened: Opened[] = [];
  for (let index = 0; index < count; index += 1) {
    const pair = index % 2 === 0 ? fromSlack(sides, index) : fromDiscord(sides, index);
    pairs.push({ slack: pair.slack, discord: pair.discord });
    opened.push(pair.opened);
  }
  const { slack, discord } = sides;
  const { botToken, signingSecret } = slack.app;
  const told: Bridged = {
    slack: { apiUrl: slack.apiUrl, botToken, signingSecret },
    discord: { apiUrl: discord.apiUrl, token: discord.token },
    pairs,
  };
  const file = `${folder}.json`;
  writeFileSync(file, JSON.stringify(told));
  const port = await freePort();
  const running = await startServer(
    { args: [bridgeFile, `${port}`, file, ...(isDurable ? [folder] : [])], env: {} },
    { port, readyPath: "/readyz", log: `${folder}.log` },
  );
  slack.sendTo(`${running.url}/slack/events`, { keepAlive: true });
  return { running, opened };
}

type Pair = Bridged["pairs"][number] & { opened: Opened };

function fromSlack(sides: Sides, index: number): Pair {
  const requester = sides.slackRequester(index);
  const { discordAgents, discordTriage } = sides;
  const slack = slackSeat(requester, requester.dm, index);
  const agent = discordAgents[index % discordAgents.length];
  const discord = discordSeat(sides, agent, discordTriage, index);
  const opened = { name: `bench-${index}`, requester: slack.seat, agents: discord.seat };
  return { slack: [slack.seat.channel, slack.thread], discord: discord.thread, opened };
}

function fromDiscord(sides: Sides, index: number): Pair {
  const { slackAgents, slackTriage, help } = sides;
  const agent = slackAgents[index % slackAgents.length];
  const triage = slackTriage[Math.floor(index / 2) % slackTriage.length];
  const slack = slackSeat(agent, triage?.id ?? "", index);
  const discord = discordSeat(sides, sides.discordRequester(index), help, index);
  const opened = { name: `bench-${index}`, requester: discord.seat, agents: slack.seat };
  return { slack: [slack.seat.channel, slack.thread], discord: discord.thread, opened };
}

type SlackWriter = Sides["slackAgents"][number] | undefined;
type DiscordWriter = Sides["discordAgents"][number] | undefined;

function slackSeat(person: SlackWriter, channel: string, index: number) {
  const thread = person?.writes(channel, `thread ${index}`).ts ?? "";
  const writes = (text: string) => void person?.writes(channel, text, { thread });
  const seat: Seat = { platform: "slack", channel, writes };
  return { seat, thread };
}

/** https://docs.discord.com/developers/resources/channel#channel-object-channel-types */
const publicThread = 11;

function discordSeat({ discord }: Sides, person: DiscordWriter, parent: string, index: number) {
  const { server } = discord;
  const { id } = startThread(server, server.channel(parent), {
    ...{ name: `thread ${index}`, type: publicThread, owner: person?.id ?? "" },
  });
  const writes = (text: string) => void person?.writes(id, text);
  const seat: Seat = { platform: "discord", channel: id, writes };
  return { seat, thread: id };
}
