/** Looks whether Slack still lets us do our work, and tells operators in words when it does not. */
import { WebAPIPlatformError, type WebClient } from "@slack/web-api";
import { z } from "zod";
import { Lookout } from "../../src/desk/lookout.ts";
import { named } from "../../src/desk/named.ts";
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

export function createWatch(parts: WatchParts): Watch {
  const lookout = new Lookout({ platform: "Slack", ...parts });
  const look = () => lookAround(parts, lookout);
  return {
    start: () => lookout.start(look),
    stop: () => lookout.stop(),
    problems: () => lookout.problems(),
    heard({ type }) {
      if (worthALook.has(type)) void look();
    },
  };
}

async function lookAround({ web, channels }: WatchParts, lookout: Lookout): Promise<void> {
  const isKnown = await lookAt(lookout, "token", async () => {
    await web.auth.test();
    return undefined;
  });
  if (!isKnown) return;
  for (const channel of channels)
    await lookAt(lookout, channel, () => whatIsWrongWith(web, channel));
}

/** False: it could not be found out, or is what keeps all else from being found out. */
async function lookAt(
  lookout: Lookout,
  name: string,
  look: () => Promise<string | undefined>,
): Promise<boolean> {
  try {
    lookout.tell(name, await lookout.askTwice(look, isRefusal));
    return true;
  } catch (error) {
    if (lookout.stopped) return false;
    const { reason } = failureOf(error);
    const which = name === "token" ? "Slack" : `Slack channel ${name}`;
    lookout.tell(name, `${which}: ${reason}`);
    return false;
  }
}

const isRefusal = (error: unknown) => refusedWith(error) !== undefined;

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
    const name = `Slack channel ${named(channel.name, id)}`;
    if (channel.is_archived) return `${name} is archived: unarchive it, or set another TRIAGE`;
    if (!channel.is_member) return `the bot is not in ${name}: write /invite @Deskhand there`;
    return undefined;
  } catch (error) {
    const unseen = error instanceof WebAPIPlatformError && error.data.error === "channel_not_found";
    if (!unseen) throw error;
    return `the bot cannot see the Slack channel ${id}: check TRIAGE; in a private channel, write /invite @Deskhand`;
  }
}
