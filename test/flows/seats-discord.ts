import { expect, onTestFinished } from "vitest";
import type { HandClock } from "../fakes/clock.ts";
import { type Discord, startDiscord } from "../fakes/discord/discord.ts";
import type { Person } from "../fakes/discord/person.ts";
import { channelType } from "../fakes/discord/records.ts";
import type { Seen } from "../fakes/discord/seen.ts";
import { record, string } from "../fakes/json.ts";
import {
  type AgentSeat,
  held,
  type Line,
  type Passing,
  type Platform,
  type Seat,
} from "./seats.ts";

const marks: Record<string, Line["marks"][number]> = {
  "⏳": "sending",
  "✅": "delivered",
  "❌": "failed",
};

export interface DiscordTeam extends Platform {
  discord: Discord;
  /** Where Rob asks, and where agents are. */
  help: string;
  triageChannel: string;
  people: Record<"rob" | "ada" | "bea", Person>;
}

/** A server with Rob, and Ada and Bea, who alone see its triage channel. */
export async function discordPlatform(
  clock: HandClock,
  { forum = false, tags = [] as readonly string[] } = {},
): Promise<DiscordTeam> {
  const discord = await startDiscord({ clock });
  onTestFinished(async () => {
    await discord.stop();
    expect(discord.violations).toEqual([]);
    expect(discord.unguarded).toEqual([]);
  });
  const guild = discord.addGuild({ name: "Acme" });
  const role = discord.addRole(guild, { name: "Agents" }).id;
  const rob = discord.person("400000000000000001", { name: "rob", globalName: "Rob" });
  const agent = (id: string, name: string, globalName: string) =>
    discord.person(id, { name, globalName, roles: [role] });
  const ada = agent("400000000000000002", "ada", "Ada");
  const bea = agent("400000000000000003", "bea", "Bea");
  const people = { rob, ada, bea };
  const help = discord.addChannel(guild, { name: "help" }).id;
  const triageChannel = discord.addChannel(guild, {
    name: "triage",
    ...(forum && { type: channelType.forum, tags }),
  }).id;
  discord.removesPermissions(triageChannel, ["viewChannel"], guild.id);
  discord.givesPermissions(triageChannel, ["viewChannel"], role);
  discord.givesPermissions(triageChannel, ["viewChannel"]);
  return {
    ...{ discord, help, triageChannel, people },
    name: "discord",
    environment: () => ({ DISCORD_TOKEN: discord.token, DISCORD_API_URL: discord.apiUrl }),
    triage: `discord:${triageChannel}`,
    underway: () => discord.underway(),
    started: async () => {
      await discord.until(() => discord.gateway.connections() > 0);
    },
    async asks(fields, passing) {
      await rob.types("/ticket", {}, { channel: help });
      await passing(() => rob.modal);
      const { title, description, priority, category } = fields;
      await rob.submits({ title, description, priority, category });
    },
    requester: (title) => discordSeat(discord, rob, help, title),
    agent: (title, who = "ada") => agentSeat(discord, people[who], triageChannel, title),
    inPublic: () =>
      [help, rob.dm, ...rob.threads(help).map(({ id }) => id)]
        .flatMap((channel) => rob.reads(channel))
        .map(({ words }) => words)
        .join("\n"),
    archives: true,
    falters: () => {
      const { promise, resolve } = held();
      discord.misbehaves(({ route }) =>
        route.includes("/channels/") ? { until: promise } : undefined,
      );
      return () => {
        discord.misbehaves(() => undefined);
        resolve();
      };
    },
    cutsOff: () => {
      discord.misbehaves(() => "reset");
      return () => discord.misbehaves(() => undefined);
    },
    goesDown: () => {
      discord.misbehaves(({ route }) =>
        route.includes("/channels/") ? { status: 503 } : undefined,
      );
      return () => discord.misbehaves(() => undefined);
    },
  };
}

const isAnswer = ({ type }: Seen) => type === 19;
/** What people write, and what the bot posts; the rest is Discord's own. */
const isSaid = ({ type, ephemeral }: Seen) => type === 0 && !ephemeral;
const isCard = ({ embeds }: Seen) => string(record(embeds[0]).title) !== "";

/** Someone in the thread below this channel whose name has this title, once they see one. */
export function discordSeat(discord: Discord, person: Person, channel: string, title: string) {
  const found = person.threads(channel).find(({ name }) => name.includes(title));
  if (!found) return undefined;
  const thread = found.id;
  const all = () => person.reads(thread);
  const seenOf = ({ id }: Line) => all().find((each) => each.id === id) as Seen;
  const fromBot = ({ id, channel }: Seen) =>
    discord.server.message(channel, id)?.author === discord.server.application.id;
  /** It stands in the thread, or, for agents in a text channel, above it. */
  const card = (): Seen =>
    [...all(), ...person.reads(channel)].find(
      (each) => fromBot(each) && isCard(each) && each.words.includes(title),
    ) as Seen;
  const cardNow = () => card().id;
  return {
    thread,
    cardSeen: card,
    name: person.user.globalName ?? person.user.name,
    personId: `discord:${person.id}`,
    lines: () =>
      all()
        .filter((each) => isSaid(each) && each.id !== cardNow())
        .map(lineOf),
    card: () => card().words,
    writes: (text, files = []) =>
      lineOf(
        person.writes(thread, text, {
          files: files.map(({ name, content }) => ({ name, content: Buffer.from(content) })),
        }),
      ),
    edits: (line, text) => person.edits(seenOf(line), text),
    deletes: (line) => person.deletes(seenOf(line)),
    told: () =>
      [...all(), ...person.reads(channel)]
        .filter((each) => each.ephemeral || (isAnswer(each) && fromBot(each)))
        .map(({ words }) => words),
    isOpen: () => !person.threads(channel).find(({ id }) => id === thread)?.archived,
    refusesNext: () => {
      const error = { status: 400, code: 200_000, message: "Blocked by automatic moderation" };
      discord.misbehave({ error }, { route: "POST /channels/:id/messages", channel: thread });
    },
  } satisfies Seat & { thread: string; cardSeen: () => Seen };
}

const lineOf = ({ id, from, content, embeds, files, reactions, pings }: Seen): Line => {
  const { author, description } = record(embeds[0]);
  return {
    ...{ id, files, pings },
    from: string(record(author).name) || from,
    words: string(description) || content,
    marks: reactions.flatMap((emoji) => marks[emoji] ?? []),
  };
};

const buttonWords = { resolve: "Resolve…", note: "Note…", reply: "Reply…" } as const;

function agentSeat(
  discord: Discord,
  person: Person,
  channel: string,
  title: string,
): AgentSeat | undefined {
  const seat = discordSeat(discord, person, channel, title);
  if (!seat) return undefined;
  const passing: Passing = (look) => discord.until(look);
  const card = seat.cardSeen;
  return {
    ...seat,
    offers: () => [...card().buttons, ...card().selects].map((id) => id.split(":")[1] ?? id),
    clicks: async (button) => void (await person.clicks(card(), `card:${button}`)),
    sets: async (what, value) => void (await person.chooses(card(), `card:${what}`, value)),
    async fills(dialog, text) {
      await person.clicks(card(), buttonWords[dialog]);
      await passing(() => person.modal);
      await person.submits({ text });
    },
    async retries() {
      const notice = person
        .reads(seat.thread)
        .filter(({ buttons }) => buttons.some((id) => id.startsWith("retry")))
        .at(-1);
      await person.clicks(notice as Seen, "retry");
    },
  };
}
