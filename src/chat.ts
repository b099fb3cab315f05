import type { Slack } from "../adapters/slack/slack.ts";
import type { Config, SlackConfig } from "./config.ts";
import type { ChatDesk, Person, PlatformAdapter } from "./desk/chat.ts";
import type { Spot } from "./desk/open.ts";
import type { Log } from "./desk/ports.ts";
import { agentsOn, type Settings, triageFor, triageOn } from "./settings.ts";
import type { Category, Priority } from "./tickets/ticket.ts";
import type { World } from "./world.ts";

/** The chat platforms that are on. */
export interface Chat {
  adapters: ReadonlyMap<string, PlatformAdapter>;
  /** Who answers what they post to us, by path. */
  hooks: Readonly<Record<string, (request: Request) => Promise<Response>>>;
  /** Connects them; one that cannot be reached goes on trying. */
  start(desk: ChatDesk): Promise<void>;
  stop(): Promise<void>;
  /** What keeps one of them from working, each as a sentence. */
  problems(): string[];
}

const slackPath = "/slack/events";

/** Connects nothing yet. */
export async function createChat(config: Config, log: Log, world: World): Promise<Chat> {
  const slack = config.slack && (await slackOf(config, config.slack, log, world));
  return {
    adapters: new Map(slack ? [[slack.platform.platform, slack.platform]] : []),
    hooks: slack?.handle ? { [slackPath]: slack.handle } : {},
    start: async (desk) => slack?.start(desk),
    stop: async () => slack?.stop(),
    problems: () => slack?.problems() ?? [],
  };
}

/** Its SDK is loaded only when it is on. */
async function slackOf(
  { settings }: Config,
  slack: SlackConfig,
  log: Log,
  world: World,
): Promise<Slack> {
  const { createSlack } = await import("../adapters/slack/slack.ts");
  const agents = agentsOn(settings, "slack");
  const isGroup = (who: string) => who.startsWith("S");
  return createSlack({
    ...slack,
    agents: agents && {
      users: agents.filter((who) => !isGroup(who)),
      groups: agents.filter(isGroup),
    },
    triageChannels: triageOn(settings, "slack"),
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
    triageFor: (ticket: { category: Category; priority: Priority }): Spot[] =>
      triageFor(settings, ticket).filter(({ platform }) => adapters.has(platform)),
    /** `platform:team:user` is who the list of agents may know under another id. */
    idOf: ({ id }: Person): string => {
      const [platform, , who] = id.split(":");
      return ids.get(`${platform} ${who}`) ?? id;
    },
  };
}
