/** A delivery that failed: whether it is tried again, when, and what is given up. Times are in ms. */
import type { Failure } from "./chat.ts";
import { copyIn } from "./copies.ts";
import type { DeliveryRules } from "./deliveries.ts";
import { copyOf, type Delivery, isMaking } from "./delivery.ts";
import type { Place, TicketDocument, Trouble } from "./document.ts";
import { isOwed, mayBeGone } from "./ended.ts";
import { givenUp } from "./giving-up.ts";
import { ended } from "./made.ts";
import { messageIn } from "./messages.ts";
import { troubleOf } from "./troubles.ts";

export interface SettleRules extends DeliveryRules {
  /** After so long it is given up. */
  deadAfterMs: number;
  /** From 0 to 1. */
  random(): number;
}

export function settleFailed(
  draft: TicketDocument,
  delivery: Delivery,
  failure: Failure,
  rules: SettleRules,
  now: number,
): void {
  const { id } = delivery;
  const before = troubleOf(draft, id);
  if (before?.dead) return;
  if (isMaking(delivery) && failure.outcome !== "uncertain") ended(draft, delivery.key);
  if (failure.isHeldBack) return;
  if (failure.outcome === "gone" && "place" in delivery) reopen(draft, delivery.place);
  doubt(draft, delivery, failure);
  // That something could not be posted which was taken back meanwhile is no failure.
  if (!isOwed(draft, id, rules)) return;
  const trouble = troubleAfter(draft, delivery, failure, before, rules, now);
  draft.troubles = [...draft.troubles.filter((each) => each.delivery !== id), trouble];
  if (trouble.dead) givenUp(draft, delivery, failure.reason, now);
}

/** What it changes may have changed all the same. */
function doubt(draft: TicketDocument, delivery: Delivery, { outcome }: Failure): void {
  if (delivery.do === "mark") messageIn(draft, delivery.message).marked = "unknown";
  if (delivery.do === "remove" && outcome === "uncertain") mayBeGone(draft, delivery);
}

function troubleAfter(
  draft: TicketDocument,
  delivery: Delivery,
  failure: Failure,
  before: Trouble | undefined,
  rules: SettleRules,
  now: number,
): Trouble {
  const { outcome, reason, isOurs } = failure;
  const attempts = (before?.attempts ?? 0) + 1;
  const since = before?.since ?? new Date(now).toISOString();
  const { startedAt = Number.NEGATIVE_INFINITY } = rules;
  const waitMs = waitAfter(failure, attempts, rules);
  const mostMs = delivery.do === "fetch" && !isOurs ? fetchDeadAfterMs : rules.deadAfterMs;
  const isLate = now - Date.parse(since) >= mostMs && now - startedAt >= mostMs * leastTried;
  const dead = mustArrive(delivery)
    ? false
    : outcome === "dead" || (isLate && !mayTakeLong(draft, delivery));
  const dueAt = new Date(now + (outcome === "dead" ? longestWaitMs : waitMs)).toISOString();
  return { delivery: delivery.id, since, attempts, dueAt, dead, reason };
}

/** Of the time after which it is given up, as much has to be since the start: not all was tried. */
const leastTried = 1 / 24;

/** Without the agents' thread no one would ever see the ticket, nor that it could not be shown. */
const mustArrive = (delivery: Delivery): boolean => {
  const isOpening =
    delivery.do === "open" || (delivery.do === "find" && delivery.sought.makes === "thread");
  return isOpening && delivery.place.side === "agents";
};

/** What costs little to go on trying: a card, a mark, and that something else could not be delivered. */
function mayTakeLong(draft: TicketDocument, delivery: Delivery): boolean {
  if (delivery.do === "card") return delivery.place.side !== "service";
  if (delivery.do === "mark") return true;
  const about = copyOf(delivery);
  return about !== undefined && messageIn(draft, about.message).retry !== null;
}

/** A file that its platform does not give for so long is refused: people wait for it. */
const fetchDeadAfterMs = 15 * 60_000;

const firstWaitMs = 1_000;
const longestWaitMs = 5 * 60_000;
/** How often a platform that is down is asked is seen to elsewhere: once it is back, nobody waits for long. */
const longestDownWaitMs = 60_000;

/** What the platform says comes before what we would do; one that is down may be back earlier. */
function waitAfter(
  { retryAfterMs, isDown }: Failure,
  attempts: number,
  { random }: SettleRules,
): number {
  if (retryAfterMs === undefined)
    return backoffMs(attempts, random(), isDown ? longestDownWaitMs : longestWaitMs);
  return isDown ? Math.min(retryAfterMs, longestWaitMs) : retryAfterMs;
}

/** Twice as long each time, somewhere in the upper half of that, so that not all come at once. */
const backoffMs = (attempts: number, random: number, mostMs: number): number =>
  Math.min(mostMs, firstWaitMs * 2 ** (attempts - 1)) * (0.5 + random / 2);

/** The thread is gone: the place gets another, where what is still to be said is said. */
function reopen(draft: TicketDocument, { id, thread }: Place): void {
  const place = draft.places.find((each) => each.id === id);
  if (!place || thread === null || place.thread !== thread) return;
  place.thread = null;
  place.card = null;
  place.shown = null;
  place.opened += 1;
  draft.underway = draft.underway.filter((begun) => begun.place !== id);
  for (const message of draft.messages) {
    const copy = copyIn(message, place);
    if (!copy) continue;
    // What was there is gone as well, and is not written again; what was half there is, and what says of
    // something that it failed, as long as it does.
    if (!copy.done || message.retry !== null)
      message.copies = message.copies.filter((each) => each !== copy);
    copy.parts = [];
    copy.files = [];
  }
}
