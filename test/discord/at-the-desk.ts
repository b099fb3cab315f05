import { onTestFinished } from "vitest";
import { createDiscord } from "../../adapters/discord/discord.ts";
import { openAttachments } from "../../src/attachments/open.ts";
import type { ChatDesk } from "../../src/desk/chat.ts";
import { createChatDesk } from "../../src/desk/chat-desk.ts";
import type { TicketDocument } from "../../src/desk/document.ts";
import { randomIds } from "../../src/desk/ids.ts";
import { createOutbox } from "../../src/desk/outbox.ts";
import { StoreError, type TicketStore } from "../../src/desk/ports.ts";
import { openLowdbStore } from "../../src/store/lowdb/open.ts";
import type { Filling } from "../fakes/discord/filling.ts";
import type { Person } from "../fakes/discord/person.ts";
import type { Seen } from "../fakes/discord/seen.ts";
import { keptLog } from "../log.ts";
import { temporaryFolder } from "../temporary.ts";
import { discordServer } from "./listening.ts";

/** How the desk fares: it fails, or does not answer for as long as it holds. */
interface Weather {
  fails: boolean;
  holds: boolean;
}

type World = Awaited<ReturnType<typeof discordServer>>;

/** Discord's people before a real desk, which sends to Discord what it owes. */
export async function atTheDesk(before: (world: World) => void = () => undefined) {
  const world = await discordServer();
  before(world);
  const log = keptLog();
  const folder = await temporaryFolder();
  const store = await openLowdbStore({ folder, log });
  onTestFinished(() => store.close());
  const weather: Weather = { fails: false, holds: false };
  const begin = async () => {
    const { adapter, stop } = await begun(world, { store, folder, log, weather });
    onTestFinished(stop);
    return { adapter, stop };
  };
  let running = await begin();
  onTestFinished(() => {
    weather.holds = false;
  });
  const restart = async () => {
    await running.stop();
    running = await begin();
  };
  const tickets = async () => {
    const all: TicketDocument[] = [];
    for await (const each of store.all()) all.push(each);
    return all;
  };
  const [triage, general] = [world.triage.id, world.general.id];
  return { ...world, triage, general, log, weather, restart, tickets };
}

interface Kept {
  store: TicketStore;
  folder: string;
  log: ReturnType<typeof keptLog>;
  weather: Weather;
}

async function begun({ discord, triage }: World, { store, folder, log, weather }: Kept) {
  const { clock } = discord;
  const now = () => clock.now();
  const after = (ms: number, act: () => void) => clock.after(ms, act);
  const adapter = createDiscord({
    ...{ token: discord.token, apiUrl: discord.apiUrl, agents: undefined },
    ...{ triageChannels: [triage.id], log, now, after },
  });
  const adapters = new Map([["discord", adapter.platform]]);
  const rules = {
    replies: "thread" as const,
    triageFor: () => [{ platform: "discord", where: triage.id }],
    idOf: ({ id }: { id: string }) => id,
    split: (_: string, text: Parameters<typeof adapter.platform.split>[0]) =>
      adapter.platform.split(text),
    deadAfterMs: 60_000,
    random: () => 0.5,
  };
  const files = await openAttachments({ folder, log });
  const fileRules = { maxBytes: 1_000_000, allows: () => true };
  const outbox = createOutbox({ store, adapters, rules, log, files, fileRules, now, after });
  const desk = createChatDesk({ store, ids: randomIds, rules, now, outbox });
  await adapter.start(weathered(desk, weather));
  await outbox.start();
  const stop = async () => {
    await adapter.stop();
    await outbox.stop(0);
  };
  return { adapter, stop };
}

/** The desk in this weather. */
function weathered(desk: ChatDesk, weather: Weather): ChatDesk {
  const met = async <T>(work: () => Promise<T>): Promise<T> => {
    while (weather.holds) await new Promise((resolve) => setTimeout(resolve, 1));
    if (weather.fails) throw new StoreError("WRITE_FAILED", "The disk is full");
    return work();
  };
  return {
    open: (form) => met(() => desk.open(form)),
    heard: (event) => met(() => desk.heard(event)),
    hasThread: (platform, thread) => met(() => desk.hasThread(platform, thread)),
    isClosed: (platform, thread) => met(() => desk.isClosed(platform, thread)),
    hasCarried: (platform, message) => met(() => desk.hasCarried(platform, message)),
    act: (id, action, by, key) => met(() => desk.act(id, action, by, key)),
    mayHaveMissed: (name, sinceMs) => desk.mayHaveMissed(name, sinceMs),
    tellOnce: (event, tell) => desk.tellOnce(event, tell),
    carry: (id, event) => met(() => desk.carry(id, event)),
    card: (id, side) => met(() => desk.card(id, side)),
    openTicketsOf: (requester) => met(() => desk.openTicketsOf(requester)),
    findFor: (requester, reference) => met(() => desk.findFor(requester, reference)),
    ticketsOf: (requester, most) => met(() => desk.ticketsOf(requester, most)),
  };
}

export type AtTheDesk = Awaited<ReturnType<typeof atTheDesk>>;

export const printer: Record<string, Filling> = {
  title: "Printer on fire",
  description: "It burns.",
  priority: "high",
  category: "technical",
};

/** What the bot said last to them alone, there. */
export const lastWhisper = (person: Person, channel: string): Seen | undefined =>
  person
    .reads(channel)
    .filter(({ ephemeral }) => ephemeral)
    .at(-1);

/** Opens a ticket, and waits until its threads are there. */
export async function opens(
  { discord, rob, ada, general, triage }: AtTheDesk,
  fields: Record<string, Filling> = {},
) {
  await rob.types("/ticket", {}, { channel: general });
  await rob.submits({ ...printer, ...fields });
  const own = await discord.until(() => rob.threads(general).at(-1));
  const agents = await discord.until(() => ada.threads(triage).at(-1));
  const card = await discord.until(() => cardIn(ada, triage));
  return { own: own.id, agents: agents.id, card, reference: own.name.split(" ")[0] ?? "" };
}

/** The newest card, with its buttons. */
export const cardIn = (agent: Person, channel: string): Seen | undefined =>
  agent
    .reads(channel)
    .filter(({ buttons }) => buttons.length > 0)
    .at(-1);
