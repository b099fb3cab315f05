import { onTestFinished } from "vitest";
import { createDiscord, type DiscordParts } from "../../adapters/discord/discord.ts";
import { createGateway } from "../../adapters/discord/gateway.ts";
import { createGuilds } from "../../adapters/discord/guilds.ts";
import { neededPermissions } from "../../adapters/discord/permissions.ts";
import { writeWhere } from "../../adapters/discord/references.ts";
import type { ChatEvent, TicketCard } from "../../src/desk/chat.ts";
import { plainText } from "../../src/desk/text-plain.ts";
import type { HandClock } from "../fakes/clock.ts";
import { type Discord, type DiscordOptions, startDiscord } from "../fakes/discord/discord.ts";
import { channelType } from "../fakes/discord/records.ts";
import { joinThread, startThread } from "../fakes/discord/threads.ts";
import { keptLog } from "../log.ts";
import { recordedDesk } from "./recorded-desk.ts";

/** A server with a triage channel for those with a role, and an open channel. */
export async function discordServer(options: Partial<DiscordOptions<HandClock>> = {}) {
  const discord = await startDiscord(options);
  onTestFinished(() => discord.stop());
  const { server } = discord;
  const guild = discord.addGuild({ name: "Acme" });
  const staff = server.addRole(guild, { name: "Staff" });
  const overwrites = [
    ...[{ id: guild.id, type: 0 as const, allow: 0n, deny: neededPermissions["View Channel"] }],
    ...[staff.id, botRole(discord, guild.id)].map((id) => ({
      ...{ id, type: 0 as const, allow: neededPermissions["View Channel"], deny: 0n },
    })),
  ];
  const triage = server.addChannel(guild, { name: "triage", overwrites });
  const general = server.addChannel(guild, { name: "general" });
  const roles = [staff.id];
  const ada = discord.person("2000000000000000001", { name: "ada", globalName: "Ada", roles });
  const rob = discord.person("2000000000000000002", { name: "rob", globalName: "Rob" });
  return { discord, guild, staff, triage, general, ada, rob };
}

type World = Awaited<ReturnType<typeof discordServer>>;

const botRole = ({ server }: Discord, guild: string): string =>
  [...(server.guild(guild).members.get(server.application.id)?.roles ?? [])][0] ?? "";

/** The same, and what the real client knows of it. */
export async function knownServer(before: (world: World) => void = () => undefined) {
  const world = await discordServer();
  before(world);
  const { discord } = world;
  let isConnected = false;
  const gateway = createGateway({
    ...{ token: discord.token, apiUrl: discord.apiUrl, log: keptLog() },
    after: (ms, act) => discord.clock.after(ms, act),
    onDispatch: () => undefined,
    onState: () => {
      isConnected = true;
    },
  });
  onTestFinished(() => gateway.close());
  await gateway.open();
  await discord.until(() => isConnected);
  return { ...world, guilds: createGuilds(() => gateway.client) };
}

/** The same with the adapter connected, and a desk that keeps what it hears. */
export async function listening(
  given: Partial<DiscordParts> = {},
  before: (world: World) => void = () => undefined,
) {
  const world = await discordServer();
  before(world);
  const { discord, triage } = world;
  const { server, clock } = discord;
  const log = keptLog();
  const desk = recordedDesk();
  const created = () => {
    const adapter = createDiscord({
      ...{ token: discord.token, apiUrl: discord.apiUrl, agents: undefined },
      ...{ triageChannels: [triage.id], log, now: () => clock.now() },
      after: (ms, act) => clock.after(ms, act),
      ...given,
    });
    onTestFinished(() => adapter.stop());
    return adapter;
  };
  const adapter = created();
  await adapter.start(desk);
  const restarts = async () => {
    await adapter.stop();
    await created().start(desk);
  };
  /** A thread of the bot's, as a ticket's are; with the requester in it when it is private. */
  const thread = (parent: string, type: number = channelType.publicThread) => {
    const at = server.channel(parent);
    const owner = server.application.id;
    const begun = startThread(server, at, { name: "T-4F7K2M Printer on fire", type, owner });
    if (type === channelType.privateThread) joinThread(server, begun, world.rob.id);
    return begun.id;
  };
  const ticketThread = (parent: string = triage.id, type?: number) => {
    const id = thread(parent, type);
    desk.threads.add(id);
    return id;
  };
  /** The requester's place in their direct messages. */
  const directTicket = async (key = "key") => {
    const where = writeWhere({ kind: "direct", user: world.rob.id });
    const opened = await adapter.platform.openThread(where, card({ side: "requester" }), key);
    desk.threads.add(opened.thread);
    return opened.thread;
  };
  const heard = (count: number) => discord.until(() => desk.events.length >= count);
  const places = { thread, ticketThread, directTicket };
  return { ...world, ...places, log, desk, adapter, restarts, heard, created };
}

export const wordsIn = (event: ChatEvent | undefined): string =>
  event && "text" in event ? plainText(event.text).trim() : "";

const card = (given: Partial<TicketCard> = {}): TicketCard => ({
  undelivered: 0,
  ...{ side: "agents", id: "1", reference: "T-4F7K2M", title: "Printer on fire", status: "open" },
  ...{ priority: "high", category: "technical", tags: [], requester: "Rob", assignee: null },
  ...{ resolution: null, createdAt: "2024-01-15T10:30:00.000Z", offers: [], moves: [] },
  ...given,
});
