import { expect, onTestFinished } from "vitest";
import { createAgents } from "../../adapters/discord/agents.ts";
import { ChannelPace } from "../../adapters/discord/channel-pace.ts";
import { createDirectThreads } from "../../adapters/discord/direct-threads.ts";
import { Editions } from "../../adapters/discord/editions.ts";
import { createGuilds } from "../../adapters/discord/guilds.ts";
import { createDiscordPlatform } from "../../adapters/discord/platform.ts";
import type { ThreadAddress } from "../../adapters/discord/references.ts";
import { createRest } from "../../adapters/discord/rest.ts";
import type { Failure, PlatformAdapter, TicketCard } from "../../src/desk/chat.ts";
import { startDiscord } from "../fakes/discord/discord.ts";
import { channelType } from "../fakes/discord/records.ts";
import { keptLog } from "../log.ts";

interface Given {
  requestMs?: number;
  transferMs?: number;
  identity?: () => { user: string };
}

/**
 * A Discord with a server, in it a triage channel, a forum and a channel to ask in, an agent and a
 * requester; and the adapter on the real discord.js. When the test is over, every body that was sent
 * has to have been one that Discord takes, and that pings no one.
 */
export async function discordWithPlatform(given: Given = {}) {
  const { requestMs = 30_000, transferMs = 30_000 } = given;
  const discord = await startDiscord();
  onTestFinished(async () => {
    await discord.stop();
    expect(discord.violations).toEqual([]);
    expect(discord.unguarded).toEqual([]);
  });
  const { server, token, apiUrl, clock } = discord;
  const guild = discord.addGuild({ name: "Acme" });
  const ada = discord.person("400000000000000001", { name: "ada", globalName: "Ada" });
  const rob = discord.person("400000000000000002", { name: "rob", globalName: "Rob" });
  const { id: triage } = discord.addChannel(guild, { name: "triage" });
  const { id: help } = discord.addChannel(guild, { name: "help" });
  const tags = ["Open", "In Progress", "closed", "High", "Low", "Bug"];
  const type = channelType.forum;
  const { id: forum } = discord.addChannel(guild, { name: "forum", type, tags });
  const log = keptLog();
  const opened: { card: TicketCard; thread: ThreadAddress }[] = [];
  const now = () => clock.now();
  const pace = new ChannelPace(now);
  const rest = createRest({ token, apiUrl, requestMs, pace });
  const after = (ms: number, act: () => void) => clock.after(ms, act);
  const identity = given.identity ?? (() => ({ user: server.application.id }));
  // There is no gateway here: of the servers, nothing is known but what calls tell.
  const guilds = createGuilds(() => undefined);
  const agents = createAgents({ rest, guilds, after, agents: [ada.id], triageChannels: [triage] });
  const platform = createDiscordPlatform({
    ...{ rest, apiUrl, identity, log, guilds, agents, now, transferMs },
    direct: createDirectThreads({ rest, self: () => identity().user }),
    editions: new Editions(),
    pace,
    heardUntil: () => undefined,
    onOpened: (card, thread) => opened.push({ card, thread }),
  });
  return {
    ...{ discord, server, guild, platform, ada, rob, log, opened, clock },
    ...{ triage, forum, help },
    privately: `${help}/${rob.id}`,
    directly: `@${rob.id}`,
  };
}

/** Where in a message's reference the channel and the message are. */
export function placeOf(reference: string): { channel: string; id: string } {
  const [channel = "", id = ""] = reference.split("/");
  return { channel, id };
}

/** What the platform makes of the error that the call ends with. */
export async function failing(platform: PlatformAdapter, done: Promise<unknown>): Promise<Failure> {
  const error: unknown = await done.then(
    () => {
      throw new Error("it did not fail");
    },
    (thrown: unknown) => thrown,
  );
  return platform.failureOf(error);
}
