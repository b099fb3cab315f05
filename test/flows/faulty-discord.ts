/** How Discord goes wrong, and how people there get along with it. */
import type { Discord } from "../fakes/discord/discord.ts";
import type { ApiFault } from "../fakes/discord/faults.ts";
import type { Person } from "../fakes/discord/person.ts";
import type { Draws } from "./faulty-story.ts";
import type { Fields } from "./seats.ts";
import type { DiscordTeam } from "./seats-discord.ts";

/** Short waits are real time: the SDK waits them out. */
const shortS = 0.05;

const unwell = { status: 500, code: 0, message: "500: Internal Server Error" };
const overloaded = {
  ...{ status: 503, code: 130000 },
  message: "API resource is currently overloaded. Try again a little later",
};

/** Every way in which a call goes wrong; a number is for how long nothing comes of it. */
const apiFaults: (ApiFault | { lateMs: number; effect: "at once" | "late" })[] = [
  { lateMs: 2_500, effect: "at once" },
  { lateMs: 3_500, effect: "late" },
  "reset",
  "reset-after-effect",
  "cut-off",
  "html",
  { html: 403 },
  { status: 500 },
  { status: 503, afterEffect: true },
  { retryAfterS: shortS },
  { retryAfterS: shortS, global: true },
  { retryAfterS: 8 },
  { error: overloaded },
  { error: unwell, afterEffect: true },
];

/** From now on every call may go wrong. */
export function breakCalls(discord: Discord, { chance, pick }: Draws, likely: number): void {
  discord.misbehaves(() => {
    if (!chance(likely)) return undefined;
    const fault = pick(apiFaults);
    if (typeof fault !== "object" || !("lateMs" in fault)) return fault;
    const late = new Promise<void>((resolve) => discord.clock.after(fault.lateMs, resolve));
    return fault.effect === "late" ? { until: late } : { answeredAfter: late };
  });
}

/** The SDK takes its real time to come back: so often, connections are kept in between. */
const wholeFor = 40;

/**
 * What goes wrong on the way from Discord with what happens next. No session is lost: what happens
 * until there is another one is never told.
 */
export function gatewayBreaker(
  discord: Discord,
  { chance, pick }: Draws,
  likely: number,
): () => void {
  const { gateway } = discord;
  const breaks = [
    () => gateway.drop(),
    () => {
      gateway.replaysTwice();
      gateway.drop();
    },
    () => gateway.askToReconnect(),
    () => gateway.invalidate(true),
  ];
  let sinceLast = wholeFor;
  return () => {
    sinceLast += 1;
    if (chance(likely)) gateway.repeatsDispatches(1, "MESSAGE_CREATE");
    if (chance(likely)) gateway.repeatsDispatches(1, "INTERACTION_CREATE");
    if (sinceLast < wholeFor || gateway.connections() === 0 || !chance(3 * likely)) return;
    sinceLast = 0;
    pick(breaks)();
  };
}

/** The next thing that someone does is answered too late, or it is not known here that it was. */
function disturbsAnswer(discord: Discord, { pick }: Draws): void {
  const late = new Promise<void>((resolve) => discord.clock.after(4_000, resolve));
  const route = "POST /interactions/:id/:token/callback";
  discord.misbehave(pick([{ until: late }, "reset-after-effect"] as const), { route });
}

/** Someone opens a ticket while things go wrong: what did not work is done again, as people do. */
export async function opens(
  { discord, help: channel }: Pick<DiscordTeam, "discord" | "help">,
  requester: Person,
  { title, description, priority, category }: Fields,
  draw: Draws,
): Promise<void> {
  if (draw.chance(0.2)) disturbsAnswer(discord, draw);
  while (!requester.modal) await requester.types("/ticket", {}, { channel });
  const shown = requester.holdsModal();
  if (draw.chance(0.2)) disturbsAnswer(discord, draw);
  requester.fills({ title, description, priority, category });
  const twice = draw.chance(0.2) ? [requester.submitsAgain(shown)] : [];
  await Promise.all([requester.submits(), ...twice]);
  while (requester.modal) await requester.submits();
  if (draw.chance(0.2)) await requester.submitsAgain(shown);
}
