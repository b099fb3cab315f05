/** Where Discord tells us nothing for a time, though we are connected. All times in ms since 1970. */
import { GatewayDispatchEvents, PermissionFlagsBits } from "discord.js";
import { z } from "zod";
import type { After } from "../../src/desk/timing.ts";
import type { Guilds } from "./guilds.ts";
import { has } from "./permissions.ts";
import { serverEvents } from "./server-events.ts";

interface Parts {
  guilds: Pick<Guilds, "ownPermissions" | "withPrivateThreads">;
  /** Where agents' threads are. */
  channels: readonly string[];
  now(): number;
  after: After;
  /** It is told of again, and what was written there since then was not. */
  onBack(sinceMs: number): void;
}

/** https://docs.discord.com/developers/resources/guild#unavailable-guild-object */
const guildSchema = z.object({ id: z.string(), unavailable: z.boolean().default(false) });

/** To be told what is written now, and to read what was. */
const readable = PermissionFlagsBits.ViewChannel | PermissionFlagsBits.ReadMessageHistory;

const mayChangeSight: ReadonlySet<string> = new Set<string>(serverEvents);

/** Servers that Discord does not reach, or that the bot was taken out of, and channels that it may not read. */
export class OutOfSight {
  readonly #parts: Parts;
  readonly #down = new Map<string, number>();
  readonly #left = new Map<string, number>();
  readonly #hidden = new Map<string, number>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Since when the first of them is: undefined when nothing is. A server that was left is not waited for. */
  since(): number | undefined {
    const all = [...this.#down.values(), ...this.#hidden.values()];
    return all.length === 0 ? undefined : Math.min(...all);
  }

  /** These servers did not come with the session. */
  missing(guilds: readonly string[]): void {
    for (const id of guilds) this.#begin(this.#down, id);
  }

  /** A dispatch of the gateway. */
  heard(name: string, data: unknown): void {
    const { now, after } = this.#parts;
    const at = now();
    if (name === GatewayDispatchEvents.GuildDelete) this.#gone(data);
    if (name === GatewayDispatchEvents.GuildCreate) this.#there(data);
    // What is told is remembered a moment later.
    if (mayChangeSight.has(name)) after(0, () => this.#look(at));
  }

  #gone(data: unknown): void {
    const guild = guildSchema.safeParse(data).data;
    if (!guild) return;
    if (guild.unavailable) this.#begin(this.#down, guild.id);
    else {
      this.#begin(this.#left, guild.id, this.#down.get(guild.id));
      this.#down.delete(guild.id);
    }
  }

  #there(data: unknown): void {
    const guild = guildSchema.safeParse(data).data;
    if (!guild || guild.unavailable) return;
    this.#end(this.#down, guild.id);
    this.#end(this.#left, guild.id);
  }

  #look(at: number): void {
    const { guilds, channels } = this.#parts;
    const ours = [...channels, ...guilds.withPrivateThreads().map(({ id }) => id)];
    for (const id of new Set([...ours, ...this.#hidden.keys()])) {
      const permissions = guilds.ownPermissions(id);
      // It is not there any more.
      if (permissions === undefined) this.#hidden.delete(id);
      else if (has(permissions, readable)) this.#end(this.#hidden, id);
      else this.#begin(this.#hidden, id, at);
    }
  }

  #begin(which: Map<string, number>, id: string, at: number = this.#parts.now()): void {
    if (!which.has(id)) which.set(id, at);
  }

  #end(which: Map<string, number>, id: string): void {
    const since = which.get(id);
    which.delete(id);
    if (since !== undefined) this.#parts.onBack(since);
  }
}
