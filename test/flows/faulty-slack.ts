/** How Slack goes wrong, and how people there get along with it. */
import type { ApiFault } from "../fakes/slack/faults.ts";
import type { Person } from "../fakes/slack/person.ts";
import type { Slack } from "../fakes/slack/slack.ts";
import type { Draws, Until } from "./faulty-story.ts";
import type { Mode } from "./slack-team.ts";

/** More often than Slack tries: far more goes wrong here than would there. */
export const retriesAfterMs = [
  ...[0, 2_000, 5_000, 10_000, 20_000, 40_000],
  ...[60_000, 60_000, 60_000, 60_000],
];

/** Every way in which a call goes wrong. */
const apiFaults: (ApiFault | "late")[] = [
  "late",
  "reset",
  "reset-after-effect",
  "cut-off",
  "html",
  { status: 500 },
  { status: 503, afterEffect: true },
  { retryAfterS: 3 },
  { error: "internal_error", afterEffect: true },
  { error: "ratelimited" },
];

/** From now on every call may go wrong. */
export function breakCalls(slack: Slack, { chance, pick }: Draws, likely: number): void {
  slack.misbehaves(() => {
    if (!chance(likely)) return undefined;
    const fault = pick(apiFaults);
    if (fault !== "late") return fault;
    return { answeredAfter: new Promise<void>((resolve) => slack.clock.after(2_500, resolve)) };
  });
}

/**
 * What goes wrong on the way from Slack with what is said next. What ends the connection of Socket
 * Mode comes no more often than it is made: else Slack would give up events, and rightly.
 */
export function eventBreaker(
  slack: Slack,
  mode: Mode,
  { chance, pick }: Draws,
  likely: number,
): () => void {
  const wholeAfterMs = mode === "http" ? 0 : 75_000;
  let wholeAt = 0;
  const breaks = [
    () => slack.events.disturb("break-off", { type: "message" }),
    ...(mode === "http" ? [] : [() => slack.socketMode.disconnect(), () => slack.socketMode.cut()]),
  ];
  return () => {
    for (const what of ["repeat", "lose-ack"] as const)
      if (chance(likely)) slack.events.disturb(what, { type: "message" });
    if (slack.clock.now() < wholeAt || !chance(likely)) return;
    wholeAt = slack.clock.now() + wholeAfterMs;
    pick(breaks)();
  };
}

/** Someone opens a ticket while things go wrong: what did not work is done again, as people do. */
export async function opens(
  slack: Slack,
  requester: Person,
  fields: Record<string, string>,
  { draw, until }: { draw: Draws; until: Until },
): Promise<void> {
  while (!requester.modal) {
    await requester.types("/ticket");
    const giveUpAt = slack.clock.now() + 5_000;
    await until(() => requester.modal || slack.clock.now() > giveUpAt);
  }
  const { modal } = requester;
  if (draw.chance(0.2)) slack.interactions.disturb(draw.pick(["lose-ack", "break-off"]));
  requester.fills(fields);
  const twice = draw.chance(0.2) ? [requester.submitsAgain(modal)] : [];
  await Promise.all([requester.submits(), ...twice]);
  while (requester.modal === modal) {
    const againAt = slack.clock.now() + 1_000;
    await until(() => slack.clock.now() > againAt);
    await requester.submits();
  }
  if (draw.chance(0.2)) await requester.submitsAgain(modal);
}

/** What Slack has had an ack for. `look` is to be called now and then. */
export function toldBy({ events }: Slack) {
  const told = new Set<string>();
  let pending: Slack["events"]["attempts"] = [];
  let seen = 0;
  return {
    look() {
      pending.push(...events.attempts.slice(seen));
      seen = events.attempts.length;
      for (const { event, ack } of pending)
        if (ack?.kind === "acked") told.add(`${event.channel} ${event.ts}`);
      pending = pending.filter(({ ack }) => ack === undefined);
    },
    has: (channel: string, ts: string) => told.has(`${channel} ${ts}`),
  };
}
