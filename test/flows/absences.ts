/** Deskhand is away, or cannot hear, while people go on writing. */
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "../temporary.ts";
import { type MixedOptions, type MixedTeam, mixedTeam } from "./mixed-team.ts";
import type { Seat } from "./seats.ts";

/** How it ends: in order, or so that nothing it was about to do is done. */
export type Ending = "stopped" | "killed";

export interface LeavingTeam extends MixedTeam {
  /** It ends, starts again when what is done `meanwhile` is, and has then read all that it can. */
  isAway(ending: Ending, meanwhile?: () => void | Promise<void>): Promise<void>;
  /** How often a platform has been read back since the last start. */
  readings(): Record<string, number>;
  /** All platforms were read once more than when `before` was asked for, and nothing is owed. */
  hasCaughtUp(before: Record<string, number>, platforms?: readonly string[]): Promise<void>;
}

export async function leavingTeam(options: MixedOptions): Promise<LeavingTeam> {
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
    readings,
    hasCaughtUp,
    async isAway(ending, meanwhile) {
      const before = readings();
      let reconnects: (() => void)[] = [];
      if (ending === "killed") {
        // What it does from here on is not done.
        reconnects = Object.values(team.platforms).map((each) => each.cutsOff());
        folder = join(await temporaryFolder(), "left");
        await cp(dataDir, folder, { recursive: true });
      }
      await team.restart(async () => {
        for (const reconnect of reconnects) reconnect();
        await meanwhile?.();
      });
      await hasCaughtUp(before);
    },
  };
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

const minuteMs = 60_000;

/** So long that no platform tries any more to tell what happened before. */
export async function forgetting({ clock, platforms }: MixedTeam): Promise<void> {
  const { slack } = platforms;
  for (let minutes = 0; minutes < 10; minutes += 1) {
    clock.advance(minuteMs);
    // Whatever it tries meets no one.
    while (slack && slack.underway() > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
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
