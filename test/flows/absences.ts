/** Deskhand is away, or cannot hear, while people go on writing. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../temporary.ts";
import { type MixedOptions, type MixedTeam, mixedTeam } from "./mixed-team.ts";
import { held, type PlatformName, type Seat } from "./seats.ts";
import type { DiscordTeam } from "./seats-discord.ts";
import type { slackPlatform } from "./seats-slack.ts";

/** How it ends: in order, or so that nothing it was about to do is done. */
export type Ending = "stopped" | "killed";

export interface LeavingTeam extends MixedTeam {
  /** It ends, starts again when what is done `meanwhile` is, and has then read all that it can. */
  isAway(ending: Ending, meanwhile?: () => void | Promise<void>): Promise<void>;
  /** Where it keeps its data now. */
  folder(): string;
  /** How often a platform has been read back since the last start. */
  readings(): Record<string, number>;
  /** These platforms were read once more than when `before` was asked for, and nothing is owed. */
  hasCaughtUp(before: Record<string, number>, platforms?: readonly string[]): Promise<void>;
}

export async function leavingTeam(options: MixedOptions): Promise<LeavingTeam> {
  const left = await temporaryFolder();
  let kills = 0;
  /** Of the process that was killed, as it left it. */
  let folder: string | undefined;
  let dataDir = "";
  const team = await mixedTeam({
    ...options,
    config: async (given) => {
      const config = (await options.config?.(given)) ?? given;
      dataDir = folder ?? config.dataDir;
      return { ...config, dataDir };
    },
  });
  const platforms = Object.keys(team.platforms);
  const readings = () => readingsOf(team);
  const hasCaughtUp: LeavingTeam["hasCaughtUp"] = async (before, wanted = platforms) => {
    const isRead = (name: string) => (readings()[name] ?? 0) > (before[name] ?? 0);
    await team.passing(() => wanted.every(isRead));
    await team.quiet();
  };
  return {
    ...team,
    folder: () => dataDir,
    readings,
    hasCaughtUp,
    async isAway(ending, meanwhile) {
      const before = readings();
      let reconnects: (() => void)[] = [];
      if (ending === "killed") {
        // What it does from here on is not done.
        reconnects = Object.values(team.platforms).map((each) => each.cutsOff());
        kills += 1;
        folder = join(left, String(kills));
        copyAsItIs(dataDir, folder);
      }
      await team.restart(async () => {
        for (const reconnect of reconnects) reconnect();
        await meanwhile?.();
      });
      await hasCaughtUp(before);
    },
  };
}

/** What is being written meanwhile may go away under another name: then it is copied once more. */
function copyAsItIs(from: string, to: string): void {
  for (;;) {
    try {
      cpSync(from, to, { recursive: true });
      return;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
}

function readingsOf({ log }: MixedTeam): Record<string, number> {
  const count: Record<string, number> = {};
  for (const { message, fields } of log.lines) {
    if (message !== "All of it was read back") continue;
    const platform = String(fields.platform);
    count[platform] = (count[platform] ?? 0) + 1;
  }
  return count;
}

type Platforms = MixedTeam["platforms"];
type SlackTeam = Awaited<ReturnType<typeof slackPlatform>>;

export const slackOf = ({ slack }: Platforms) => slack as SlackTeam;
export const discordOf = ({ discord }: Platforms) => discord as DiscordTeam;

const standIns = ({ platforms }: MixedTeam) => ({
  slack: platforms.slack && slackOf(platforms).slack,
  discord: platforms.discord && discordOf(platforms).discord,
});

const minuteMs = 60_000;

/** So long that no platform tries any more to tell what happened before. */
export async function forgetting(team: MixedTeam): Promise<void> {
  const { slack } = standIns(team);
  for (let minutes = 0; minutes < 10; minutes += 1) team.clock.advance(minuteMs);
  // Whatever it tries meets no one.
  while (slack && slack.events.unsettled() > 0) {
    await slack.settled();
    await new Promise((resolve) => setImmediate(resolve));
    team.clock.advance(minuteMs);
  }
}

/**
 * A platform tells of nothing until it `ends`; and from then on nothing can be read back there, until
 * it `letsRead`.
 */
export async function goesDeaf(team: MixedTeam, platform: PlatformName) {
  const there = platform === "slack" ? deafSlack(team) : deafDiscord(team);
  const reading = held();
  let isAsked = false;
  await team.passing(() => !there.isConnected());
  return {
    async ends(): Promise<void> {
      there.connects(() => {
        isAsked = true;
        return { until: reading.promise };
      });
      await team.passing(() => there.isConnected() && isAsked);
    },
    letsRead(): void {
      there.isWell();
      reading.resolve();
    },
  };
}

type Holding = () => { until: Promise<void> };

function deafSlack({ platforms }: MixedTeam) {
  const { slack } = slackOf(platforms);
  const fails = { status: 503 };
  slack.misbehaves((method) => (method === "apps.connections.open" ? fails : undefined));
  slack.socketMode.cut();
  return {
    isConnected: () => slack.socketMode.sockets() > 0,
    isWell: () => slack.misbehaves(() => undefined),
    connects: (reading: Holding) =>
      slack.misbehaves((method) => (method === "conversations.replies" ? reading() : undefined)),
  };
}

function deafDiscord({ platforms }: MixedTeam) {
  const { discord } = discordOf(platforms);
  const telling = held();
  discord.gateway.refusesConnections(telling.promise);
  discord.gateway.loseSession();
  return {
    isConnected: () => discord.gateway.connections() > 0,
    isWell: () => discord.misbehaves(() => undefined),
    connects: (reading: Holding) => {
      discord.misbehaves(({ route }) =>
        route === "GET /channels/:id/messages" ? reading() : undefined,
      );
      telling.resolve();
    },
  };
}

/** Of what is written next, each platform tells twice. */
export function tellsTwice(team: MixedTeam): void {
  const { slack, discord } = standIns(team);
  slack?.events.disturb("repeat", { type: "message" });
  slack?.events.disturb("lose-ack", { type: "message" });
  discord?.gateway.repeatsDispatches(2, "MESSAGE_CREATE");
}

/** While no time passes, each platform has told of all that it was to tell. */
export async function areTold(
  team: MixedTeam,
  texts: readonly [on: PlatformName, text: string][],
): Promise<void> {
  const { slack, discord } = standIns(team);
  const told = () => (slack?.events.attempts ?? []).map(({ event }) => event.text);
  await slack?.until(() => texts.every(([on, text]) => on !== "slack" || told().includes(text)));
  await discord?.until(() => discord.gateway.underway() === 0);
}

/** In Slack, a file stands below a line that says whose it is. */
const isCaption = (each: string) => /^From \w+$/.test(each);

/** All that stands in someone's thread, but for the first words. */
export const words = (seat: Seat): string[] =>
  seat
    .lines()
    .slice(1)
    .map((line) => line.words.trim())
    .filter((each) => each !== "" && !isCaption(each));

/** Of what stands there, what they did not write themselves. */
export const heard = (seat: Seat, own: readonly string[]): string[] =>
  words(seat).filter((each) => !own.includes(each));

export const filesIn = (seat: Seat): string[] => seat.lines().flatMap(({ files }) => files);
