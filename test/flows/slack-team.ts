import { onTestFinished } from "vitest";
import { readConfig } from "../../src/config.ts";
import type { Settings } from "../../src/settings.ts";
import type { HandClock } from "../fakes/clock.ts";
import type { Person } from "../fakes/slack/person.ts";
import type { Seen } from "../fakes/slack/seen.ts";
import { type Slack, type SlackOptions, startSlack } from "../fakes/slack/slack.ts";
import { temporaryFolder } from "../temporary.ts";
import { type Deskhand, runDeskhand } from "./deskhand.ts";

export type Mode = "http" | "socket";

export interface TeamOptions {
  mode?: Mode;
  slack?: Partial<SlackOptions<HandClock>>;
  settings?: Partial<Settings>;
  /** `group`: the triage channel is private. */
  triageKind?: "channel" | "group";
}

/** A workspace with a requester, two agents and a triage channel, and Deskhand for it. */
export interface Team extends Deskhand {
  mode: Mode;
  slack: Slack;
  /** Asks for help. */
  rob: Person;
  /** Are in the triage channel. */
  ada: Person;
  bea: Person;
  triage: string;
  /** `DATA_DIR`. */
  folder: string;
  /** Rob opens a ticket with the form; resolves when both threads are there. */
  opens(fields?: Record<string, string | string[]>): Promise<Opened>;
}

/** A ticket's threads: each root's `ts`, and where it stands. */
export interface Opened {
  reference: string;
  /** What stands in the agents' thread, as this person sees it; the card comes first. */
  atAgents(reader?: Person): Seen[];
  atRequester(): Seen[];
  agentsRoot: string;
  requesterRoot: string;
}

export const printer = {
  title: "Printer on fire",
  description: "It burns.",
  priority: "high",
  category: "technical",
};

export async function slackTeam(options: TeamOptions = {}): Promise<Team> {
  const slack = await startSlack(options.slack ?? {});
  onTestFinished(() => slack.stop());
  const rob = slack.person("U0ROB0001", { name: "rob", displayName: "Rob" });
  const ada = slack.person("U0ADA0001", { name: "ada", displayName: "Ada" });
  const bea = slack.person("U0BEA0001", { name: "bea", displayName: "Bea" });
  const members = [ada.id, bea.id, slack.workspace.bot.userId];
  const kind = options.triageKind ?? "channel";
  const triage = slack.workspace.addChannel({ id: "C0TRIAGE1", name: "triage", kind, members }).id;
  const folder = await temporaryFolder();
  const desk = await runDeskhand({
    clock: slack.clock,
    config: configOf(slack, folder, triage, options),
    underway: () => slack.events.underway(),
    started: async ({ url }) => {
      if (options.mode !== "socket") slack.sendTo(`${url}/slack/events`);
      else await slack.until(() => slack.socketMode.connections() > 0);
    },
  });
  const { passing } = desk;
  return {
    ...desk,
    ...{ slack, rob, ada, bea, triage, folder, mode: options.mode ?? "http" },
    opens: (fields) => opens({ rob, ada, triage, passing }, fields),
  };
}

function configOf(slack: Slack, folder: string, triage: string, options: TeamOptions) {
  const { botToken, appToken, signingSecret } = slack.app;
  const secret =
    options.mode === "socket"
      ? { SLACK_APP_TOKEN: appToken }
      : { SLACK_SIGNING_SECRET: signingSecret };
  const config = readConfig({
    PORT: "0",
    DATA_DIR: folder,
    TRIAGE: `slack:${triage}`,
    SLACK_BOT_TOKEN: botToken,
    SLACK_API_URL: slack.apiUrl,
    ...secret,
  });
  return { ...config, settings: { ...config.settings, ...options.settings } };
}

async function opens(
  { rob, ada, triage, passing }: Pick<Team, "rob" | "ada" | "triage" | "passing">,
  fields: Record<string, string | string[]> = {},
): Promise<Opened> {
  const before = new Set(roots(ada, triage).map(({ ts }) => ts));
  const beforeDm = new Set(roots(rob, rob.dm).map(({ ts }) => ts));
  await rob.types("/ticket");
  await passing(() => rob.modal);
  await rob.submits({ ...printer, ...fields });
  const card = await passing(() => roots(ada, triage).find(({ ts }) => !before.has(ts)));
  const own = await passing(() => roots(rob, rob.dm).find(({ ts }) => !beforeDm.has(ts)));
  return {
    reference: /T-[0-9A-Z]{6}/.exec(card.words)?.[0] ?? "",
    agentsRoot: card.ts,
    requesterRoot: own.ts,
    atAgents: (reader = ada) => reader.reads(triage, { thread: card.ts }),
    atRequester: () => rob.reads(rob.dm, { thread: own.ts }),
  };
}

const roots = (reader: Person, channel: string) =>
  reader.reads(channel).filter(({ thread, ephemeral }) => thread === undefined && !ephemeral);
