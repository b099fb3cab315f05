/** Looks whether Discord still lets us do our work, and tells operators in words when it does not. */
import { DiscordAPIError, GatewayDispatchEvents, type REST } from "discord.js";
import { Lookout } from "../../src/desk/lookout.ts";
import type { Log } from "../../src/desk/ports.ts";
import type { After } from "../../src/desk/timing.ts";
import { failureOf } from "./errors.ts";
import type { Channel, Guilds } from "./guilds.ts";
import { cannotRead, readsMessages } from "./identity.ts";
import { lacking, neededIn } from "./permissions.ts";

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

function lookAtServers({ guilds, channels }: WatchParts, lookout: Lookout): void {
  if (lookout.stopped) return;
  lookout.tell("servers", guilds.all().length === 0 ? inNoServer : undefined);
  for (const channel of channels) lookout.tell(channel, whatIsWrongWith(guilds, channel));
}

/** What is wrong, as a sentence that says where. */
export const inWords = (reason: string): string =>
  reason.startsWith("Discord") ? reason : `Discord: ${reason}`;

const worthALook: ReadonlySet<string> = new Set<string>([
  GatewayDispatchEvents.GuildCreate,
  GatewayDispatchEvents.GuildUpdate,
  GatewayDispatchEvents.GuildDelete,
  GatewayDispatchEvents.GuildMemberUpdate,
  GatewayDispatchEvents.GuildRoleCreate,
  GatewayDispatchEvents.GuildRoleUpdate,
  GatewayDispatchEvents.GuildRoleDelete,
  GatewayDispatchEvents.ChannelCreate,
  GatewayDispatchEvents.ChannelUpdate,
  GatewayDispatchEvents.ChannelDelete,
]);

export const inNoServer =
  "the bot is in no Discord server: open the app's install link in the Developer Portal, and add it to yours";

function whatIsWrongWith(guilds: Guilds, id: string): string | undefined {
  const channel = guilds.channel(id);
  const permissions = guilds.ownPermissions(id);
  if (!channel || permissions === undefined) return unseen(id);
  return whatIsWrongIn({ ...channel, permissions });
}

export const unseen = (id: string): string =>
  `the bot cannot see the Discord channel ${id}: check TRIAGE; in a private channel, give the bot's role View Channel`;

/** What keeps the bot from serving agents in a channel where it has these permissions, and what to do. */
export function whatIsWrongIn(
  channel: Pick<Channel, "id" | "name" | "type"> & { permissions: bigint },
): string | undefined {
  const name = `the Discord channel #${channel.name} (${channel.id})`;
  const needed = neededIn(channel.type);
  if (!needed) return `${name} can hold no tickets: set TRIAGE to a text channel or a forum`;
  const missing = lacking(channel.permissions, needed);
  if (missing.length === 0) return undefined;
  return `the bot lacks permissions in ${name}: give its role ${missing.join(", ")} there`;
}
