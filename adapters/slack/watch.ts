/** Looks whether Slack still lets us do our work, and tells operators in words when it does not. */
import { WebAPIPlatformError, type WebClient } from "@slack/web-api";
import { z } from "zod";
import type { Log } from "../../src/desk/ports.ts";
import type { After } from "../../src/desk/timing.ts";
import { failureOf, refusedWith } from "./errors.ts";
import type { SlackEvent } from "./events.ts";

interface WatchParts {
  web: WebClient;
  /** Where agents' threads are. */
  channels: readonly string[];
  log: Log;
  after: After;
}

export interface Watch {
  /** Looks now, and every now and then from then on. Resolves when it has looked once. */
  start(): Promise<void>;
  stop(): void;
  /** What happened may have changed something. */
  heard(event: SlackEvent): void;
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

  async #goOn(): Promise<void> {
    while (!this.#stopped) {
      await this.#pause(lookEveryMs);
      if (!this.#stopped) await this.#look();
    }
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

  problems(): string[] {
    return [...this.#problems.values()];
  }

  heard({ type }: SlackEvent): void {
    if (worthALook.has(type)) void this.#look();
  }

  async #look(): Promise<void> {
    const { web, channels } = this.#parts;
    const isKnown = await this.#try("token", async () => {
      await web.auth.test();
      return undefined;
    });
    if (!isKnown) return;
    for (const channel of channels) await this.#try(channel, () => whatIsWrongWith(web, channel));
  }

  /** False: it could not be found out, or is what keeps all else from being found out. */
  async #try(name: string, look: () => Promise<string | undefined>): Promise<boolean> {
    try {
      this.#tell(name, await this.#lookTwice(look));
      return true;
    } catch (error) {
      if (this.#stopped) return false;
      const { reason } = failureOf(error);
      const which = name === "token" ? "Slack" : `Slack channel ${name}`;
      this.#tell(name, `${which}: ${reason}`);
      return false;
    }
  }

  /** A second time, unless it was Slack that refused. */
  async #lookTwice(look: () => Promise<string | undefined>): Promise<string | undefined> {
    try {
      return await look();
    } catch (error) {
      if (refusedWith(error) !== undefined) throw error;
      await this.#pause(lookAgainMs);
      if (this.#stopped) throw error;
      return look();
    }
  }

  #tell(name: string, problem: string | undefined): void {
    const { log } = this.#parts;
    const before = this.#problems.get(name);
    if (problem === before) return;
    if (problem === undefined) {
      this.#problems.delete(name);
      log.info({ was: before }, "Something that was wrong in Slack is right again");
    } else {
      this.#problems.set(name, problem);
      log.error({ problem }, "Something is wrong in Slack; what is owed there waits");
    }
  }
}

const worthALook: ReadonlySet<SlackEvent["type"]> = new Set([
  "bot-added",
  "bot-removed",
  "archived",
  "unarchived",
  "channel-deleted",
  "token-revoked",
  "uninstalled",
]);

const infoSchema = z.object({
  channel: z.object({
    name: z.string().default("the channel"),
    is_archived: z.boolean().default(false),
    is_member: z.boolean().default(false),
  }),
});

/** What keeps the bot from writing in a channel, and what to do. */
export async function whatIsWrongWith(web: WebClient, id: string): Promise<string | undefined> {
  try {
    const { channel } = infoSchema.parse(await web.conversations.info({ channel: id }));
    const name = `Slack channel #${channel.name} (${id})`;
    if (channel.is_archived) return `${name} is archived: unarchive it, or set another TRIAGE`;
    if (!channel.is_member) return `the bot is not in ${name}: write /invite @Deskhand there`;
    return undefined;
  } catch (error) {
    const unseen = error instanceof WebAPIPlatformError && error.data.error === "channel_not_found";
    if (!unseen) throw error;
    return `the bot cannot see the Slack channel ${id}: check TRIAGE; in a private channel, write /invite @Deskhand`;
  }
}
