/** Looks whether Discord still lets us do our work, and tells operators in words when it does not. */
import { DiscordAPIError, GatewayDispatchEvents, type REST } from "discord.js";
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

const lookEveryMs = 30_000;
/** A connection that broke once is no problem yet. */
const lookAgainMs = 3_000;

export function createWatch(parts: WatchParts): Watch {
  return new Watching(parts);
}

class Watching implements Watch {
  readonly #parts: WatchParts;
  readonly #problems = new Map<string, string>();
  /** Ends each pause that is under way. */
  readonly #wakes = new Set<() => void>();
  #stopped = false;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    await this.#look();
    void this.#goOn();
  }

  stop(): void {
    this.#stopped = true;
    for (const wake of [...this.#wakes]) wake();
  }

  problems(): string[] {
    return [...this.#problems.values()];
  }

  heard(name: string): void {
    // What is told is remembered a moment later.
    if (worthALook.has(name)) this.#parts.after(0, () => this.#lookAtServers());
  }

  async #goOn(): Promise<void> {
    while (!this.#stopped) {
      await this.#pause(lookEveryMs);
      if (!this.#stopped) await this.#look();
    }
  }

  async #look(): Promise<void> {
    this.#lookAtServers();
    try {
      this.#tell("bot", (await this.#readsMessages()) ? undefined : cannotRead);
    } catch (error) {
      if (!this.#stopped) this.#tell("bot", inWords(failureOf(error).reason));
    }
  }

  /** Asks a second time, unless it was Discord that refused. */
  async #readsMessages(): Promise<boolean> {
    const { rest } = this.#parts;
    try {
      return await readsMessages(rest);
    } catch (error) {
      if (error instanceof DiscordAPIError) throw error;
      await this.#pause(lookAgainMs);
      if (this.#stopped) throw error;
      return readsMessages(rest);
    }
  }

  #lookAtServers(): void {
    if (this.#stopped) return;
    const { guilds, channels } = this.#parts;
    this.#tell("servers", guilds.all().length === 0 ? inNoServer : undefined);
    for (const channel of channels) this.#tell(channel, whatIsWrongWith(guilds, channel));
  }

  async #pause(ms: number): Promise<void> {
    if (this.#stopped) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        cancel();
        this.#wakes.delete(wake);
        resolve();
      };
      const cancel = this.#parts.after(ms, wake);
      this.#wakes.add(wake);
    });
  }

  #tell(name: string, problem: string | undefined): void {
    const { log } = this.#parts;
    const before = this.#problems.get(name);
    if (problem === before) return;
    if (problem === undefined) {
      this.#problems.delete(name);
      log.info({ was: before }, "Something that was wrong in Discord is right again");
    } else {
      this.#problems.set(name, problem);
      log.error({ problem }, "Something is wrong in Discord; what is owed there waits");
    }
  }
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
