/** Looks whether Discord still lets us do our work, and tells operators in words when it does not. */
import { DiscordAPIError, type REST } from "discord.js";
import { Lookout } from "../../src/desk/lookout.ts";
import { named } from "../../src/desk/named.ts";
import type { Log } from "../../src/desk/ports.ts";
import type { After } from "../../src/desk/timing.ts";
import { failureOf } from "./errors.ts";
import type { Channel, Guilds } from "./guilds.ts";
import { cannotRead, readsMessages } from "./identity.ts";
import { allNeeded, lacking, neededForRequesters, neededIn } from "./permissions.ts";
import { serverEvents } from "./server-events.ts";

interface WatchParts {
  rest: REST;
  guilds: Guilds;
  /** Where agents' threads are. */
  channels: readonly string[];
  log: Log;
  after: After;
}

export interface Watch {
  /** Looks now, and every now and then from then on. Resolves when it has looked once. */
  start(): Promise<void>;
  stop(): void;
  /** A dispatch of the gateway, which may have changed something. */
  heard(name: string): void;
  /** What is wrong, each as a sentence; empty when nothing is. */
  problems(): string[];
}

export function createWatch(parts: WatchParts): Watch {
  const lookout = new Lookout({ platform: "Discord", ...parts });
  return {
    start: () => lookout.start(() => lookAround(parts, lookout)),
    stop: () => lookout.stop(),
    problems: () => lookout.problems(),
    heard(name) {
      // What is told is remembered a moment later.
      if (worthALook.has(name)) parts.after(0, () => lookAtServers(parts, lookout));
    },
  };
}

async function lookAround(parts: WatchParts, lookout: Lookout): Promise<void> {
  lookAtServers(parts, lookout);
  try {
    const reads = await lookout.askTwice(() => readsMessages(parts.rest), isRefusal);
    lookout.tell("bot", reads ? undefined : cannotRead);
  } catch (error) {
    if (!lookout.stopped) lookout.tell("bot", inWords(failureOf(error).reason));
  }
}

const isRefusal = (error: unknown) => error instanceof DiscordAPIError;

function lookAtServers(parts: WatchParts, lookout: Lookout): void {
  if (lookout.stopped) return;
  const { guilds, channels } = parts;
  lookout.tell("servers", guilds.all().length === 0 ? inNoServer : undefined);
  for (const { id, name } of guilds.all())
    lookout.hint(id, whatServerLacks(name, guilds.ownPermissionsInAll(id)));
  for (const channel of channels) lookout.tell(channel, whatIsWrongWith(guilds, channel));
  lookAtRequesters(parts, lookout);
}

/** Where requesters have threads now: what is lacking there keeps their answers from them. */
function lookAtRequesters({ guilds, channels }: WatchParts, lookout: Lookout): void {
  const problems = guilds
    .withPrivateThreads()
    .filter(({ id }) => !channels.includes(id))
    .flatMap((channel) => whatRequestersMiss(channel, guilds.ownPermissions(channel.id)) ?? []);
  lookout.tell("requesters", problems.length === 0 ? undefined : problems.join("; "));
}

function whatRequestersMiss(
  { id, name }: Channel,
  permissions: bigint | undefined,
): string | undefined {
  const missing = permissions === undefined ? [] : lacking(permissions, neededForRequesters);
  if (missing.length === 0) return undefined;
  return `the bot lacks permissions in the Discord channel ${named(name, id)}, where requesters have threads: give its role ${missing.join(", ")} there`;
}

/** What is wrong, as a sentence that says where. */
export const inWords = (reason: string): string =>
  reason.startsWith("Discord") ? reason : `Discord: ${reason}`;

const worthALook: ReadonlySet<string> = new Set<string>(serverEvents);

export const inNoServer =
  "the bot is in no Discord server: open the app's install link in the Developer Portal, and add it to yours";

/** What the bot's role lacks in a server; a channel may say otherwise. */
export function whatServerLacks(name: string, permissions: bigint | undefined): string | undefined {
  const missing = permissions === undefined ? [] : lacking(permissions, allNeeded);
  if (missing.length === 0) return undefined;
  const sentence = `the bot lacks permissions in the Discord server ${name}: give its role ${missing.join(", ")}`;
  return missing.includes("Create Private Threads") ? `${sentence}. ${withoutPrivate}` : sentence;
}

const withoutPrivate =
  "Without Create Private Threads, tickets can have no threads where people ask: all of them go on in direct messages";

function whatIsWrongWith(guilds: Guilds, id: string): string | undefined {
  const channel = guilds.channel(id);
  const permissions = guilds.ownPermissions(id);
  if (!channel || permissions === undefined) return unseen(id);
  return whatIsWrongIn({ ...channel, permissions });
}

export const unseen = (id: string): string =>
  `the bot cannot see the Discord channel ${id}: check TRIAGE or deskhand.yaml; in a private channel, give the bot's role View Channel`;

/** What keeps the bot from serving agents in a channel where it has these permissions, and what to do. */
export function whatIsWrongIn(
  channel: Pick<Channel, "id" | "name" | "type"> & { permissions: bigint },
): string | undefined {
  const name = `the Discord channel ${named(channel.name, channel.id)}`;
  const needed = neededIn(channel.type);
  if (!needed)
    return `${name} can hold no tickets: name a text channel or a forum in TRIAGE or deskhand.yaml`;
  const missing = lacking(channel.permissions, needed);
  if (missing.length === 0) return undefined;
  return `the bot lacks permissions in ${name}: give its role ${missing.join(", ")} there`;
}
