import { createTicketApi } from "../adapters/ticket-api/client.ts";
import { readKeptTokens } from "./api-tokens.ts";
import { checkAttachments } from "./attachments/open.ts";
import { type Config, ConfigError, loadConfig, type SlackConfig } from "./config.ts";
import type { Log } from "./desk/ports.ts";
import { checkStore } from "./open-store.ts";
import { checkMarks } from "./other-stores.ts";
import { remoteWords } from "./service.ts";
import { agentsOn, triageOn, triageSpots } from "./settings.ts";

/** One thing that was checked: good, or what is wrong and what to do. */
interface Finding {
  name: string;
  ok: boolean;
  sentence: string;
}

/** A token shorter than this can be guessed, given time. */
const shortestSafeToken = 20;

/** Checks what a start would stand on, a line each; resolves to whether all of it is well. */
export async function runDoctor(tell: (line: string) => void): Promise<boolean> {
  let allOk = true;
  for await (const { name, ok, sentence } of findings()) {
    tell(`${ok ? "good " : "WRONG"}  ${name}: ${sentence}`);
    allOk &&= ok;
  }
  return allOk;
}

async function* findings(): AsyncIterable<Finding> {
  const config = readConfig();
  if ("problems" in config) {
    for (const sentence of config.problems) yield { name: "configuration", ok: false, sentence };
    return;
  }
  yield configuration(config);
  yield { name: "store", ...(await checkStore(config)) };
  yield* attachments(config);
  yield { name: "API tokens", ...(await apiTokens(config)) };
  yield { name: "remote ticket service", ...(await remote(config)) };
  if (triageSpots(config.settings).length === 0)
    yield { name: "triage", ok: true, sentence: noTriage };
  yield* slack(config);
  yield* discord(config);
}

function readConfig(): Config | ConfigError {
  try {
    return loadConfig();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

function configuration({ ignored }: Config): Finding {
  const name = "configuration";
  if (ignored.length === 0) return { name, ok: true, sentence: "every variable is as expected" };
  const sentence = `nothing is done with ${ignored.join(", ")}, as what they are for is off. Unset what you do not need`;
  return { name, ok: false, sentence };
}

async function* attachments({ attachments, ...config }: Config): AsyncIterable<Finding> {
  if (!attachments) return;
  const name = "attachments";
  const found = await checkAttachments(attachments);
  yield { name, ...found };
  if (found.ok) yield { name, ...(await checkMarks({ ...config, attachments })) };
}

async function apiTokens({ apiTokens, dataDir }: Config): Promise<Omit<Finding, "name">> {
  if (!apiTokens) return keptTokens(dataDir);
  const short = apiTokens.filter(({ token }) => token.length < shortestSafeToken);
  if (short.length === 0) return { ok: true, sentence: `${apiTokens.length} from API_TOKENS` };
  const whose = short.map(({ role, id }) => `${role} ${id}`).join(", ");
  const sentence = `too short to be safe: ${whose}. Use ${shortestSafeToken} random characters or more`;
  return { ok: false, sentence };
}

async function keptTokens(dataDir: string): Promise<Omit<Finding, "name">> {
  try {
    const kept = await readKeptTokens(dataDir);
    const sentence = kept ? `${kept.length} kept in ${dataDir}` : "a first start makes them";
    return { ok: true, sentence };
  } catch (error) {
    return { ok: false, sentence: error instanceof Error ? error.message : String(error) };
  }
}

async function remote({ remote }: Config): Promise<Omit<Finding, "name">> {
  if (!remote) return { ok: true, sentence: "off: TICKETS_API_URL is not set" };
  const service = createTicketApi(remote);
  try {
    const { ok, sentence } = await service.check();
    return { ok, sentence: ok ? `${sentence} ${remoteWords(remote)}` : sentence };
  } finally {
    await service.close();
  }
}

async function* slack(config: Config): AsyncIterable<Finding> {
  const name = "Slack";
  if (!config.slack) {
    yield { name, ok: true, sentence: "off: SLACK_BOT_TOKEN is not set" };
    return;
  }
  yield { name, ...(config.slack.appToken === undefined ? overHttp(config) : overSocket) };
  const triageChannels = triageOn(config.settings, "slack");
  yield* lackingAgents(config, name);
  yield* askSlack(config, config.slack, triageChannels);
}

const overSocket = { ok: true, sentence: "on, over Socket Mode" };

const noTriage =
  "neither TRIAGE nor deskhand.yaml names a channel: agents answer over HTTP only. Set TRIAGE, such as slack:C0123ABC or discord:123456789012345678";

/** Slack sends its requests to secure addresses only. */
function overHttp({ publicUrl }: Config): Omit<Finding, "name"> {
  if (publicUrl === undefined)
    return { ok: false, sentence: `over HTTP, but PUBLIC_URL is not set. ${httpAdvice}` };
  if (!publicUrl.startsWith("https://"))
    return { ok: false, sentence: `over HTTP, but PUBLIC_URL is not https. ${httpAdvice}` };
  const sentence = `on, over HTTP: the app's request URLs must be ${publicUrl}/slack/events`;
  return { ok: true, sentence };
}

const httpAdvice =
  "Set it to the https address at which Slack reaches Deskhand, or set SLACK_APP_TOKEN for Socket Mode";

async function* askSlack(
  { settings }: Config,
  parts: SlackConfig,
  triageChannels: readonly string[],
): AsyncIterable<Finding> {
  const { checkSlack } = await import("../adapters/slack/check.ts");
  const agents = agentsOn(settings, "slack");
  const asked = checkSlack({ ...parts, triageChannels, agents, log: silent });
  for await (const { what, ...said } of asked) yield { name: `Slack ${what}`, ...said };
}

async function* discord({ discord, settings }: Config): AsyncIterable<Finding> {
  const name = "Discord";
  if (!discord) {
    yield { name, ok: true, sentence: "off: DISCORD_TOKEN is not set" };
    return;
  }
  const triageChannels = triageOn(settings, "discord");
  yield* lackingAgents({ settings }, name);
  const { checkDiscord } = await import("../adapters/discord/check.ts");
  const agents = agentsOn(settings, "discord");
  const asked = checkDiscord({ ...discord, triageChannels, agents });
  for await (const { what, ...said } of asked) yield { name: `Discord ${what}`, ...said };
}

/** Where agents are listed, those who are not are none: also where no one is listed. */
function* lackingAgents(
  { settings }: Pick<Config, "settings">,
  name: "Slack" | "Discord",
): Iterable<Finding> {
  const platform = name.toLowerCase();
  if (triageOn(settings, platform).length === 0 || agentsOn(settings, platform)?.length !== 0)
    return;
  const sentence = `deskhand.yaml lists agents, but none of ${name}: no one can answer in its triage channels. List who may, or take the list out`;
  yield { name: `${name} agents`, ok: false, sentence };
}

const nothing = () => undefined;
/** What is to be told is in the findings. */
const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
