import { onTestFinished } from "vitest";
import { readConfig } from "../../src/config.ts";
import { type Running, start } from "../../src/main.ts";
import type { Settings } from "../../src/settings.ts";
import type { HandClock } from "../fakes/clock.ts";
import type { Person } from "../fakes/slack/person.ts";
import type { Seen } from "../fakes/slack/seen.ts";
import { type Slack, type SlackOptions, startSlack } from "../fakes/slack/slack.ts";
import { keptLog } from "../log.ts";
import { temporaryFolder } from "../temporary.ts";

export type Mode = "http" | "socket";

export interface TeamOptions {
  mode?: Mode;
  slack?: Partial<SlackOptions<HandClock>>;
  settings?: Partial<Settings>;
  /** `group`: the triage channel is private. */
  triageKind?: "channel" | "group";
}

/** A workspace with a requester, two agents and a triage channel, and Deskhand for it. */
export interface Team {
  mode: Mode;
  slack: Slack;
  /** Asks for help. */
  rob: Person;
  /** Are in the triage channel. */
  ada: Person;
  bea: Person;
  triage: string;
  log: ReturnType<typeof keptLog>;
  /** `DATA_DIR`. */
  folder: string;
  url(): string;
  token(role: "agent" | "client"): string;
  /** Asks the ticket API; resolves to the body of its answer, as text. */
  asks(role: "agent" | "client", method: string, path: string, body?: unknown): Promise<string>;
  /** Ends it in order, and starts it anew on the same data. */
  restart(): Promise<void>;
  /** Lets time pass until something is found. */
  passing<Found>(look: () => Found): Promise<NonNullable<Found>>;
  /** Lets time pass until nothing is owed and nothing is on its way. */
  quiet(): Promise<void>;
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
  const log = keptLog();
  const folder = await temporaryFolder();
  let running: Running;
  const begin = async () => {
    running = await starting(
      slack,
      start(configOf(slack, folder, triage, options), log, worldOf(slack)),
    );
    if (options.mode !== "socket") slack.sendTo(`${running.url}/slack/events`);
    else await slack.until(() => slack.socketMode.connections() > 0);
  };
  await begin();
  const end = () => ending(slack, running);
  onTestFinished(end);
  const passing = <Found>(look: () => Found) => passingUntil(slack, look);
  return {
    ...{ slack, rob, ada, bea, triage, log, folder, passing, mode: options.mode ?? "http" },
    url: () => running.url,
    quiet: () => quietAt(slack, () => running.url),
    token: (role) => running.tokens.find((each) => each.role === role)?.token ?? "",
    asks: (role, method, path, body) => {
      const token = running.tokens.find((each) => each.role === role)?.token ?? "";
      return asked(`${running.url}/v2/support-tickets${path}`, method, token, body);
    },
    restart: async () => {
      await end();
      await begin();
    },
    opens: (fields) => opens({ rob, ada, triage, passing }, fields),
  };
}

async function asked(url: string, method: string, token: string, body: unknown): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(url, { method, headers, ...json });
  return answer.text();
}

const worldOf = ({ clock }: Slack) => ({
  now: () => clock.now(),
  after: (ms: number, work: () => void) => clock.after(ms, work),
  random: () => 0.5,
});

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

/** A start that waits for something gets it: time passes once it has taken long. */
async function starting({ clock }: Slack, start: Promise<Running>): Promise<Running> {
  let patience = startPatienceMs;
  const passing = setInterval(() => {
    patience -= 10;
    if (patience < 0) clock.advance(100);
  }, 10);
  return start.finally(() => clearInterval(passing));
}

const startPatienceMs = 1_000;

/** What waits for a time that is over by then is let go. */
async function ending({ clock }: Slack, running: Running): Promise<void> {
  let ended = false;
  const stop = running.stop().finally(() => {
    ended = true;
  });
  while (!ended) {
    clock.advance(100);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await stop;
}

async function quietAt({ clock, events }: Slack, url: () => string): Promise<void> {
  for (let turn = 0; turn < mostTurns; turn += 1) {
    clock.advance(1_000);
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (turn % 20 !== 19 || events.underway() > 0) continue;
    const metrics = await (await fetch(`${url()}/metrics`)).text();
    if (/^deskhand_outbox_tickets 0$/m.test(metrics)) return;
  }
  throw new Error("it did not become quiet");
}

async function passingUntil<Found>(
  { clock }: Slack,
  look: () => Found,
): Promise<NonNullable<Found>> {
  for (let turn = 0; turn < mostTurns; turn += 1) {
    const found = look();
    if (found) return found;
    clock.advance(turn % 20 === 19 ? 1_000 : 0);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error(`it did not happen: ${look.toString()}`);
}

const mostTurns = 20_000;

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
