import type { Discord } from "../adapters/discord/discord.ts";
import type { Slack } from "../adapters/slack/slack.ts";
import type { Config, DiscordConfig, SlackConfig } from "./config.ts";
import type { Reader } from "./desk/catch-up-reading.ts";
import type { ChatDesk, Person, PlatformAdapter } from "./desk/chat.ts";
import type { Spot, TriageCase } from "./desk/open.ts";
import type { Log } from "./desk/ports.ts";
import { agentsOn, type Settings, triageFor, triageOn } from "./settings.ts";
import type { World } from "./world.ts";

/** The chat platforms that are on. */
export interface Chat {
  adapters: ReadonlyMap<string, PlatformAdapter>;
  /** Those of which can be read back what was written. */
  readers: ReadonlyMap<string, Reader>;
  /** Who answers what they post to us, by path. */
  hooks: Readonly<Record<string, (request: Request) => Promise<Response>>>;
  /** Connects them; one that cannot be reached goes on trying. */
  start(desk: ChatDesk): Promise<void>;
  stop(): Promise<void>;
  /** Takes in what was handed over. Never rejects. */
  takeIn(platform: string, content: string): Promise<"in" | "failed" | "not now">;
  /** What was handed over with the same line is to be taken in one after the other. */
  lineOf(platform: string, content: string): string;
  /** What keeps one of them from working, each as a sentence. */
  problems(): string[];
}

const slackPath = "/slack/events";

interface Given {
  config: Config;
  log: Log;
  world: World;
  /** Told each time that a platform asks to wait. */
  onRateLimit(platform: string, waitMs: number): void;
  /** Whether anything may be posted at this moment. */
  mayPost?: (() => boolean) | undefined;
  /** Who keeps durably what a platform tells of; undefined: it is to be taken in here. */
  handOver?: ((platform: string, told: object) => Promise<void> | undefined) | undefined;
  /** It is connected to no platform: those that ask reach it over HTTP. */
  onlyAnswers?: boolean;
}

/** Connects nothing yet. */
export async function createChat(given: Given): Promise<Chat> {
  const { config } = given;
  const slack = config.slack && (await slackOf(given, config.slack));
  const discord = config.discord && (await discordOf(given, config.discord));
  const platforms = [slack, discord].filter((each) => each !== undefined);
  const connected = platforms.filter(
    (each) => !given.onlyAnswers || (each === slack && slack.handle),
  );
  const all = async (work: (each: Slack | Discord) => Promise<void>) => {
    await Promise.all(connected.map(work));
  };
  const adapters = platforms.map(({ platform }) => platform);
  return {
    adapters: new Map(adapters.map((each) => [each.platform, each])),
    readers: new Map(adapters.map((each) => [each.platform, each])),
    hooks: slack?.handle ? { [slackPath]: slack.handle } : {},
    start: (desk) => all((each) => each.start(desk)),
    stop: () => all((each) => each.stop()),
    takeIn: async (platform, content) =>
      platform === slack?.platform.platform ? slack.takeIn(content) : "failed",
    lineOf: (platform, content) =>
      platform === slack?.platform.platform ? slack.lineOf(content) : "",
    problems: () => connected.flatMap((each) => each.problems()),
  };
}

/** Its SDK is loaded only when it is on. */
async function slackOf(given: Given, slack: SlackConfig): Promise<Slack> {
  const { config, log, world } = given;
  const { createSlack } = await import("../adapters/slack/slack.ts");
  const { settings } = config;
  const agents = agentsOn(settings, "slack");
  const isGroup = (who: string) => who.startsWith("S");
  return createSlack({
    ...slack,
    agents: agents && {
      users: agents.filter((who) => !isGroup(who)),
      groups: agents.filter(isGroup),
    },
    triageChannels: triageOn(settings, "slack"),
    onRateLimit: (waitMs) => given.onRateLimit("slack", waitMs),
    mayPost: given.mayPost,
    handOver: (told) => given.handOver?.("slack", told),
    isUntold: given.onlyAnswers === true,
    log,
    ...world,
  });
}

async function discordOf(given: Given, discord: DiscordConfig): Promise<Discord> {
  const { config, log, world } = given;
  const { createDiscord } = await import("../adapters/discord/discord.ts");
  const { settings } = config;
  return createDiscord({
    ...discord,
    agents: agentsOn(settings, "discord"),
    triageChannels: triageOn(settings, "discord"),
    onRateLimit: (waitMs) => given.onRateLimit("discord", waitMs),
    mayPost: given.mayPost,
    log,
    ...world,
  });
}

/** What the desk is told of the settings, as far as it can be done with the platforms that are on. */
export function deskRules(settings: Settings, { adapters }: Chat) {
  const ids = new Map(
    (settings.agents ?? []).flatMap(({ platform, who, id }) =>
      id === undefined ? [] : [[`${platform} ${who}`, id] as const],
    ),
  );
  return {
    replies: settings.replies,
    triageFor: (ticket: TriageCase): Spot[] =>
      triageFor(settings, ticket).filter(({ platform }) => adapters.has(platform)),
    /** Who the list of agents may know under another id: `platform:user`, or with a team between. */
    idOf: ({ id }: Person): string => {
      const parts = id.split(":");
      return ids.get(`${parts.at(0)} ${parts.at(-1)}`) ?? id;
    },
  };
}
