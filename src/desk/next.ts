/** What is sent next: of a place in order, of marks and files whatever can be. */
import { type DeliveryRules, fetchesOwed, owedTo } from "./deliveries.ts";
import { type Delivery, fileOf, platformOf } from "./delivery.ts";
import type { TicketDocument } from "./document.ts";
import { marksOwed } from "./marks-owed.ts";
import { dueAtOf, never } from "./troubles.ts";

/** Deliveries of one lane happen one after the other; those of different lanes at once. */
const marksLane = "marks";
const filesLane = "files";

export const lanesOf = ({ places }: TicketDocument): string[] => [
  filesLane,
  ...places.map(({ id }) => id),
  marksLane,
];

/** What comes next in a lane: a delivery, or the time (in ms) until which it waits for one. */
export type Next = { delivery: Delivery } | { waitUntil: number } | undefined;

export function nextIn(
  document: TicketDocument,
  lane: string,
  rules: DeliveryRules,
  now: number,
): Next {
  const all = deliveriesIn(document, lane, rules);
  if (lane === marksLane || lane === filesLane) return nextOfAny(document, all, rules, now);
  let earliest = never;
  for (const delivery of all) {
    if (delivery === "wait") break;
    const dueAt = dueAtOf(document, delivery.id);
    if (dueAt <= now) return { delivery };
    earliest = Math.min(earliest, dueAt);
    if (dueAt !== never && holdsUp(delivery)) break;
  }
  return waitFor(earliest);
}

/**
 * Texts stand in a thread in the order in which they were said. A file that makes trouble is overtaken,
 * and posted once it can be.
 */
const holdsUp = (delivery: Delivery): boolean => fileOf(delivery) === undefined;

/**
 * Without an order: what has waited longest since it failed, after what never did. So what fails again
 * and again keeps nothing else from being tried. What is for a platform that is down comes last.
 */
function nextOfAny(
  document: TicketDocument,
  all: Iterable<Delivery | "wait">,
  { isDown, carries = () => true }: DeliveryRules,
  now: number,
): Next {
  const owed = [...all].filter((each) => each !== "wait").filter(carries);
  const dueAt = ({ id }: Delivery) => dueAtOf(document, id);
  const due = owed
    .filter((each) => dueAt(each) <= now)
    .sort((one, other) => dueAt(one) - dueAt(other));
  const delivery = due.find((each) => !isDown?.(platformOf(each))) ?? due[0];
  if (delivery) return { delivery };
  return waitFor(Math.min(never, ...owed.map(dueAt)));
}

const waitFor = (earliest: number): Next =>
  earliest === never ? undefined : { waitUntil: earliest };

/** All that a lane owes, in order. `wait`: what follows waits for another lane. */
function deliveriesIn(
  document: TicketDocument,
  lane: string,
  rules: DeliveryRules,
): Iterable<Delivery | "wait"> {
  if (lane === marksLane) return marksOwed(document, rules);
  if (lane === filesLane) return fetchesOwed(document);
  const place = document.places.find(({ id }) => id === lane);
  return place ? owedTo(document, place, rules) : [];
}
