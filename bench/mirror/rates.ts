/** The limits that Slack and Discord have, and how near to them something is. */
import { setTimeout as wait } from "node:timers/promises";
import type { Letter } from "./letters.ts";
import type { Sides } from "./sides.ts";
import type { PlatformName, SeenCall } from "./sightings.ts";
import type { Seat } from "./tickets.ts";

/** https://docs.slack.dev/apis/web-api/rate-limits: one a second and channel, "short bursts allowed". */
const slackRate = { burst: 3, everyMs: 1_000 };

/** As Discord tells of it in its headers; its documentation names no numbers. */
const discordRoute = "POST /channels/:id/messages";
const discordRate = { limit: 5, perMs: 5_000 };

/** https://docs.discord.com/developers/topics/rate-limits#global-rate-limit */
export const discordGlobal = 50;

/** Turns on what the platforms limit. */
export function limitRates({ slack, discord }: Sides): void {
  slack.limitRate("chat.postMessage", slackRate);
  discord.limitRate(discordRoute, discordRate);
  const window = { endsAt: 0, used: 0 };
  discord.misbehaves(({ route }) => {
    // Answers to interactions count against no global limit.
    if (route.includes("/interactions/") || route.includes("/webhooks/")) return undefined;
    const now = performance.now();
    if (now >= window.endsAt) Object.assign(window, { endsAt: now + 1_000, used: 0 });
    window.used += 1;
    if (window.used <= discordGlobal) return undefined;
    return { retryAfterS: (window.endsAt - now) / 1_000, global: true };
  });
}

/** How many calls a platform has refused, of those that came since then (in ms since 1970). */
export async function refusedBy(
  { slack, discord }: Sides,
  platform: PlatformName,
  since: number,
): Promise<number> {
  // What is on its way is answered by then.
  await wait(answeredMs);
  return platform === "slack"
    ? slack.calls.filter(({ at, answer }) => at >= since && !answer).length
    : discord.calls.filter(({ at, status }) => at >= since && status === undefined).length;
}

const answeredMs = 1_000;

const mostUnderway = 32;
const pauseMs = 5;

/**
 * People write as fast as it is taken in, and none of them a second message before the first is: Slack
 * tells of both at once, in whatever order.
 */
export async function takenIn({ slack }: Sides, seats: readonly Seat[]): Promise<void> {
  if (seats[0]?.platform === "discord") await wait(pauseMs);
  while (slack.events.underway() >= Math.min(mostUnderway, seats.length)) await wait(1);
}

/** By then, what a platform takes at once is over. */
export const steadyAfterMs = 5_000;
/** Before the first places have got all that they were owed. */
const share = 0.95;
/** Of fewer calls, nothing can be told. */
const fewest = 10;

/**
 * How many calls a second came while there was more to send than is taken: from some seconds after
 * then, as `performance.now` tells. As calls may come in bursts, it is the slope of the line through
 * all of them. Undefined when too much was sent too soon to tell.
 */
export function steadyRate(calls: readonly SeenCall[], after: number): number | undefined {
  const all = calls.map(({ at }) => at).sort((one, other) => one - other);
  const times = all
    .slice(0, Math.floor(all.length * share))
    .filter((at) => at >= after + steadyAfterMs);
  if (times.length < fewest) return undefined;
  const meanAt = times.reduce((sum, at) => sum + at, 0) / times.length;
  const meanCount = (times.length - 1) / 2;
  let [together, alone] = [0, 0];
  for (const [count, at] of times.entries()) {
    together += (at - meanAt) * (count - meanCount);
    alone += (at - meanAt) ** 2;
  }
  return (together / alone) * 1_000;
}

export function outOfOrder(letters: readonly Letter[]): number {
  const lastIn = new Map<string, number>();
  let count = 0;
  for (const { channel, to, postedAt = 0 } of letters) {
    const thread = `${channel} ${to}`;
    if (postedAt < (lastIn.get(thread) ?? 0)) count += 1;
    lastIn.set(thread, Math.max(postedAt, lastIn.get(thread) ?? 0));
  }
  return count;
}
