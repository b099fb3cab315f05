import { expect } from "vitest";
import { type Config, readConfig } from "../../src/config.ts";
import { readSettings } from "../../src/settings.ts";
import { HandClock } from "../fakes/clock.ts";
import { temporaryFolder } from "../temporary.ts";
import { type Deskhand, runDeskhand } from "./deskhand.ts";
import type { AgentSeat, Fields, Platform, PlatformName, Seat } from "./seats.ts";
import { discordPlatform } from "./seats-discord.ts";
import { slackPlatform } from "./seats-slack.ts";
import type { Mode } from "./slack-team.ts";

export interface MixedTeam extends Deskhand {
  clock: HandClock;
  /** How much is on its way from the platforms. */
  underway(): number;
  platforms: Partial<Record<PlatformName, Platform>>;
  /** Where Rob is. */
  home: Platform;
  /** Rob opens a ticket; resolves when its first words stand in every thread. */
  opens(fields?: Partial<Fields>): Promise<Opened>;
}

interface Opened {
  title: string;
  rob: Seat;
  ada: AgentSeat;
  /** Ada in each of the agents' places. */
  adas: AgentSeat[];
  bea: AgentSeat;
}

export interface MixedOptions {
  requester: PlatformName;
  /** One place for each. */
  agents: readonly PlatformName[];
  /** What else stands in deskhand.yaml. */
  yaml?: string;
  /** How Slack reaches Deskhand. */
  slack?: Mode;
  /** Asked whenever it starts: with what. */
  config?: (config: Config) => Promise<Config>;
}

const printer: Fields = {
  title: "Printer on fire",
  description: "It burns.",
  priority: "high",
  category: "technical",
};

/** Rob on one platform, Ada and Bea on the same one, another, or several; Deskhand between them. */
export async function mixedTeam(options: MixedOptions): Promise<MixedTeam> {
  const { requester, agents, yaml } = options;
  const clock = new HandClock();
  const make = {
    slack: (time: HandClock) => slackPlatform(time, {}, options.slack),
    discord: discordPlatform,
  };
  const platforms: Partial<Record<PlatformName, Platform>> = {};
  for (const name of new Set([requester, ...agents])) platforms[name] = await make[name](clock);
  const at = (name: PlatformName): Platform => {
    const platform = platforms[name];
    if (!platform) throw new Error(`${name} is not part of this story`);
    return platform;
  };
  const home = at(requester);
  const all = Object.values(platforms);
  const underway = () => all.reduce((sum, platform) => sum + platform.underway(), 0);
  const triage = agents.map((name) => at(name).triage);
  const config = configOf(all, triage, await temporaryFolder(), yaml);
  const desk = await runDeskhand({
    clock,
    config: async () => options.config?.(config) ?? config,
    underway,
    started: async ({ url }) => {
      for (const platform of all) await platform.started(url);
    },
  });
  const { passing } = desk;
  const opens = async (fields: Partial<Fields> = {}): Promise<Opened> => {
    const { title, description, ...rest } = { ...printer, ...fields };
    await home.asks({ title, description, ...rest }, passing);
    const rob = await passing(() => home.requester(title));
    const adas: AgentSeat[] = [];
    for (const name of agents) adas.push(await passing(() => at(name).agent(title)));
    const bea = await passing(() => at(agents[0] ?? requester).agent(title, "bea"));
    const [ada = bea] = adas;
    const seats = [rob, ...adas];
    await passing(() => seats.every((seat) => seat.lines().length === 1));
    for (const seat of seats) expect(seat.lines()[0]).toMatchObject({ from: "Rob" });
    return { title, rob, ada, adas, bea };
  };
  return { ...desk, clock, underway, platforms, home, opens };
}

/** `slack:TRIAGE` and `discord:TRIAGE` in deskhand.yaml become the triage channels of those there. */
export function configOf(platforms: Platform[], triage: string[], folder: string, yaml = "") {
  const environment = Object.assign({}, ...platforms.map((each) => each.environment()));
  const config = readConfig({ PORT: "0", DATA_DIR: folder, ...environment });
  const own = platforms.reduce(
    (text, { name, triage }) => text.replaceAll(`${name}:TRIAGE`, triage),
    yaml,
  );
  const text = `${own}\n${yaml.includes("triage:") ? "" : `triage: [{ to: [${triage.join(", ")}] }]`}`;
  const read = readSettings(text);
  if ("problems" in read) throw new Error(read.problems.join("\n"));
  return { ...config, settings: read.settings };
}
