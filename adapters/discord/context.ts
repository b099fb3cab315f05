import type { REST } from "discord.js";
import type { ChatDesk } from "../../src/desk/chat.ts";
import type { Once } from "../../src/desk/once-each.ts";
import type { Log } from "../../src/desk/ports.ts";
import type { After } from "../../src/desk/timing.ts";
import type { Agents } from "./agents.ts";
import type { Guilds } from "./guilds.ts";
import type { Openings } from "./openings.ts";

export const platform = "discord";

/** Who the bot is. */
export interface Identity {
  application: string;
  user: string;
  name: string;
}

/** What everything that answers people in Discord works with. */
export interface Context {
  desk: ChatDesk;
  /** For what is no delivery: answers, offers, words to one person. Each call is tried once. */
  rest: REST;
  agents: Agents;
  guilds: Guilds;
  us: Identity;
  log: Log;
  /** In ms since 1970. */
  now: () => number;
  after: After;
  /** Does the work unless it was done for this before: Discord tells some things twice. */
  once: Once;
  /** Who waits to hear where their ticket's thread is. */
  openings: Openings;
}
